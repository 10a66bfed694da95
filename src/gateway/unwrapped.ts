/**
 * What hosts sent through this machine without Overcoat, as the kernel counted it: read from the JSON of `nft`, and said in words.
 */
import { sizeText } from '../text/units.ts';
import type { Transport } from './known-ports.ts';
import { clearProtocol, isEncryptedPort } from './known-ports.ts';
import { tryTool } from './machine/tools.ts';
import { PASSED, REFUSED } from './rules/counting-rules.ts';
import { GUARD_TABLE, INTERCEPTION_TABLE } from './rules/rules.ts';

/** What one host sent to one port of whatever destinations, within the last hour or up to an hour after its last packet. */
export interface Flow {
  readonly host: string;
  readonly transport: Transport;
  readonly port: number;
  readonly packets: number;
  /** With the headers of IP and above, as they crossed the gateway. */
  readonly bytes: number;
}

export interface Counted {
  /** The most bytes first. */
  readonly flows: readonly Flow[];
  /** Of those for which there was no room. */
  readonly restBytes: number;
}

/** @returns what was forwarded as it is; undefined where nobody counts, since the rules are gone */
export function readPassed(): Promise<Counted | undefined> {
  return read(INTERCEPTION_TABLE, PASSED);
}

/** @returns what `--forward intercepted` refused; undefined where it is not in force */
export function readRefused(): Promise<Counted | undefined> {
  return read(GUARD_TABLE, REFUSED);
}

async function read(table: string, purpose: string): Promise<Counted | undefined> {
  const answers = await Promise.all(countingQuestions(table, purpose).map((words) => tryTool('nft', ['-j', ...words])));
  return answers.every(({ code }) => code === 0) ? countedIn(answers.map(({ stdout }) => stdout)) : undefined;
}

/**
 * What has to be asked for one purpose, in words of nft. Not the table as a whole: nft 1.0.6 at times breaks off where it writes the flags
 * of one that has an owner.
 */
export function countingQuestions(table: string, purpose: string): readonly (readonly string[])[] {
  return [
    ...[4, 6].map((family) => ['list', 'set', 'inet', table, `${purpose}${family}`]),
    ['list', 'counter', 'inet', table, `${purpose}_rest`],
  ];
}

interface NftAnswer {
  readonly nftables: readonly {
    readonly set?: { readonly elem?: readonly unknown[] };
    readonly counter?: { readonly bytes: number };
  }[];
}

/** @param answers the JSON of nft to the questions above. @returns undefined where one cannot be read */
export function countedIn(answers: readonly string[]): Counted | undefined {
  try {
    const entries = answers.flatMap((json) => (JSON.parse(json) as NftAnswer).nftables);
    const flows = entries.flatMap(({ set }) => (set?.elem ?? []).flatMap(flowOf)).toSorted((a, b) => b.bytes - a.bytes);
    return { flows, restBytes: entries.find(({ counter }) => counter !== undefined)?.counter?.bytes ?? 0 };
  } catch {
    return undefined;
  }
}

/** `{"elem": {"val": {"concat": [HOST, "tcp", PORT]}, "counter": {"packets": N, "bytes": N}}}`; anything else is passed over. */
function flowOf(element: unknown): readonly Flow[] {
  const { elem } = element as { elem?: { val?: { concat?: readonly unknown[] }; counter?: { packets: number; bytes: number } } };
  const [host, transport, port] = elem?.val?.concat ?? [];
  if (typeof host !== 'string' || typeof port !== 'number' || (transport !== 'tcp' && transport !== 'udp')) return [];
  const { packets = 0, bytes = 0 } = elem?.counter ?? {};
  return [{ host, transport, port, packets, bytes }];
}

/** Whether nothing is known that would encrypt it. */
export function isInClear({ transport, port }: Flow): boolean {
  return !isEncryptedPort(transport, port);
}

/** What the port is known for, else its number: a bounded list of words. */
export function protocolOfFlow({ transport, port }: Pick<Flow, 'transport' | 'port'>): string {
  if (isEncryptedPort(transport, port)) return 'encrypted';
  return clearProtocol(transport, port)?.name ?? 'other';
}

/** What to do about a flow; '' where there is nothing to do. */
export function remedyOf({ transport, port }: Pick<Flow, 'transport' | 'port'>): string {
  if (isEncryptedPort(transport, port) || transport === 'udp') return '';
  return clearProtocol(transport, port)?.remedy ?? `wrap it with --ports ${port}`;
}

/** `192.168.1.20 sent 3.0 MB to port 1935 (RTMP) in clear`. */
export function flowText(flow: Flow): string {
  const { host, transport, port, bytes } = flow;
  const name = clearProtocol(transport, port)?.name;
  const kind = transport === 'udp' ? 'UDP ' : '';
  const how = isInClear(flow) ? 'in clear' : 'past Overcoat, encrypted by itself';
  return `${host} sent ${sizeText(bytes)} to ${kind}port ${port}${name === undefined ? '' : ` (${name})`} ${how}`;
}

/** The same with what to do about it. */
export function flowAdvice(flow: Flow): string {
  const remedy = remedyOf(flow);
  return remedy === '' ? flowText(flow) : `${flowText(flow)}; ${remedy}`;
}

export function refusedText({ host, transport, port, packets }: Flow): string {
  return `${host} was refused ${transport === 'udp' ? 'UDP ' : ''}port ${port} (${packets} packet(s))`;
}
