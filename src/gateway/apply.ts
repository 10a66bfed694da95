/**
 * Puts the gateway's rules, routes and kernel parameters in place and takes them away again. The order is the safety: the guard is
 * the first to come and the last to go, so that at no moment a chosen port is forwarded in clear, and what is to be undone is on
 * file before it is done.
 */
import type { PortMapping } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { networkNamespaceInode } from '../linux/network-namespace.ts';
import { makeCgroup, removeCgroup } from './cgroup.ts';
import type { Parameters, RememberedParameter } from './kernel-parameters.ts';
import {
  advertisedUplinks,
  hasIpv6,
  neededParameters,
  networkDevices,
  rememberParameters,
  restoreParameters,
  sysctlName,
  takeSnapshot,
  usesIpv6,
  writeParameters,
} from './kernel-parameters.ts';
import { addPolicyRoute, removePolicyRoute } from './policy-route.ts';
import { mappedPorts, mergeRanges } from './ports.ts';
import type { GatewayRules, TableText } from './rules.ts';
import { GUARD_TABLE, guardTable, INTERCEPTION_TABLE, interceptionTable, tableText } from './rules.ts';
import type { GatewayState, InstalledBy } from './state.ts';
import { bootId, isAlive, processStartTime, readState, removeState, writeState } from './state.ts';
import { runTool, tryTool } from './tools.ts';

/** What to install. `portMap` is the service's business; it is on file for the doctor. */
export interface GatewayPlan {
  readonly rules: GatewayRules;
  readonly portMap: readonly PortMapping[];
}

export interface Prepared {
  /** Undoes it where what comes after it fails. */
  abandon(): Promise<void>;
}

/**
 * Everything but the interception itself: guard, kernel parameters, policy route. What an earlier gateway left behind after a
 * SIGKILL is taken over, so that undoing this one restores what was before that one.
 * @throws OvercoatError `gateway_conflict`, `gateway_rules`; all is as it was then, the guard of a killed gateway included
 */
export async function prepareGateway(plan: GatewayPlan, installedBy: InstalledBy): Promise<Prepared> {
  const { rules, portMap } = plan;
  const leftover = readState();
  refuseSecond(leftover);
  refuseMissingDevices(rules.devices);
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

/**
 * Takes further ports into the tables of `gateway up`, the guard first, so that what is open in clear on them is cut.
 * @param portMap what is on file for the doctor
 */
export async function interceptAlso(state: GatewayState, portMap: readonly PortMapping[]): Promise<void> {
  const ports = mergeRanges([...state.rules.ports, ...mappedPorts(portMap)]);
  const rules = { ...state.rules, ports };
  writeState({ ...state, rules, portMap: [...state.portMap, ...portMap] });
  await replaceTable(GUARD_TABLE, guardTable(rules));
  await replaceTable(INTERCEPTION_TABLE, interceptionTable(rules, false));
}

/** Undoes a start that failed. What a killed gateway had left is left again: its ports stay refused until it runs, or `down`. */
async function abandonGateway(leftover: GatewayState | undefined): Promise<void> {
  if (leftover === undefined) {
    await removeGateway();
    return;
  }
  const { installedBy, pid, startTime, rules, portMap } = leftover;
  writeState({ ...(readState() ?? leftover), installedBy, pid, startTime, rules, portMap });
  await replaceTable(GUARD_TABLE, guardTable(rules));
}

/**
 * Undoes everything that is not owned by a living process. The owned table must be gone already.
 * @returns what could not be put back, one sentence each; empty when the machine is as it was
 */
export async function removeGateway(): Promise<readonly string[]> {
  const state = readState();
  const failed = restoreParameters(state?.parameters ?? []);
  await removePolicyRoute();
  // The table of a running gateway went with its owner; one that is there is not ours.
  if (state?.installedBy !== 'run') await tryTool('nft', ['delete', 'table', 'inet', INTERCEPTION_TABLE]);
  await tryTool('nft', ['delete', 'table', 'inet', GUARD_TABLE]);
  removeCgroup(state?.cgroupFolders ?? []);
  removeState();
  return failed.map((name) => `${sysctlName(name)} could not be put back`);
}

/** True when there is something for `gateway down` to undo. */
export async function anythingInstalled(): Promise<boolean> {
  if (readState() !== undefined) return true;
  const { stdout } = await tryTool('nft', ['list', 'tables', 'inet']);
  return [INTERCEPTION_TABLE, GUARD_TABLE].some((name) => stdout.split('\n').includes(`table inet ${name}`));
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

/** Before anything is changed. */
function refuseMissingDevices(devices: readonly string[]): void {
  const there = networkDevices();
  const missing = devices.find((device) => !there.includes(device));
  if (missing === undefined) return;
  const named = there.filter((device) => device !== 'lo').join(', ');
  throw new OvercoatError('gateway_rules', `--from: there is no network device ${missing}; there are: ${named}`);
}

function setParameters({ devices }: GatewayRules): void {
  const needed = neededParameters({ devices, advertisedUplinks: advertisedUplinks() }, hasIpv6());
  try {
    writeParameters(needed);
  } catch (cause) {
    const names = [...needed].map(([name, value]) => `${sysctlName(name)}=${value}`).join(' ');
    throw new OvercoatError(
      'gateway_rules',
      `Kernel parameters cannot be set: ${(cause as Error).message}; in a container set them from outside: ${names}`,
      cause,
    );
  }
}
