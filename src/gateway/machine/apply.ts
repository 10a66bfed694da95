/**
 * Puts the gateway's rules, routes and kernel parameters in place and takes them away again. The order is the safety: the guard is
 * the first to come and the last to go, so that at no moment a chosen port is forwarded in clear, and what is to be undone is on
 * file before it is done.
 */
import type { TrustChoice } from '../../config/commands.ts';
import type { PortMapping } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { networkNamespaceInode } from '../../linux/network/network-namespace.ts';
import { processStartTime } from '../../linux/process/process-start-time.ts';
import { mappedPorts, mergeRanges } from '../rules/ports.ts';
import type { GatewayRules } from '../rules/rules.ts';
import { GUARD_TABLE, guardTable, INTERCEPTION_TABLE, interceptionTable } from '../rules/rules.ts';
import type { TableText } from '../rules/table-text.ts';
import { tableText } from '../rules/table-text.ts';
import { makeCgroup, removeCgroup } from './cgroup.ts';
import type { Parameters, RememberedParameter } from './kernel-parameters.ts';
import {
  failedText,
  hasIpv6,
  neededParameters,
  readParameter,
  rememberParameters,
  restoreParameters,
  sysctlName,
  takeSnapshot,
  usesIpv6,
  writeParameters,
} from './kernel-parameters.ts';
import { addPolicyRoute, removePolicyRoute } from './policy-route.ts';
import type { GatewayState, InstalledBy } from './state.ts';
import { bootId, isAlive, readState, removeState, writeState } from './state.ts';
import { runTool, tryTool } from './tools.ts';
import { advertisedUplinks } from './uplinks.ts';

/** What to install. `portMap` and `trust` are the service's business; they are on file for the doctor. */
export interface GatewayPlan {
  readonly rules: GatewayRules;
  readonly portMap: readonly PortMapping[];
  /** As the command line has it, with absolute paths. */
  readonly trust: Pick<TrustChoice, 'ca' | 'pins'>;
}

export interface Prepared {
  /** Undoes it where what comes after it fails. */
  abandon(): Promise<void>;
}

/**
 * Everything but the interception itself: guard, kernel parameters, policy route. What an earlier gateway left behind after a
 * SIGKILL is taken over, so that undoing this one restores what was before that one.
 * @param asked what the command line said, where services of files have added to it
 * @throws OvercoatError `gateway_conflict`, `gateway_rules`; all is as it was then, the guard of a killed gateway included
 */
export async function prepareGateway(plan: GatewayPlan, installedBy: InstalledBy, asked = plan): Promise<Prepared> {
  const { rules, portMap } = plan;
  const leftover = readState();
  refuseSecond(leftover);
  const before = originalParameters(leftover);
  const state: GatewayState = {
    version: 1,
    boot: bootId(),
    namespace: networkNamespaceInode(),
    installedBy,
    pid: process.pid,
    startTime: processStartTime(process.pid) ?? '',
    rules,
    portMap,
    tables: installedBy === 'up' ? lastingTables(rules) : undefined,
    asked,
    parameters: rememberParameters(before, undefined),
    policyRoute: rules.mode === 'tproxy' || leftover?.policyRoute === true,
    cgroupFolders: [...(leftover?.cgroupFolders ?? []), ...(rules.local?.kind === 'cgroup' ? makeCgroup(rules.local) : [])],
  };
  writeState(state);
  try {
    await replaceTable(GUARD_TABLE, guardTable(rules));
    await (rules.mode === 'tproxy' ? addPolicyRoute(usesIpv6()) : removePolicyRoute());
    setParameters(rules);
    writeState({ ...state, parameters: rememberParameters(before, takeSnapshot()) });
  } catch (cause) {
    await abandonGateway(leftover);
    throw cause;
  }
  return { abandon: () => abandonGateway(leftover) };
}

/** The interception that stays until `removeGateway`, for `gateway up`. */
export async function interceptUntilDown(rules: GatewayRules): Promise<void> {
  await replaceTable(INTERCEPTION_TABLE, interceptionTable(rules, false));
}

/** Whether what `gateway up` has installed is what this version would install. */
export function isOfThisVersion({ rules, tables }: GatewayState): boolean {
  return tables === lastingTables(rules);
}

/** Has the tables of `gateway up` as this version would install them, in the place of another version's. */
export async function renewTables(state: GatewayState): Promise<void> {
  await putBackTables(state);
  writeState({ ...state, tables: lastingTables(state.rules) });
}

/** Whether all tables of a gateway are there. Asked as root: others see none. */
export async function tablesStand({ rules }: GatewayState): Promise<boolean> {
  const there = await ourTables();
  return there.includes(INTERCEPTION_TABLE) && (!rules.failClosed || there.includes(GUARD_TABLE));
}

/** The tables of `gateway up` once more, where somebody else has removed them. */
export async function putBackTables({ rules }: GatewayState): Promise<void> {
  await replaceTable(GUARD_TABLE, guardTable(rules));
  await replaceTable(INTERCEPTION_TABLE, interceptionTable(rules, false));
}

