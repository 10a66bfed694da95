/**
 * Services of configuration files behind the rules of `gateway up`: a port that a file maps (`portMap`) is an intercepted port,
 * whichever of the two came first. Services leave their mappings on file for the rules to come, and rules that are there take
 * further ports. Both happen under one lock, so that each sees the other.
 */

import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PortMapping } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { networkNamespaceId } from '../linux/network/network-namespace.ts';
import { processStartTime } from '../linux/process/process-start-time.ts';
import { withLock } from '../names/pins/file-lock.ts';
import type { GatewayPlan } from './machine/apply.ts';
import {
  interceptAlso,
  interceptUntilDown,
  isOfThisVersion,
  prepareGateway,
  putBackTables,
  renewTables,
  tablesStand,
} from './machine/apply.ts';
import type { GatewayState } from './machine/state.ts';
import { bootId, isAlive, readState, STATE_FOLDER } from './machine/state.ts';
import { differencesOf } from './rules/differences.ts';
import { hasPort, mappedPorts, mergeRanges } from './rules/ports.ts';

/** One pair of a service's `portMap`. */
export interface ServiceMapping extends PortMapping {
  /** Where the service accepts what the rules hand over. */
  readonly listenPort: number;
}

export interface Arranged {
  /** Ports the rules lacked and have now. */
  readonly taken: readonly number[];
  /** Of services that no installed rules lead to: hand-made ones may. */
  readonly byHand: readonly ServiceMapping[];
}

/** What a process with such services leaves on file; it counts as long as the process lives. */
interface Note extends Pick<GatewayState, 'boot' | 'pid' | 'startTime'> {
  readonly mappings: readonly ServiceMapping[];
}

export interface Installed {
  /** As it was installed. */
  readonly plan: GatewayPlan;
  /** `was-there`: the same was installed already; `put-back`: it was, and tables of it were missing; `renewed`: it was, by another version. */
  readonly outcome: 'new' | 'was-there' | 'put-back' | 'renewed';
}

/**
 * The rules of `gateway up`, with the ports of services that run already. Where the same is installed, nothing is done.
 * @throws OvercoatError `gateway_conflict`, `gateway_rules`; nothing is left behind then
 */
export function installUntilDown(plan: GatewayPlan): Promise<Installed> {
  return locked(async () => {
    const state = readState();
    if (state?.installedBy === 'up') return keepInstalled(state, plan);
    const portMap = [...plan.portMap, ...mappingsOf(readNotes(), plan.rules.listenPort)];
    const whole = {
      rules: { ...plan.rules, ports: mergeRanges([...plan.rules.ports, ...mappedPorts(portMap)]) },
      portMap,
      trust: plan.trust,
    };
    const prepared = await prepareGateway(whole, 'up', plan);
    try {
      await interceptUntilDown(whole.rules);
    } catch (cause) {
      await prepared.abandon();
      throw cause;
    }
    return { plan: whole, outcome: 'new' };
  });
}

/** @throws OvercoatError `gateway_conflict` that says what differs */
async function keepInstalled(state: GatewayState, plan: GatewayPlan): Promise<Installed> {
  const differences = differencesOf(state.asked, plan);
  if (differences.length > 0) {
    const what = `The rules of \`overcoat gateway up\` are installed, and differ: ${differences.join('; ')}`;
    throw new OvercoatError('gateway_conflict', `${what}; run \`overcoat gateway down\` first`);
  }
  return { plan: { ...state, trust: plan.trust }, outcome: await mended(state) };
}

async function mended(state: GatewayState): Promise<Installed['outcome']> {
  if (!isOfThisVersion(state)) {
    await renewTables(state);
    return 'renewed';
  }
  if (await tablesStand(state)) return 'was-there';
  await putBackTables(state);
  return 'put-back';
}

/**
 * For a process that is about to serve: leaves its mappings on file and has the installed rules take what they lack.
 * @param mappings all of this process; none takes those back that it left
 * @throws OvercoatError `gateway_rules` where rules lead to a service, lack a port and cannot be changed
 */
export async function interceptMapped(mappings: readonly ServiceMapping[]): Promise<Arranged> {
  if (!mayWrite()) return take(mappings, () => Promise.reject(new Error('only root can change the rules')));
  return locked(async () => {
    writeNote(mappings);
    return take(mappings, interceptAlso);
  });
}

/** Those of mappings that are no longer wanted whose ports installed rules go on taking: nothing is released into the clear. */
export function stillTaken(mappings: readonly ServiceMapping[]): readonly ServiceMapping[] {
  const state = readState();
  return mappings.filter((mapping) => leadsTo(state, mapping) && hasPort(state?.rules.ports ?? [], mapping.from));
}

async function take(mappings: readonly ServiceMapping[], extend: typeof interceptAlso): Promise<Arranged> {
  const state = readState();
  const lacking = mappings.filter((mapping) => leadsTo(state, mapping) && !hasPort(state?.rules.ports ?? [], mapping.from));
  if (state !== undefined && lacking.length > 0) {
    const pairs = lacking.map(({ from, to }) => ({ from, to }));
    await extend(state, pairs).catch((cause: Error) => {
      throw notIntercepted(lacking, cause);
    });
  }
  return { taken: lacking.map(({ from }) => from), byHand: mappings.filter((mapping) => !leadsTo(state, mapping)) };
}

function leadsTo(state: GatewayState | undefined, { listenPort }: ServiceMapping): boolean {
  return state?.installedBy === 'up' && state.rules.listenPort === listenPort;
}

/** What the file says, and what an administrator can do. */
export function notIntercepted(mappings: readonly PortMapping[], cause: Error): OvercoatError {
  const ports = mappings.map(({ from }) => from).join(', ');
  const advice = 'run `overcoat gateway down`, then `overcoat gateway up` with it among --ports';
  const text = `portMap: port ${ports} is not intercepted and would be forwarded in clear (${cause.message}); ${advice}`;
  return new OvercoatError('gateway_rules', text, cause);
}

function mappingsOf(notes: readonly Note[], listenPort: number): readonly PortMapping[] {
  const mappings = notes.flatMap((note) => note.mappings).filter((mapping) => mapping.listenPort === listenPort);
  return mappings.map(({ from, to }) => ({ from, to }));
}

function locked<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o755 });
  return withLock(join(STATE_FOLDER, `gateway-${networkNamespaceId()}.lock`), work);
}

/** Not as an ordinary user, nor where /run is read-only: rules cannot have been installed from there. */
function mayWrite(): boolean {
  try {
    mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o755 });
    accessSync(STATE_FOLDER, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const notePrefix = (): string => `mapped-${networkNamespaceId()}-`;

function writeNote(mappings: readonly ServiceMapping[]): void {
  const path = join(STATE_FOLDER, `${notePrefix()}${process.pid}.json`);
  if (mappings.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const note: Note = { boot: bootId(), pid: process.pid, startTime: processStartTime(process.pid) ?? '', mappings };
  writeFileSync(path, `${JSON.stringify(note)}\n`, { mode: 0o644 });
}

/** Of living processes; those of others are removed. */
function readNotes(): readonly Note[] {
  const prefix = notePrefix();
  const paths = readdirSync(STATE_FOLDER).filter((name) => name.startsWith(prefix));
  return paths.flatMap((name) => {
    const path = join(STATE_FOLDER, name);
    const note = readNote(path);
    if (note === undefined) rmSync(path, { force: true });
    return note ?? [];
  });
}

function readNote(path: string): Note | undefined {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as Note;
    return note.boot === bootId() && isAlive(note) ? note : undefined;
  } catch {
    return undefined;
  }
}
