/**
 * Rules of somebody else that get in the way: packets handed to us still pass every input chain, what is forwarded passes every
 * forward chain, untracked packets are not redirected, and an earlier nat chain may take connections before us. What a rule means
 * cannot be known in full from outside (iptables extensions are opaque in nft's listing), hence mostly warnings; a rule that names
 * our port or device and drops is a fault.
 */
import { existsSync, readFileSync } from 'node:fs';
import { tryTool } from '../machine/tools.ts';
import { hasPort } from '../rules/ports.ts';
import type { GatewayRules } from '../rules/rules.ts';
import { GUARD_TABLE, INTERCEPTION_TABLE, redirectedPorts, TPROXY_MARK } from '../rules/rules.ts';
import type { Finding, Patient } from './finding.ts';
import { fault, ok, warning } from './finding.ts';

const LINK = 'other tables';
/** Ours, below which somebody else's comes first: dstnat - 5. */
const OUR_NAT_PRIORITY = -105;
const MARK = `0x${TPROXY_MARK.toString(16)}`;

type Expression = Readonly<Record<string, unknown>>;

/** As `nft -j list ruleset` shows it, reduced to what is looked at. */
export interface ForeignChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Base chains only. */
  readonly hook?: string;
  readonly type?: string;
  readonly prio?: number;
  readonly policy?: string;
}

export interface ForeignRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Expression[];
}

export interface Ruleset {
  readonly chains: readonly ForeignChain[];
  readonly rules: readonly ForeignRule[];
}

export async function checkOtherTables({ rules }: Patient): Promise<Finding[]> {
  if (rules === undefined) return [];
  const { code, stdout } = await tryTool('nft', ['-j', 'list', 'ruleset']);
  if (code !== 0) return [];
  const findings = [...judgeRuleset(parseRuleset(stdout), rules), ...legacyTables()];
  return findings.length > 0 ? findings : [ok(LINK, 'none gets in the way')];
}

/** @param text output of `nft -j list ruleset` */
export function parseRuleset(text: string): Ruleset {
  const { nftables } = JSON.parse(text) as { nftables: Readonly<Record<string, unknown>>[] };
  return {
    chains: nftables.map((entry) => entry['chain'] as ForeignChain | undefined).filter(isForeign),
    rules: nftables.map((entry) => entry['rule'] as ForeignRule | undefined).filter(isForeign),
  };
}

/** Pure: what of a ruleset is in the way of these rules. */
export function judgeRuleset(ruleset: Ruleset, rules: GatewayRules): Finding[] {
  return ruleset.chains
    .filter(({ hook }) => hook !== undefined)
    .flatMap((chain) => [
      ...judgePolicy(chain, rules),
      ...judgePriority(chain, ruleset),
      ...rulesBelow(chain, ruleset).flatMap((rule) => judgeRule(rule, chain, rules)),
    ]);
}

function judgePolicy(chain: ForeignChain, rules: GatewayRules): Finding[] {
  if (chain.policy !== 'drop') return [];
  const devicesText = rules.devices.join(', ');
  if (chain.hook === 'input') {
    const text = `${place(chain)} drops what it does not accept: ${handedOverText(rules)} has to be accepted`;
    return [warning(LINK, text, acceptance(chain, rules))];
  }
  if (chain.hook === 'forward') {
    return [
      warning(
        LINK,
        `${place(chain)} drops what it does not accept: ports that are not intercepted do not get through`,
        `accept what comes from ${devicesText} there`,
      ),
    ];
  }
  return [];
}

function judgePriority(chain: ForeignChain, ruleset: Ruleset): Finding[] {
  if (chain.type !== 'nat' || chain.hook !== 'prerouting' || (chain.prio ?? 0) >= OUR_NAT_PRIORITY) return [];
  if (rulesBelow(chain, ruleset).length === 0) return [];
  return [
    warning(LINK, `${place(chain)} translates addresses before the interception sees them`, `give it a priority above ${OUR_NAT_PRIORITY}`),
  ];
}

/** What reaches the input chains of what was taken: TPROXY leaves its port as it was. */
function handedOverText(rules: GatewayRules): string {
  const redirected = redirectedPorts(rules).join(' and ');
  const words = [
    ...(rules.mode === 'tproxy' ? [`what has the mark ${MARK}`] : []),
    ...(redirected === '' ? [] : [`what was redirected to port ${redirected}`]),
  ];
  return words.join(', and ');
}

/**
 * Commands that accept it, whatever device it comes in by (the doctor's test connection has one of its own), and nothing that was sent to these
 * ports directly.
 */
function acceptance({ family, table, name }: ForeignChain, rules: GatewayRules): string {
  const ofIptables = table === 'filter' && name === 'INPUT' && (family === 'ip' || family === 'ip6');
  const ports = redirectedPorts(rules);
  if (ofIptables) {
    const insert = `${family === 'ip' ? 'iptables' : 'ip6tables'} -I INPUT`;
    const kinds = ports.length === 0 ? [] : rules.dns === undefined ? ['tcp'] : ['tcp', 'udp'];
    return [
      ...(rules.mode === 'tproxy' ? [`${insert} -m mark --mark ${MARK} -j ACCEPT`] : []),
      ...kinds.map((kind) => `${insert} -p ${kind} -m multiport --dports ${ports.join(',')} -m conntrack --ctstate DNAT -j ACCEPT`),
    ].join('; ');
  }
  const insert = `nft 'insert rule ${family} ${table} ${name}`;
  return [
    ...(rules.mode === 'tproxy' ? [`${insert} meta mark ${MARK} accept'`] : []),
    ...(ports.length === 0 ? [] : [`${insert} ct status dnat meta l4proto { tcp, udp } th dport { ${ports.join(', ')} } accept'`]),
  ].join('; ');
}

