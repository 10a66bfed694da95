/** `overcoat gateway show` and `status`: what is installed, or would be, and what hosts send past Overcoat. Changes nothing. */

import { OvercoatError } from '../../errors.ts';
import { tablesStand } from '../../gateway/machine/apply.ts';
import { addressesOf } from '../../gateway/machine/devices.ts';
import type { GatewayState } from '../../gateway/machine/state.ts';
import { gatewaysElsewhere, isAlive, readState } from '../../gateway/machine/state.ts';
import { planGateway } from '../../gateway/plan.ts';
import { showGateway } from '../../gateway/show.ts';
import { endText, forwardedText, takenText } from '../../gateway/summary.ts';
import type { Counted, Flow } from '../../gateway/unwrapped.ts';
import { flowAdvice, protocolOfFlow, readPassed, readRefused, refusedText, remedyOf } from '../../gateway/unwrapped.ts';
import { printableJson } from '../../text/printable.ts';
import { sizeText } from '../../text/units.ts';
import type { GatewayArguments } from '../args/command.ts';
import { print } from '../terminal/print.ts';

/** Lines of each list; JSON has all. */
const SHOWN = 20;

/** Of the flags, or without any of what is installed. */
export async function show(wanted: GatewayArguments): Promise<number> {
  const asked = wanted.from.length > 0 || wanted.local !== undefined;
  const state = asked ? undefined : installed();
  const { rules, portMap } = state ?? planGateway(wanted);
  const text = showGateway(rules, wanted.as);
  const { passed } = state === undefined ? { passed: undefined } : await counted();
  if (wanted.json) {
    print(`${printableJson({ rules, portMap, commands: text, installed: state !== undefined, passed: flowsView(passed) }, 2)}\n`);
    return 0;
  }
  const comments = (passed?.flows ?? []).slice(0, SHOWN).map((flow) => `# ${flowAdvice(flow)}\n`);
  print(text + comments.join(''));
  return 0;
}

/** @returns 0 where a gateway is there and works as it should as far as this user may see, 1 where it was killed or its tables are gone */
export async function status(wanted: GatewayArguments): Promise<number> {
  const state = installed();
  const condition = await conditionOf(state);
  const { passed, refused } = await counted();
  if (wanted.json) print(`${printableJson(statusView(state, condition, { passed, refused }), 2)}\n`);
  else print(statusText(state, condition, { passed, refused }));
  return condition === 'installed' ? 0 : 1;
}

/** `removed`: somebody else has removed tables of it, as a reload of another firewall does. */
type Condition = 'installed' | 'killed' | 'removed';

async function conditionOf(state: GatewayState): Promise<Condition> {
  if (state.installedBy === 'run' && !isAlive(state)) return 'killed';
  return seesTables() && !(await tablesStand(state)) ? 'removed' : 'installed';
}

/** nft shows nothing to other users. */
function seesTables(): boolean {
  return process.getuid?.() === 0;
}

interface Counts {
  readonly passed: Counted | undefined;
  readonly refused: Counted | undefined;
}

async function counted(): Promise<Counts> {
  const [passed, refused] = await Promise.all([readPassed(), readRefused()]);
  return { passed, refused };
}

/** @throws OvercoatError `gateway_rules` where none is in this network namespace, and where there are others */
function installed(): GatewayState {
  const state = readState();
  if (state !== undefined) return state;
  const elsewhere = gatewaysElsewhere();
  const [first] = elsewhere;
  const begin = 'start one: overcoat gateway --from DEVICE --ports LIST';
  const text = 'No gateway is installed here';
  if (first === undefined) throw new OvercoatError('gateway_rules', `${text}; ${begin}`);
  const which = elsewhere.length === 1 ? `the one of process ${first}` : `those of processes ${elsewhere.join(', ')}; say which`;
  throw new OvercoatError(
    'gateway_rules',
    `${text}, but in other network namespaces, ${which}: nsenter --net --target ${elsewhere.length === 1 ? first : 'PID'} overcoat gateway status`,
  );
}

function statusText(state: GatewayState, condition: Condition, { passed, refused }: Counts): string {
  const facts = [
    takenText(state, addressesOf),
    forwardedText(state),
    ...(condition === 'installed' ? [endText(state, state.installedBy)] : []),
  ];
  return [
    [headText(state, condition), ...facts].map((text) => `${text}.\n`).join(''),
    passed === undefined
      ? `What goes past Overcoat ${seesTables() ? 'is counted by nobody: the rules that do it are gone' : 'is shown to root only'}.\n`
      : list('Sent past Overcoat in the last hour:', 'Nothing was sent past Overcoat in the last hour.', passed, flowAdvice),
    refused === undefined ? '' : list('Refused by --forward intercepted in the last hour:', 'Nothing was refused.', refused, refusedText),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function headText(state: GatewayState, condition: Condition): string {
  const { installedBy, pid } = state;
  if (condition === 'killed')
    return `The gateway was killed (process ${pid}); ${afterKill(state)}. Start it again, or undo it: overcoat gateway down`;
  const head = installedBy === 'up' ? 'Installed by `overcoat gateway up`' : `Running, process ${pid}`;
  if (condition === 'installed') return head;
  const back =
    installedBy === 'up' ? 'to have them back, run `overcoat gateway up` once more as it was' : 'it puts them back within seconds';
  return `${head}, but somebody has removed tables of it, and its connections may pass IN CLEAR; ${back}`;
}

function afterKill({ rules }: GatewayState): string {
  if (!rules.failClosed) return 'its ports are FORWARDED IN CLEAR';
  return rules.forward === 'intercepted' ? 'everything but ICMP and what is established is refused' : 'its ports are refused';
}

function list(title: string, none: string, { flows, restBytes }: Counted, text: (flow: Flow) => string): string {
  if (flows.length === 0 && restBytes === 0) return `${none}\n`;
  const more = flows.length > SHOWN ? [`and ${flows.length - SHOWN} more (--json has all)`] : [];
  const rest = restBytes > 0 ? [`and ${sizeText(restBytes)} of others, for whom there was no more room in the set`] : [];
  const lines = [...flows.slice(0, SHOWN).map(text), ...more, ...rest];
  return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function statusView(state: GatewayState, condition: Condition, { passed, refused }: Counts): object {
  const { installedBy, pid, rules, portMap } = state;
  return {
    state: condition,
    installedBy,
    pid,
    rules,
    portMap,
    passed: flowsView(passed),
    refused: flowsView(refused),
  };
}

/** null where nobody counts. */
function flowsView(counts: Counted | undefined): object | null {
  if (counts === undefined) return null;
  const { flows, restBytes } = counts;
  return {
    flows: flows.map((flow) => ({ ...flow, protocol: protocolOfFlow(flow), remedy: remedyOf(flow) })),
    restBytes,
  };
}