/**
 * Takes further ports into the tables of `gateway up`, the guard first, so that what is open in clear on them is cut.
 * @param portMap what is on file for the doctor
 */
export async function interceptAlso(state: GatewayState, portMap: readonly PortMapping[]): Promise<void> {
  const ports = mergeRanges([...state.rules.ports, ...mappedPorts(portMap)]);
  const rules = { ...state.rules, ports };
  const extended = { ...state, rules, portMap: [...state.portMap, ...portMap], tables: lastingTables(rules) };
  writeState(extended);
  await putBackTables(extended);
}

/** Undoes a start that failed. What a killed gateway had left is left again: its ports stay refused until it runs, or `down`. */
async function abandonGateway(leftover: GatewayState | undefined): Promise<void> {
  if (leftover === undefined) {
    await removeGateway();
    return;
  }
  const { installedBy, pid, startTime, rules, portMap, asked } = leftover;
  writeState({ ...(readState() ?? leftover), installedBy, pid, startTime, rules, portMap, asked });
  await replaceTable(GUARD_TABLE, guardTable(rules));
}

/** One sentence each, without a full stop. */
export interface Undone {
  readonly done: readonly string[];
  /** What could not be put back; empty when the machine is as it was. */
  readonly failed: readonly string[];
}

/** Undoes everything that is not owned by a living process. The owned table must be gone already. */
export async function removeGateway(): Promise<Undone> {
  const state = readState();
  if (state !== undefined) writeState({ ...state, ending: true });
  const parameters = state?.parameters ?? [];
  const changed = parameters.filter(({ name, before }) => readParameter(name) !== before);
  const failed = restoreParameters(parameters);
  const back = changed.filter(({ name, before }) => readParameter(name) === before);
  const done = back.map(({ name, before }) => `${sysctlName(name)} is ${before} again`);
  await removePolicyRoute();
  if (state?.policyRoute === true) done.push('the policy route of TPROXY is removed');
  // The table of a running gateway went with its owner; one that is there is not ours.
  const tables = state?.installedBy === 'run' ? [GUARD_TABLE] : [INTERCEPTION_TABLE, GUARD_TABLE];
  for (const table of tables) {
    const { code } = await tryTool('nft', ['delete', 'table', 'inet', table]);
    if (code === 0) done.push(`table inet ${table} is removed`);
  }
  const folders = state?.cgroupFolders ?? [];
  removeCgroup(folders);
  if (folders.length > 0) done.push(`the control group ${folders.at(-1)} is removed`);
  removeState();
  return { done, failed: failed.map((name) => `${sysctlName(name)} could not be put back`) };
}

/** True when there is something for `gateway down` to undo. */
export async function anythingInstalled(): Promise<boolean> {
  if (readState() !== undefined) return true;
  return (await ourTables()).length > 0;
}

async function ourTables(): Promise<readonly string[]> {
  const { stdout } = await tryTool('nft', ['list', 'tables', 'inet']);
  return [INTERCEPTION_TABLE, GUARD_TABLE].filter((name) => stdout.split('\n').includes(`table inet ${name}`));
}

/** @throws OvercoatError `gateway_conflict` while another gateway is active */
export function refuseSecond(state: GatewayState | undefined): void {
  if (state === undefined) return;
  if (state.installedBy === 'up') {
    throw new OvercoatError('gateway_conflict', 'The rules of `overcoat gateway up` are installed; run `overcoat gateway down` first');
  }
  if (state.pid !== process.pid && isAlive(state)) {
    throw new OvercoatError(
      'gateway_conflict',
      `A gateway is running with pid ${state.pid}; end that process first (kill ${state.pid}), which takes its rules away`,
    );
  }
}

function lastingTables(rules: GatewayRules): string {
  return tableText([...(guardTable(rules) ?? []), ...interceptionTable(rules, false)]);
}

/** Adds or replaces a table in one transaction; without text it is removed. */
async function replaceTable(name: string, table: TableText | undefined): Promise<void> {
  const clear = `add table inet ${name}\ndelete table inet ${name}\n`;
  await runTool('nft', ['-f', '-'], clear + (table === undefined ? '' : tableText(table)));
}

/** What the parameters were before any gateway of ours; of devices that came later, what they are now. */
function originalParameters(leftover: GatewayState | undefined): Parameters {
  const now = takeSnapshot();
  const remembered = new Map((leftover?.parameters ?? []).map((parameter: RememberedParameter) => [parameter.name, parameter]));
  return new Map(
    [...now].map(([name, value]) => {
      const known = remembered.get(name);
      return [name, known !== undefined && (known.after === undefined || known.after === value) ? known.before : value];
    }),
  );
}

function setParameters({ devices }: GatewayRules): void {
  const needed = neededParameters({ devices, advertisedUplinks: advertisedUplinks(devices) }, hasIpv6());
  const failed = writeParameters(needed);
  if (failed.length > 0) throw new OvercoatError('gateway_rules', failedText(failed));
}