/** Of the rule's ports, the first that what was taken still has in an input chain. */
function takenPort(ports: readonly number[] | undefined, rules: GatewayRules): number | undefined {
  const redirected = redirectedPorts(rules);
  return ports?.find((port) => redirected.includes(port) || (rules.mode === 'tproxy' && hasPort(rules.ports, port)));
}

function judgeRule(rule: ForeignRule, base: ForeignChain, rules: GatewayRules): Finding[] {
  const { devices } = rules;
  const ports = matchedPorts(rule);
  const where = `a rule of ${place(base)} (handle ${rule.handle}${rule.chain === base.name ? '' : ` in ${rule.chain}`})`;
  const fix = `nft -a list chain ${rule.family} ${rule.table} ${rule.chain}`;
  if (has(rule, 'notrack') && (base.hook === 'prerouting' || base.hook === 'output')) {
    return [warning(LINK, `${where} switches connection tracking off: what it matches cannot be redirected`, fix)];
  }
  if (!has(rule, 'drop') && !has(rule, 'reject')) return [];
  const device = matchedText(rule, 'iifname') ?? matchedText(rule, 'iif');
  if (device !== undefined && !devices.some((each) => device.includes(each))) return [];
  const port = takenPort(ports, rules);
  if (base.hook === 'input' && port !== undefined) return [fault(LINK, `${where} drops what goes to port ${port}`, fix)];
  if (base.hook === 'input' && ports === undefined && isUnconditional(rule)) {
    return [warning(LINK, `${where} drops what no rule before it accepts: ${handedOverText(rules)} has to be accepted before`, fix)];
  }
  if (base.hook === 'prerouting' && isUnconditional(rule)) {
    return [warning(LINK, `${where} drops packets before the interception sees them`, fix)];
  }
  return [];
}

/** Nothing but perhaps the incoming device is asked. */
function isUnconditional(rule: ForeignRule): boolean {
  return rule.expr.every((expression) => {
    if ('xt' in expression) return false; // an iptables extension: nft does not show what it asks
    const match = expression['match'] as { left?: { meta?: { key?: string } } } | undefined;
    return match === undefined || match.left?.meta?.key === 'iifname' || match.left?.meta?.key === 'iif';
  });
}

/** Rules of a base chain and of the chains it jumps to. */
function rulesBelow(chain: ForeignChain, ruleset: Ruleset, seen: ReadonlySet<string> = new Set()): readonly ForeignRule[] {
  if (seen.has(chain.name)) return [];
  const own = ruleset.rules.filter((rule) => rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name);
  const visited = new Set([...seen, chain.name]);
  return own.flatMap((rule) => {
    const target = (jumpOf(rule, 'jump') ?? jumpOf(rule, 'goto'))?.target;
    const next = ruleset.chains.find(({ family, table, name }) => family === chain.family && table === chain.table && name === target);
    return next === undefined ? [rule] : [rule, ...rulesBelow(next, ruleset, visited)];
  });
}

function jumpOf(rule: ForeignRule, kind: 'jump' | 'goto'): { readonly target: string } | undefined {
  return rule.expr.find((expression) => kind in expression)?.[kind] as { readonly target: string } | undefined;
}

/** Destination ports a rule asks for, where it asks by value; a range is expanded. */
function matchedPorts(rule: ForeignRule): readonly number[] | undefined {
  for (const expression of rule.expr) {
    const match = expression['match'] as { op?: string; left?: { payload?: { field?: string } }; right?: unknown } | undefined;
    if (match?.left?.payload?.field === 'dport' && match.op !== '!=') return numbersOf(match.right);
  }
  return undefined;
}

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  const { set, range } = (value ?? {}) as { set?: unknown; range?: [number, number] };
  if (range !== undefined) return Array.from({ length: Math.max(0, range[1] - range[0] + 1) }, (_, index) => range[0] + index);
  return set === undefined ? [] : numbersOf(set);
}

function matchedText(rule: ForeignRule, key: string): string | undefined {
  for (const expression of rule.expr) {
    const match = expression['match'] as { left?: { meta?: { key?: string } }; right?: unknown } | undefined;
    if (match?.left?.meta?.key === key) return JSON.stringify(match.right);
  }
  return undefined;
}

function has(rule: ForeignRule, verdict: string): boolean {
  return rule.expr.some((expression) => verdict in expression);
}

function place({ family, table, name }: ForeignChain): string {
  return `table ${family} ${table}, chain ${name}`;
}

function isForeign<T extends { readonly table: string }>(entry: T | undefined): entry is T {
  return entry !== undefined && entry.table !== INTERCEPTION_TABLE && entry.table !== GUARD_TABLE;
}

/** The older iptables keeps rules that nft does not show. */
function legacyTables(): Finding[] {
  const files = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].filter((file) => existsSync(file));
  const names = files.flatMap((file) => readFileSync(file, 'latin1').split('\n')).filter((name) => name !== '');
  if (names.length === 0) return [];
  const text = `iptables-legacy has tables (${[...new Set(names)].join(', ')}) that are not looked into here`;
  return [warning(LINK, text, 'iptables-legacy-save; ip6tables-legacy-save')];
}
