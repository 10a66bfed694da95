/** What docs/exec.md offers where namespaces are forbidden, taken from the page as it stands: rules of root's, and a daemon of one's own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { cgroupMount } from '../../src/gateway/machine/cgroup.ts';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { GATEWAY_PACKAGES, startHttps } from '../support/overcoat/gateway.ts';
import type { Place } from '../support/program.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const MOUNT = existsSync('/proc/self/mountinfo') ? cgroupMount(readFileSync('/proc/self/mountinfo', 'utf8')) : undefined;
const skip =
  MOUNT === undefined ? 'needs cgroup v2' : requires({ netns: true, packages: GATEWAY_PACKAGES, commands: ['setpriv', 'nsenter'] });
const PAGE = readFileSync(join(ROOT, 'docs/exec.md'), 'utf8');
const GROUP = 54_321;

/** The first code block of a language. */
function block(language: string): string {
  const text = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1];
  assert.ok(text, `docs/exec.md has no ${language} block`);
  return text;
}

/** The daemon of the page on the host in the middle, with the test's authority in place of the system's. */
async function start(t: TestContext, rules: (place: Place) => Promise<void>): Promise<{ readonly net: ThreeHosts; readonly place: Place }> {
  const net = openThreeHosts();
  t.after(() => net.close());
  await startHttps(t, net, [8443]);
  // `ip netns exec` mounts a /sys of its own, in which there is no cgroup.
  const place: Place = { name: 'gateway', enter: (argv) => ['nsenter', `--net=/run/netns/${net.gateway.namespace}`, ...argv] };
  await rules(place);
  const config = block('ini').replace(/^CAfile = .*$/m, `CAfile = ${authority().certFile}`);
  const asNobody: Place = {
    name: 'nobody',
    enter: (argv) => place.enter(['setpriv', '--reuid', 'nobody', '--clear-groups', ...argv]),
    otherUser: true,
  };
  await startDaemon(t, { config, bare: true, place: asNobody });
  return { net, place };
}

const urls = ({ wan }: ThreeHosts): string[] => [`http://${wan.right.v4}:8443/`, `http://[${wan.right.v6}]:8443/`];

suite('without namespaces', { skip }, () => {
  test('programs of a control group are wrapped, others are not', async (t) => {
    const slice = `overcoat-test-${process.pid}.slice`;
    const folder = join(MOUNT ?? '', slice);
    mkdirSync(folder);
    t.after(() =>
      eventually('the group is empty', () => {
        rmdirSync(folder);
        return true;
      }),
    );
    const path = join((MOUNT ?? '').slice('/sys/fs/cgroup/'.length), slice);
    const rules = block('nft').replaceAll('overcoat.slice', path);
    const { net, place } = await start(t, async (gateway) => void (await outputOf(['nft', '-f', '-'], { place: gateway, input: rules })));
    for (const url of urls(net)) {
      const inside = `echo $$ > ${folder}/cgroup.procs; exec setpriv --reuid nobody --clear-groups curl -sS -m 60 '${url}'`;
      assert.equal(await outputOf(['sh', '-euc', inside], { place }), 'through TLS');
      assert.match(await outputOf(['curl', '-sS', '-m', '60', url], { place }), /plain HTTP request was sent to HTTPS port/);
    }
    const quic = `exec 3>/dev/udp/${net.wan.right.v4}/443; echo x >&3; sleep 0.1; echo x >&3`;
    const udp = await runProgram(['bash', '-c', `echo $$ > ${folder}/cgroup.procs; ${quic}`], { place });
    assert.match(udp.stderr, /Connection refused/);
  });

  test('programs of a Unix group are wrapped by the variant', async (t) => {
    const rules = block('nft').replaceAll('socket cgroupv2 level 1 "overcoat.slice"', `meta skgid ${GROUP}`);
    assert.match(PAGE, /`meta skgid overcoat` in place of `socket cgroupv2 level 1\s+"overcoat\.slice"`/);
    const { net, place } = await start(t, async (gateway) => void (await outputOf(['nft', '-f', '-'], { place: gateway, input: rules })));
    for (const url of urls(net)) {
      const inGroup = ['setpriv', '--reuid', 'nobody', '--regid', String(GROUP), '--clear-groups', 'curl', '-sS', '-m', '60', url];
      assert.equal(await outputOf(inGroup, { place }), 'through TLS');
    }
  });
});
