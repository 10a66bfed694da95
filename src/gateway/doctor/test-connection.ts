/**
 * A connection through the whole chain: a host of its own before the gateway, another behind it, both network namespaces that last
 * as long as the test. The far end tells what came out: TLS is what we want, the clear text means that nothing was intercepted.
 * Its certificate is nobody's concern: the first bytes are enough.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { needProgram } from '../../linux/files/find-program.ts';
import { entryCommand } from '../../self.ts';
import { usesIpv6 } from '../machine/kernel-parameters.ts';
import { isAlive } from '../machine/state.ts';
import { runTool, tryTool } from '../machine/tools.ts';
import { hasPort } from '../rules/ports.ts';
import type { GatewayRules } from '../rules/rules.ts';
import { TEST_DEVICE } from '../rules/rules.ts';
import type { Finding, Patient } from './finding.ts';
import { fault, ok, skipped } from './finding.ts';
import type { PeerOrder, PeerReport } from './test-peer.ts';

const FAR_DEVICE = 'overcoat-far';
/** Benchmark (RFC 2544) and unique local addresses nobody else uses: /30 and /64 of the two cables. */
const NEAR = { v4: ['198.18.53.1', '198.18.53.2'], v6: ['fd0c:0a7:1::1', 'fd0c:0a7:1::2'] } as const;
const FAR = { v4: ['198.18.53.5', '198.18.53.6'], v6: ['fd0c:0a7:2::1', 'fd0c:0a7:2::2'] } as const;
/** The name is for gateways that want one; `.test` exists nowhere (RFC 6761). */
const REQUEST = 'GET /overcoat-doctor HTTP/1.1\r\nHost: doctor.overcoat.test\r\n\r\n';
/** Ports on which Overcoat speaks another protocol before TLS, or waits for the server to speak. */
const TALKATIVE_PORTS = new Set([21, 24, 25, 53, 110, 119, 143, 389, 587, 2003, 4190, 5222, 5269, 5432]);
const GOOD_PORTS = [443, 8443, 80, 8080, 1935];
const ANSWER_MS = 20_000;
/** What arrives at the far end may be told a little later than the end of the near connection. */
const LATE_MS = 3000;
const LINK = 'test connection';

export async function checkTestConnection(patient: Patient): Promise<Finding[]> {
  const { rules, portMap, state } = patient;
  const killed = state?.installedBy === 'run' && !isAlive(state);
  if (rules === undefined) return [skipped(LINK, 'nothing is installed')];
  const port = testPort(rules);
  if (port === undefined) return [skipped(LINK, 'all ports of the list belong to protocols where the server speaks first')];
  const far = portMap.find((mapping) => mapping.from === port)?.to ?? port;
  const peers: Peer[] = [];
  try {
    const [near, farEnd] = [new Peer(), new Peer()];
    peers.push(near, farEnd);
    await connectCable(TEST_DEVICE, NEAR, near);
    await connectCable(FAR_DEVICE, FAR, farEnd);
    const families = usesIpv6() ? (['v4', 'v6'] as const) : (['v4'] as const);
    const findings: Finding[] = [];
    for (const family of families) findings.push(await tryOut(family, { near, far: farEnd, port, farPort: far, killed }));
    return findings;
  } catch (cause) {
    return [skipped(LINK, `it could not be set up: ${(cause as Error).message}`)];
  } finally {
    for (const peer of peers) peer.end();
    for (const device of [TEST_DEVICE, FAR_DEVICE]) await tryTool('ip', ['link', 'delete', device]);
  }
}

interface Trial {
  readonly near: Peer;
  readonly far: Peer;
  readonly port: number;
  /** Where it is expected to arrive: another one with --map-port. */
  readonly farPort: number;
  /** The gateway was: what is left of it is the guard. */
  readonly killed: boolean;
}

