/**
 * What looks at a running daemon from outside, put together: the ledger, the control socket, the status port and the records. Loaded
 * only where the configuration asks for one of them.
 */
import { lookup } from 'node:dns/promises';
import { basename } from 'node:path';
import { withBrackets } from '../../address/authority.ts';
import type { Endpoint } from '../../address/endpoint.ts';
import type { Config, WatchConfig } from '../../config/config.ts';
import { cannotBind } from '../../connection/accept/bind-failure.ts';
import { listen } from '../../linux/libc/sockets.ts';
import type { Log } from '../../observe/log.ts';
import { observer } from '../../observe/observers.ts';
import type { BoundSocket } from '../../sockets/bound-socket.ts';
import { bindTcp, takeOver } from '../../sockets/bound-socket.ts';
import type { Desk } from '../../status/desk.ts';
import { LocalDesk } from '../../status/desk.ts';
import type { UnixServed } from '../../status/http/listen.ts';
import { STEP_MS } from '../../status/ledger/history.ts';
import { Ledger } from '../../status/ledger/ledger.ts';
import type { Records } from '../../status/records.ts';
import { Views } from '../../status/views.ts';
import { systemError } from '../../text/system-error.ts';
import type { Engine } from '../engine.ts';
import { givesUpRights } from '../process/confine.ts';
import type { ServiceProcess } from '../service-process/service-process.ts';
import type { Passed, PassedSockets } from '../upgrade/passed-sockets.ts';
import type { ControlledDaemon, ControlParts } from './daemon-control.ts';
import { DaemonControl } from './daemon-control.ts';
import type { ReachedProcesses } from './reached-processes.ts';

const BACKLOG = 64;
/** `systemctl status` is read by people. */
const TELL_MANAGER_MS = 5000;
const MAIN = { id: 'main', service: undefined } as const;
const UI = { id: 'ui', service: undefined } as const;

interface StatusSocket {
  readonly bound: BoundSocket;
  readonly passed: Passed;
}

