/**
 * What looks at a running daemon from outside, put together: the ledger, the control socket, the status port and the records. Loaded
 * only where the configuration asks for one of them.
 */
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Config, WatchConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { observer } from '../observe/observers.ts';
import type { Control } from '../status/control.ts';
import type { AppOptions } from '../status/http/app.ts';
import type { Served } from '../status/http/listen.ts';
import { Ledger } from '../status/ledger.ts';
import { controlFolder, controlName, isControlName } from '../status/places.ts';
import type { Records } from '../status/records.ts';
import { Views } from '../status/views.ts';
import { describeSystemError } from '../text/system-error.ts';

const MAIN = { id: 'main', service: undefined } as const;
const UI = { id: 'ui', service: undefined } as const;

export interface Watch {
  /** Opens sockets and files, while they can be opened. @throws OvercoatError `start_bind`, `start_process`, `config_key_material` */
  open(): Promise<void>;
  /** The daemon serves. */
  attach(control: Control): void;
  close(): Promise<void>;
}

/** @param name what stands for the configuration in the name of its control socket */
export function createWatch({ global, source }: Config, log: Log): Watch {
  const { watch } = global;
  const ledger = new Ledger(watch.keepClientsMs);
  const sealed = global.chroot !== undefined || global.setuid !== undefined || global.setgid !== undefined;
  let views: Views | undefined;
  let records: Records | undefined;
  const served: Served[] = [];
  const defect = ({ message, stack }: Error): void => log.observe({ kind: 'defect', text: `status: ${message}`, stack }, MAIN);
  const options = (access: AppOptions['access']): AppOptions => ({ views: () => views, access, defect });
  log.follow(ledger.observe);
  log.follow(
    observer(
      ({ kind }) => {
        if (kind === 'worker-ended') void views?.look(true).catch(() => undefined);
        else if (kind === 'log-reopened') records?.reopen();
      },
      (kind) => kind === 'worker-ended' || kind === 'log-reopened',
    ),
  );
  return {
    async open() {
      if (watch.control !== undefined) await openControl(watch, source, sealed, options(undefined), served, log);
      if (watch.status !== undefined) served.push(await openStatus(watch, watch.status, options, log));
      if (watch.records !== undefined) records = await (await import('../status/records.ts')).openRecords(watch.records, global, ledger);
    },
    attach(control) {
      views = new Views(ledger, control);
      if (watch.recordsEveryMs !== undefined) records?.every(watch.recordsEveryMs, views);
    },
    async close() {
      for (const each of served) each.close();
      records?.close();
    },
  };
}

async function openControl(
  { control, controlOwner }: WatchConfig,
  source: string,
  early: boolean,
  options: AppOptions,
  served: Served[],
  log: Log,
): Promise<void> {
  const { isAnswered, serveUnix } = await import('../status/http/listen.ts');
  const folder = controlFolder(process.env, process.getuid?.() === 0);
  const path = control === 'auto' ? join(folder, controlName(nameOf(source), process.pid)) : (control ?? '');
  try {
    if (control === 'auto') {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      for (const file of readdirSync(folder)) if (isControlName(file)) await removeDead(join(folder, file), isAnswered);
    } else await removeDead(path, isAnswered);
    served.push(await serveUnix(path, controlOwner, options, early));
  } catch (cause) {
    const text = `No control socket at ${path}: ${describeSystemError(cause).text}`;
    if (control !== 'auto') throw new OvercoatError('start_bind', `${text}; check \`control\` and who may write there`, cause);
    log.observe({ kind: 'message', level: 5, text }, UI);
  }
}

/** A socket whose process was killed stays as a file. */
async function removeDead(path: string, isAnswered: (path: string) => Promise<boolean>): Promise<void> {
  if (await isAnswered(path)) return;
  try {
    unlinkSync(path);
  } catch {
    // There is none, or it is somebody else's; binding says so.
  }
}

async function openStatus(
  watch: WatchConfig,
  { host, port }: NonNullable<WatchConfig['status']>,
  options: (access: AppOptions['access']) => AppOptions,
  log: Log,
): Promise<Served> {
  const [{ serveTcp }, { readSecured, readToken }] = await Promise.all([
    import('../status/http/listen.ts'),
    import('../status/http/secured.ts'),
  ]);
  const tls = readSecured(watch);
  const access = { hosts: [host.toLowerCase()], token: readToken(watch.statusToken) };
  try {
    const served = await serveTcp(host, port, options(access), tls);
    log.observe(
      { kind: 'message', level: 5, text: `Status is served at ${tls === undefined ? 'http' : 'https'}://${served.address}/` },
      UI,
    );
    return served;
  } catch (cause) {
    const { text, errno } = describeSystemError(cause);
    throw new OvercoatError('start_bind', `Error binding status to ${host}:${port}: ${text} (${errno})`, cause);
  }
}

function nameOf(source: string): string {
  const name = basename(source);
  return name.endsWith('.conf') ? name.slice(0, -'.conf'.length) : name.replaceAll(':', '-');
}