async function tryOut(family: 'v4' | 'v6', { near, far, port, farPort, killed }: Trial): Promise<Finding> {
  const link = `${LINK} (IP${family})`;
  await far.ask({ kind: 'receive', port: farPort }, 'receiving');
  const arrival = far.expect('received').catch(() => undefined);
  const end = near.expect('ended').then(
    () => delay(LATE_MS),
    () => undefined,
  );
  const { outcome } = await near.ask({ kind: 'send', host: FAR[family][1], port, text: REQUEST }, 'sent');
  if (outcome === 'refused' && killed) {
    const text = `a connection to port ${port} was refused on the way, by the guard that the killed gateway left: nothing leaves in clear`;
    return fault(link, text, 'start the gateway again');
  }
  if (outcome === 'refused') {
    return fault(link, `a connection to port ${port} was refused on the way`, 'the lines above and the log of the gateway say by whom');
  }
  if (outcome !== 'connected') {
    const fix = `something drops it: look at "other tables" above; a firewall that accepts by devices has to accept ${TEST_DEVICE} too`;
    return fault(link, `a connection to port ${port} got no answer`, fix);
  }
  const arrived = await Promise.race([arrival, end]);
  if (arrived === undefined) return fault(link, 'it was accepted here and never reached the other side', 'the log of the gateway says why');
  if (arrived.first.startsWith('1603')) return ok(link, `clear text to port ${port} came out as TLS`);
  if (arrived.first === '') return fault(link, 'it reached the other side and stayed silent', 'the log of the gateway says why');
  return fault(link, `it arrived IN CLEAR on port ${farPort}: nothing intercepts it`, 'start the gateway');
}

/** One namespace and the process that keeps it. */
class Peer {
  readonly #process: ChildProcess;
  readonly #failed: Promise<never>;

  constructor() {
    this.#process = spawn(needProgram('unshare'), ['--net', '--', ...entryCommand('test-peer', String(process.pid))], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#failed = new Promise((_, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', () => reject(new Error('a network namespace cannot be made (unshare --net), which needs CAP_SYS_ADMIN')));
    });
    this.#failed.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  async ask<K extends PeerReport['kind']>(order: PeerOrder, answer: K): Promise<Extract<PeerReport, { kind: K }>> {
    const report = this.expect(answer);
    this.#process.send(order, () => undefined); // one that has ended is said by its exit
    return report;
  }

  expect<K extends PeerReport['kind']>(kind: K): Promise<Extract<PeerReport, { kind: K }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<PeerReport, { kind: K }>>();
    const hear = (message: unknown): void => {
      if ((message as PeerReport).kind === kind) resolve(message as Extract<PeerReport, { kind: K }>);
    };
    const timer = setTimeout(() => reject(new Error('no answer')), ANSWER_MS);
    this.#process.on('message', hear);
    const answer = Promise.race([promise, this.#failed]).finally(() => {
      clearTimeout(timer);
      this.#process.off('message', hear);
    });
    answer.catch(() => undefined); // looked at later, or not at all
    return answer;
  }

  end(): void {
    this.#process.removeAllListeners('exit');
    this.#process.kill('SIGKILL');
  }
}

type Cable = { readonly v4: readonly [string, string]; readonly v6: readonly [string, string] };

/** A virtual cable: one end here, the other in the peer's namespace, which gets its default route through us. */
async function connectCable(device: string, { v4, v6 }: Cable, peer: Peer): Promise<void> {
  await inside(peer, ['link set lo up']); // tells whether there is a namespace at all
  await runTool('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${peer.pid}`]);
  const here = [`address add ${v4[0]}/30 dev ${device}`, `address add ${v6[0]}/64 dev ${device} nodad`, `link set ${device} up`];
  const there = [
    `address add ${v4[1]}/30 dev eth0`,
    `address add ${v6[1]}/64 dev eth0 nodad`,
    'link set eth0 up',
    `route add 0.0.0.0/0 via ${v4[0]}`,
    `route add ::/0 via ${v6[0]}`,
  ];
  const only = (lines: readonly string[]): readonly string[] => lines.filter((line) => usesIpv6() || !line.includes('::'));
  await runTool('ip', ['-batch', '-'], only(here).join('\n'));
  await inside(peer, only(there));
}

/** Commands of `ip` in the peer's namespace. */
async function inside(peer: Peer, commands: readonly string[]): Promise<void> {
  const { error } = await peer.ask({ kind: 'set-up', ip: needProgram('ip'), batch: commands.join('\n') }, 'is-set-up');
  if (error !== undefined) throw new Error(error);
}

function testPort({ ports }: GatewayRules): number | undefined {
  const good = GOOD_PORTS.find((port) => hasPort(ports, port));
  if (good !== undefined) return good;
  for (const { from, to } of ports) for (let port = from; port <= to; port += 1) if (!TALKATIVE_PORTS.has(port)) return port;
  return undefined;
}
