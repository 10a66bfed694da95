/**
 * Does the LAN use this gateway at all, and what goes through it in clear? The interception remembers for a minute who opened a
 * connection, and for an hour what was sent past it.
 */
import { clearProtocol } from '../known-ports.ts';
import { tryTool } from '../machine/tools.ts';
import { INTERCEPTION_TABLE } from '../rules/rules.ts';
import { flowAdvice, flowText, isInClear, readPassed, readRefused, refusedText, remedyOf } from '../unwrapped.ts';
import type { Finding, Patient } from './finding.ts';
import { ok, skipped, warning } from './finding.ts';

export async function checkLanTraffic({ rules }: Patient): Promise<Finding[]> {
  const link = 'packets from the LAN';
  if (rules === undefined) return [skipped(link, 'nothing is installed')];
  if (rules.devices.length === 0) return []; // --local alone
  const members = await Promise.all(['seen4', 'seen6'].map(membersOf));
  if (members.includes(undefined)) return [skipped(link, NOBODY_COUNTS)];
  const hosts = members.flatMap((each) => each ?? []);
  if (hosts.length > 0)
    return [ok(link, `in the last minute from ${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''}`)];
  const text = `none arrived in the last minute from ${rules.devices.join(', ')} for another machine`;
  return [warning(link, text, "make this machine's address the default gateway of the hosts (or of the one host) and try again")];
}

const NOBODY_COUNTS = 'nobody knows: without the interception rules nothing is counted';
/** Of each kind. */
const SHOWN = 10;

/** Hosts that speak in clear past us are worth a warning where the protocol is known; the rest is said in one line. */
export async function checkUnwrapped({ rules }: Patient): Promise<Finding[]> {
  const link = 'in clear';
  if (rules === undefined || rules.devices.length === 0) return [];
  const passed = await readPassed();
  if (passed === undefined) return [skipped(link, NOBODY_COUNTS)];
  const inClear = passed.flows.filter(isInClear);
  const known = inClear.filter(({ transport, port }) => clearProtocol(transport, port) !== undefined);
  const others = inClear.filter((flow) => !known.includes(flow));
  const warnings = known.slice(0, SHOWN).map((flow) => warning(link, flowText(flow), remedyOf(flow)));
  const more = known.length > SHOWN ? [warning(link, `and ${known.length - SHOWN} more`, 'overcoat gateway status --json')] : [];
  const rest = others.length === 0 ? [] : [ok(link, `${others.slice(0, SHOWN).map(flowAdvice).join(', and ')}${andMore(others)}`)];
  const found = [...warnings, ...more, ...rest];
  return found.length > 0 ? found : [ok(link, 'nothing was sent past Overcoat in the last hour that does not encrypt itself')];
}

/** What `--forward intercepted` kept from leaving. */
export async function checkRefused({ rules }: Patient): Promise<Finding[]> {
  if (rules?.forward !== 'intercepted') return [];
  const link = 'refused';
  const refused = await readRefused();
  if (refused === undefined) return [skipped(link, NOBODY_COUNTS)];
  if (refused.flows.length === 0) return [ok(link, '--forward intercepted refused nothing in the last hour')];
  const lines = refused.flows.slice(0, SHOWN).map(refusedText);
  return [ok(link, `${lines.join(', ')}${andMore(refused.flows)}; what should pass belongs to --ports`)];
}

function andMore(flows: readonly unknown[]): string {
  return flows.length > SHOWN ? `, and ${flows.length - SHOWN} more: overcoat gateway status --json` : '';
}

/** Addresses in one of the interception's sets, each for a minute; undefined where it is gone. */
async function membersOf(set: string): Promise<string[] | undefined> {
  const { code, stdout } = await tryTool('nft', ['-j', 'list', 'set', 'inet', INTERCEPTION_TABLE, set]);
  if (code !== 0) return undefined;
  const { nftables } = JSON.parse(stdout) as { nftables: { set?: { elem?: ({ elem: { val: string } } | string)[] } }[] };
  const elements = nftables.flatMap((entry) => entry.set?.elem ?? []);
  return elements.map((element) => (typeof element === 'string' ? element : element.elem.val));
}
