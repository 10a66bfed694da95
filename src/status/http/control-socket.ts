/** The control socket of a process: which path it has, and what becomes of those that others left behind. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { WatchConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { bindCause, foreseeSocketFile } from '../../linux/sockets/unix-socket.ts';
import { plainSystemError } from '../../text/system-error.ts';
import type { Desk } from '../desk.ts';
import { controlFolder, controlName, isControlName } from '../places.ts';
import type { SocketOwner, UnixOptions, UnixServed } from './listen.ts';
import { removeDead, serveUnix } from './listen.ts';

/** Others may look for their own sockets there; the sockets themselves are their owner's. */
const FOLDER_MODE = 0o755;
/** Its mode says who may ask; a browser that is led to it must not be somebody else's. */
const ACCESS = { hosts: 'without-dot', token: undefined } as const;

export interface ControlSocket {
  /** A path that somebody has named; `auto`: one of our own. */
  readonly path: NonNullable<WatchConfig['control']>;
  readonly owner: SocketOwner;
  /** What stands for the configuration in the name of one of our own. */
  readonly name: string;
  /** Files will be out of reach later: everything that serves it is loaded now. */
  readonly early: boolean;
  /** Another process serves there until `appear`: an upgrade. */
  readonly replace: boolean;
  /** As `serveUnix` has it. */
  readonly admits?: UnixOptions['admits'];
}

/**
 * @param notice told, in a line, where there is none after all: one of our own is no reason not to start
 * @returns undefined then
 * @throws OvercoatError `start_bind` a path that somebody has named cannot be had
 */
export async function openControl(
  { path: asked, owner, name, early, replace, admits }: ControlSocket,
  desk: Desk,
  notice: (text: string) => void,
): Promise<UnixServed | undefined> {
  const own = asked === 'auto';
  const folder = controlFolder(process.env, process.getuid?.() === 0);
  const path = own ? join(folder, controlName(name, process.pid)) : asked;
  try {
    if (own) {
      mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
      for (const file of readdirSync(folder)) if (isControlName(file)) await removeDead(join(folder, file));
    } else if (!replace) await removeDead(path);
    return await serveUnix(path, owner, { options: { desk, access: ACCESS, changes: true }, early, replace: replace && !own, admits });
  } catch (cause) {
    if (!own) throw refusedAt(path, cause);
    const { text } = plainSystemError(bindCause(path, cause));
    notice(`No control socket at ${path}: ${text}; name one with control (--control PATH), or control = no`);
    return undefined;
  }
}

/** Whether a path somebody has named could be had. @throws OvercoatError as `openControl` */
export function foreseeControl(path: string): void {
  try {
    foreseeSocketFile(path);
  } catch (cause) {
    throw refusedAt(path, cause);
  }
}

function refusedAt(path: string, cause: unknown): OvercoatError {
  const { text } = plainSystemError(bindCause(path, cause));
  return new OvercoatError('start_bind', `No control socket at ${path}: ${text}; see who may write there, or name another path`, cause);
}
