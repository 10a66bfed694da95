/** Finds the one process that runs, by its control socket, or says which there are. */
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { OvercoatError } from '../../errors.ts';
import { controlFolders, isControlName, RUN } from '../../status/places.ts';
import { printable } from '../../text/printable.ts';
import { ageText } from '../../text/units.ts';
import type { ServiceAnswer, StatusAnswer } from './answers.ts';
import { askFor } from './ask.ts';

/** What is only said of a process besides its path is not waited for longer. */
const DESCRIBE_WITHIN_MS = 2000;
const MAX_NAMED_SERVICES = 5;

/**
 * The control socket of the one process that runs.
 * @param named `--control PATH`; undefined: it is looked for
 * @throws OvercoatError `control_unreachable` when there is none, or more than one
 */
export async function findControl(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (named !== undefined) return named;
  const folders = controlFolders(environment, filesIn(RUN));
  const paths = folders.flatMap((folder) =>
    filesIn(folder)
      .filter(isControlName)
      .map((file) => join(folder, file)),
  );
  const found = await Promise.all(paths.map(async (path) => ({ path, is: await stateOf(path) })));
  const alive = found.filter(({ is }) => is === 'alive').map(({ path }) => path);
  const [only, ...more] = alive;
  if (only === undefined) throw nothingRuns(folders, found.find(({ is }) => is === 'of others')?.path);
  if (more.length === 0) return only;
  const lines = await Promise.all(alive.map(async (path) => `\n  ${path}  ${await describe(path)}`.trimEnd()));
  throw new OvercoatError('control_unreachable', `Several are running; say which with --control PATH:${lines.join('')}`);
}

function nothingRuns(folders: readonly string[], ofOthers: string | undefined): OvercoatError {
  const text =
    ofOthers === undefined
      ? `Nothing is running that could be asked: no control socket in ${folders.join(' or ')} answers; start something (overcoat run FILE), or name a socket elsewhere with --control PATH`
      : `${ofOthers} belongs to another user: ask as that user (sudo), or let a group in with controlGroup`;
  return new OvercoatError('control_unreachable', text);
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function stateOf(path: string): Promise<'alive' | 'of others' | 'gone'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EACCES' || code === 'EPERM' ? 'of others' : 'gone'));
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
  });
}

/** `/etc/overcoat/mail.conf, for 3d 4h, smtp, imap`; '' where it does not say. */
async function describe(path: string): Promise<string> {
  try {
    const asking = { withinMs: DESCRIBE_WITHIN_MS };
    const { source, uptimeSeconds } = await askFor<StatusAnswer>(path, '/api/v1/status', asking);
    const { services } = await askFor<{ services: readonly ServiceAnswer[] }>(path, '/api/v1/services', asking);
    const names = services.slice(0, MAX_NAMED_SERVICES).map(({ name }) => name);
    const all = services.length > names.length ? [...names, '...'] : names;
    return printable([...(source === null ? [] : [source]), `for ${ageText(uptimeSeconds)}`, ...all].join(', '));
  } catch {
    return '';
  }
}
