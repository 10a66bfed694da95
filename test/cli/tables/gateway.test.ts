import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { GatewayArguments } from '../../../src/cli/args/command.ts';

async function gateway(line: string): Promise<GatewayArguments> {
  const command = await parseArguments(['gateway', ...line.split(' ')]);
  assert.ok(command.kind === 'gateway', JSON.stringify(command));
  return command.arguments;
}

async function mistake(line: string): Promise<string> {
  const command = await parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

suite('gateway', () => {
  test('takes interfaces and ports, and is careful otherwise', async () => {
    const { action, from, ports, portMap, mode, fail, dns, masquerade, local } = await gateway(
      '--from eth0 --from eth1 --ports 443,8000-8010 --map-port 1935:443',
    );
    assert.deepEqual(
      [action, from, mode, fail, dns, masquerade, local],
      ['run', ['eth0', 'eth1'], 'redirect', 'closed', false, false, undefined],
    );
    assert.deepEqual(ports, [
      { from: 443, to: 443 },
      { from: 8000, to: 8010 },
    ]);
    assert.deepEqual(portMap, [{ from: 1935, to: 443 }]);
    assert.deepEqual((await gateway('--from eth0 --map-port 1935:443')).ports, [], 'a mapped port is taken anyway');
  });

  test('takes all it can be told', async () => {
    const all = await gateway(
      'up --from e --ports 1-65535 --dns --masquerade --mode tproxy --fail open --local user=nobody --ca x --debug 7',
    );
    assert.deepEqual(
      [all.action, all.dns, all.masquerade, all.mode, all.fail, all.local, all.ca, all.debug],
      ['up', true, true, 'tproxy', 'open', { kind: 'user', value: 'nobody' }, 'x', 7],
    );
    assert.equal((await gateway('show --from e --ports 1 --as iptables')).as, 'iptables');
    assert.deepEqual((await gateway('--local cgroup=/a=b --ports 1')).local, { kind: 'cgroup', value: '/a=b' });
  });

  test('down and doctor look for themselves', async () => {
    assert.equal((await gateway('down')).action, 'down');
    assert.equal((await gateway('doctor')).action, 'doctor');
  });

  test('of what is installed takes no flags, and answers as JSON where that is wanted', async () => {
    assert.deepEqual(await Promise.all(['show', 'status', 'status --json'].map(async (line) => (await gateway(line)).json)), [
      false,
      false,
      true,
    ]);
    assert.deepEqual((await gateway('doctor --to www.example.org:443')).to, { kind: 'tcp', host: 'www.example.org', port: 443 });
    assert.equal((await gateway('--from eth0 --ports 1 --forward intercepted')).forward, 'intercepted');
  });

  test('is told what cannot be meant', async () => {
    assert.match(await mistake('gateway --from lo --ports 1'), /^--from lo: no host is behind the loopback device; .*--local$/);
    assert.match(
      await mistake('gateway --from 192.0.2.1 --ports 1'),
      /^--from 192\.0\.2\.1: write the device .* not an address; `ip -br address`/,
    );
    assert.match(await mistake('gateway --from 2001:db8::/64 --ports 1'), /not an address/);
    assert.match(await mistake('gateway --from e --ports 1 --forward intercepted --fail open'), /contradict each other/);
    assert.match(await mistake('gateway --from e --ports 1 --json'), /^--json is for show, status and doctor$/);
    assert.match(await mistake('gateway status --to a:1'), /^--to is for doctor/);
  });

  test('is told what is wrong', async () => {
    assert.match(await mistake('gateway --ports 443'), /^--from DEVICE is missing/);
    assert.match(await mistake('gateway --from e'), /^--ports LIST is missing/);
    assert.match(await mistake('gateway --from e --ports 0'), /^--ports: /);
    assert.match(await mistake('gateway sideways'), /^gateway: "sideways" is not known here; write up, down, show, status or doctor$/);
    assert.match(await mistake('gateway up down'), /^there is no place for "down"$/);
    assert.match(await mistake('gateway --from e --ports 1 --mode x'), /^--mode: /);
    assert.match(await mistake('gateway --from e --ports 1 --local user'), /^--local: write user=NAME/);
  });
});