export interface Watch {
  /** Where the status port asks. */
  readonly desk: Desk;
  /**
   * Opens sockets and files, while they can be opened.
   * @param engine whose processes may not give orders
   * @param passed of the process before, if this one takes its place
   * @throws OvercoatError `start_bind`, `start_process`, `config_key_material`
   */
  open(engine: Pick<Engine, 'service' | 'reached'>, passed: PassedSockets | undefined): Promise<void>;
  /** The daemon serves. */
  attach(parts: ControlParts, daemon: ControlledDaemon): void;
  /** For the process that takes the place of this one. */
  readonly sockets: readonly Passed[];
  /** A process that was to take the place of this one has ended: what it may have left goes. */
  forgetSuccessor(pid: number): Promise<void>;
  /** Another process has taken the place of this one: nobody new is answered here. Resolves when those who have asked are. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** @param name what stands for the configuration in the name of its control socket */
export function createWatch({ global, source }: Config, log: Log): Watch {
  const { watch } = global;
  const ledger = new Ledger(watch.keepClientsMs);
  let views: Views | undefined;
  let steps: NodeJS.Timeout | undefined;
  let records: Records | undefined;
  let telling: NodeJS.Timeout | undefined;
  let control: UnixServed | undefined;
  let status: StatusSocket | undefined;
  const defect = ({ message, stack }: Error): void => log.observe({ kind: 'defect', text: `status: ${message}`, stack }, MAIN);
  const closeStatus = (): void => {
    status?.bound.close();
    status = undefined;
  };
  const desk = new LocalDesk(
    () => views,
    (tell) => ledger.onEvent(tell),
    defect,
  );
  log.follow(ledger.observe);
  log.follow(
    observer(
      ({ kind }) => {
        if (kind === 'worker-ended') void views?.lookSurely();
        else if (kind === 'log-reopened') records?.reopen();
      },
      (kind) => kind === 'worker-ended' || kind === 'log-reopened',
    ),
  );
  const openControlOf = async (
    path: NonNullable<WatchConfig['control']>,
    reached: ReachedProcesses,
    replace: boolean,
  ): Promise<UnixServed | undefined> => {
    const { openControl } = await import('../../status/http/control-socket.ts');
    const notice = (text: string): void => log.observe({ kind: 'message', level: 5, text }, UI);
    const admits = admission(reached, (pid) => log.observe({ kind: 'process-refused', pid }, MAIN));
    return openControl(
      { path, owner: watch.controlOwner, name: nameOf(source), early: givesUpRights(global), replace, admits },
      desk,
      notice,
    );
  };
  return {
    desk,
    async open({ service, reached }, passed) {
      if (watch.control !== undefined) control = await openControlOf(watch.control, reached, passed !== undefined);
      if (watch.status !== undefined) status = await openStatus(watch, watch.status, { service, passed }, log);
      if (watch.records === undefined) return;
      const { openRecords } = await import('../../status/records.ts');
      records = await openRecords(watch.records, global, ledger, (event) => log.observe(event, MAIN));
    },
    attach(parts, daemon) {
      const attached = new Views(ledger, new DaemonControl(parts, daemon));
      views = attached;
      control?.appear();
      if (watch.control !== undefined || watch.status !== undefined) steps = setInterval(() => void attached.step(), STEP_MS).unref();
      const { manager } = parts;
      const tellManager = (): void => void attached.statusLine().then(manager.now, () => undefined); // a worker hangs: the next time
      if (manager.listens) telling = setInterval(tellManager, TELL_MANAGER_MS).unref();
      if (watch.recordsEveryMs !== undefined) records?.every(watch.recordsEveryMs, attached);
    },
    get sockets() {
      return status === undefined ? [] : [status.passed];
    },
    async forgetSuccessor(pid) {
      await control?.clearBeside(pid);
    },
    async leave() {
      closeStatus();
      await control?.leave();
    },
    async close() {
      clearInterval(steps);
      clearInterval(telling);
      control?.close();
      closeStatus();
      records?.close();
    },
  };
}

/**
 * Who may give orders: nobody whom a network reaches, and nobody of whom it cannot be told.
 * @param refused told once for each process
 * @returns undefined where the system does not tell who asks
 */
function admission(reached: ReachedProcesses, refused: (pid: number) => void): ((pid: number | undefined) => boolean) | undefined {
  if (process.platform !== 'linux') return undefined;
  const told = new Set<number>();
  return (pid) => {
    if (pid === undefined) return false;
    if (pid === process.pid || !reached.has(pid)) return true; // who is this process already gains nothing by asking it
    if (!told.has(pid)) refused(pid);
    told.add(pid);
    return false;
  };
}

/**
 * Bound here, and read by the service process: what comes from a network is parsed where no client is served and no key of a service is.
 * @returns what stays bound whoever reads
 */
async function openStatus(
  watch: WatchConfig,
  { host, port }: NonNullable<WatchConfig['status']>,
  { service, passed }: { readonly service: ServiceProcess; readonly passed: PassedSockets | undefined },
  log: Log,
): Promise<StatusSocket> {
  const { readSecured, readToken } = await import('../../status/http/secured.ts');
  const tls = readSecured(watch);
  const access = { hosts: [host.toLowerCase()], token: readToken(watch.statusToken) };
  const use = { key: `status ${host} ${port}`, owner: undefined };
  let bound: BoundSocket | undefined;
  try {
    const former = passed?.take(use)?.[0]?.descriptors[0];
    bound = former === undefined ? bindTcp({ address: (await lookup(host)).address, port }) : takeOver(former);
    const done = listen(bound.fd(), BACKLOG);
    if (done < 0) throw systemError('listen', done);
  } catch (cause) {
    bound?.close();
    throw cannotBind('status', `${host}:${port}`, cause);
  }
  await service.keep({ kind: 'serve-status', access, tls }, [bound.fd()]);
  const { address, port: real } = bound.address() as Endpoint;
  const url = `${tls === undefined ? 'http' : 'https'}://${withBrackets(address)}:${real}/`;
  log.observe({ kind: 'message', level: 5, text: `Status is served at ${url}` }, UI);
  const socket = { text: `${withBrackets(address)}:${real}`, port: real, path: undefined, descriptors: [bound.fd()] };
  return { bound, passed: { ...use, sockets: [socket] } };
}

function nameOf(source: string): string {
  const name = basename(source);
  return name.endsWith('.conf') ? name.slice(0, -'.conf'.length) : name.replaceAll(':', '-');
}
