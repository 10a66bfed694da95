/** `overcoat gateway --local`: this machine's own connections are wrapped too, and Overcoat's own are not caught by its own rules. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { startCommand } from '../support/overcoat/daemon.ts';
import { fetched, GATEWAY_PACKAGES, machineState, receiverCertificate, runGateway, startHttps } from '../support/overcoat/gateway.ts';
import type { Place } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: GATEWAY_PACKAGES, commands: ['setpriv', 'nsenter'] });

async function network(t: TestContext): Promise<ThreeHosts> {
  const net = openThreeHosts();
  t.after(() => net.close());
  await startHttps(t, net, [443]);
  await eventually('addresses have settled', async () => (await net.gateway.shell('ip -6 address show tentative')) === '');
  return net;
}

const urls = ({ wan }: ThreeHosts): string[] => [`http://${wan.right.v4}:443/`, `http://[${wan.right.v6}]:443/`];

suite('local connections', { skip, concurrency: 3 }, () => {
  for (const mode of ['redirect', 'tproxy'])
    test(`are wrapped, Overcoat runs as the exempt user, and TERM undoes all of it (${mode})`, async (t) => {
      const net = await network(t);
      const before = await machineState(net.gateway);
      const args = ['gateway', '--from', 'eth0', '--local', 'user=nobody', '--ports', '443', '--mode', mode];
      const gateway = await startCommand(t, [...args, '--pin', receiverCertificate(net).certFile], { place: net.gateway });
      assert.match(readFileSync(`/proc/${gateway.pid}/status`, 'latin1'), /^Uid:\t65534\t65534\t65534\t65534$/m);
      for (const url of urls(net)) {
        assert.equal(await fetched(net.gateway, url), 'through TLS');
        assert.equal(await fetched(net.sender, url), 'through TLS');
      }
      await gateway.stop();
      assert.equal(await machineState(net.gateway), before);
    });

  test('are wrapped with a firewall mark as the exemption', async (t) => {
    const net = await network(t);
    const before = await machineState(net.gateway);
    const args = ['gateway', '--from', 'eth0', '--local', 'mark=0x4f01', '--ports', '443'];
    const gateway = await startCommand(t, [...args, '--pin', receiverCertificate(net).certFile], { place: net.gateway });
    for (const url of urls(net)) {
      assert.equal(await fetched(net.gateway, url), 'through TLS');
      assert.equal(await fetched(net.sender, url), 'through TLS');
    }
    await gateway.stop();
    assert.equal(await machineState(net.gateway), before);
  });

  test('are refused after SIGKILL, and the servers of the machine are not cut off', async (t) => {
    const net = await network(t);
    const args = ['gateway', '--local', 'user=nobody', '--ports', '1-65535'];
    const gateway = await startCommand(t, [...args, '--pin', receiverCertificate(net).certFile], { place: net.gateway });
    const [url = ''] = urls(net);
    assert.equal(await fetched(net.gateway, url), 'through TLS');
    process.kill(gateway.pid, 'SIGKILL');
    await eventually(
      'the interception is gone',
      async () => (await net.gateway.shell('nft list tables')) === 'table inet overcoat_guard\n',
    );
    assert.equal(await fetched(net.gateway, url), '<7>');
    const server = net.gateway.start(['nc', '-v', '-n', '-l', '-p', '22']);
    await server.saw(/[Ll]istening/);
    await runProgram(['nc', '-N', '-n', net.lan.right.v4, '22'], { place: net.sender, input: 'login' });
    assert.equal((await server.finished).stdout, 'login');
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
  });

  test('are wrapped with a control group as the exemption, which is left again', async (t) => {
    const net = await network(t);
    const name = `overcoat-test-${process.pid}`;
    const before = await machineState(net.gateway);
    // `ip netns exec` mounts a /sys of its own, in which there is no cgroup.
    const place: Place = { name: 'gateway', enter: (argv) => ['nsenter', `--net=/run/netns/${net.gateway.namespace}`, ...argv] };
    const args = ['gateway', '--from', 'eth0', '--local', `cgroup=${name}/inner`, '--ports', '443'];
    const gateway = await startCommand(t, [...args, '--pin', receiverCertificate(net).certFile], { place });
    assert.match(readFileSync(`/proc/${gateway.pid}/cgroup`, 'latin1'), new RegExp(`^0::/${name}/inner$`, 'm'));
    for (const url of urls(net)) assert.equal(await fetched(net.gateway, url), 'through TLS');
    await gateway.stop();
    assert.equal(await machineState(net.gateway), before);
    const left = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].filter((mount) => existsSync(`${mount}/${name}`));
    assert.deepEqual(left, []);
  });
});
