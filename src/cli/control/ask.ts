/** Asks a running process over its control socket (`find.ts` says which). */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { withBrackets } from '../../address/authority.ts';
import { OvercoatError } from '../../errors.ts';
import { printable } from '../../text/printable.ts';
import { describeResolverError, systemErrorText } from '../../text/system-error.ts';

/** A process that is there and does not answer must not keep a terminal. */
const ANSWER_WITHIN_MS = 15_000;

/** Many times what thousands of connections take. A process of a user with fewer rights may say whatever it likes to root. */
const MOST_OF_ANSWER = 64 * 2 ** 20;
/** Far more than one event has. */
const MOST_OF_EVENT = 2 ** 20;

/** A process that is there has begun an answer, and nothing more comes of it. */
class Silence extends Error {}

/** The path of a control socket, or a status port without a token, which tells everything and does nothing. */
export type Asked = string | { readonly host: string; readonly port: number };

export interface Answer {
  readonly code: number;
  readonly body: unknown;
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: object;
  /** How long it may take to the end of the answer. */
  readonly withinMs?: number;
}

/** For several questions, which have that time together. @param withinMs undefined: each has as long as is usual */
export function withinTogether(withinMs: number | undefined): Asking {
  if (withinMs === undefined) return {};
  const until = performance.now() + withinMs;
  return {
    get withinMs() {
      return leftOf(until);
    },
  };
}

/** What has come by then is read first: it may be this process that is late, on a machine with much to do. @returns what calls it off */
function whenLate(action: () => void, ms: number): () => void {
  let calledOff = false;
  const timer = setTimeout(() => setImmediate(() => calledOff || action()), ms);
  return () => {
    calledOff = true;
    clearTimeout(timer);
  };
}

/** At least one: a timer of node without a duration is another matter. */
function leftOf(until: number): number {
  return Math.max(1, until - performance.now());
}

/** @throws OvercoatError `control_unreachable` */
export async function ask(where: Asked, path: string, { method = 'GET', body, withinMs = ANSWER_WITHIN_MS }: Asking = {}): Promise<Answer> {
  const until = performance.now() + withinMs;
  return answerOf(await open(where, path, { method, body, withinMs }), where, leftOf(until));
}

async function answerOf(message: IncomingMessage, where: Asked, withinMs: number): Promise<Answer> {
  let text = '';
  const inTime = whenLate(() => message.destroy(new Silence()), withinMs);
  try {
    for await (const part of textOf(message, where)) text = bounded(text + part, MOST_OF_ANSWER, where);
  } finally {
    inTime();
  }
  try {
    return { code: message.statusCode ?? 0, body: JSON.parse(text) };
  } catch {
    throw new OvercoatError('control_unreachable', `${placeText(where)} does not answer as Overcoat does`);
  }
}

/** The body as it comes. @throws OvercoatError `control_unreachable` where it breaks off */
async function* textOf(message: IncomingMessage, where: Asked): AsyncGenerator<string> {
  try {
    yield* message.setEncoding('utf8') as AsyncIterable<string>;
  } catch (cause) {
    const how = cause instanceof Silence ? 'does not end its answer' : 'ended while it was asked';
    throw new OvercoatError('control_unreachable', `The process behind ${placeText(where)} ${how}`, cause);
  }
}

/** @throws OvercoatError `control_unreachable` where it is too long */
function bounded(text: string, most: number, where: Asked): string {
  if (text.length <= most) return text;
  throw new OvercoatError('control_unreachable', `The process behind ${placeText(where)} says too much in one answer`);
}

/** Asks for what must be there. @throws OvercoatError `control_unreachable`, `control_refused` */
export async function askFor<Shape>(where: Asked, path: string, asking?: Asking): Promise<Shape> {
  const { code, body } = await ask(where, path, asking);
  if (code === 200) return body as Shape;
  throw refusal({ code, body });
}

function refusal({ code, body }: Answer): OvercoatError {
  const { error = `answered with ${code}` } = (body ?? {}) as { readonly error?: unknown };
  return new OvercoatError('control_refused', printable(String(error)));
}

/**
 * The live stream of events, one after the other, until it ends.
 * @param withinMs until it begins
 * @throws OvercoatError `control_unreachable`, `control_refused`
 */
export async function* follow(
  socketPath: string,
  withinMs: number = ANSWER_WITHIN_MS,
): AsyncGenerator<{ readonly event: string; readonly data: Record<string, unknown> }> {
  const message = await open(socketPath, '/api/v1/events', { method: 'GET', body: undefined, withinMs });
  if (message.statusCode !== 200) throw refusal(await answerOf(message, socketPath, withinMs));
  let kept = '';
  for await (const part of textOf(message, socketPath)) {
    const blocks = (kept + part).split('\n\n');
    kept = bounded(blocks.pop() ?? '', MOST_OF_EVENT, socketPath);
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      const [event, data] = [fields.get('event'), fields.get('data')];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}

function open(
  where: Asked,
  path: string,
  { method, body, withinMs }: { method: string; body: object | undefined; withinMs: number },
): Promise<IncomingMessage> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-length': Buffer.byteLength(text) };
  const place = typeof where === 'string' ? { socketPath: where } : where;
  return new Promise((resolve, reject) => {
    const asked = request({ ...place, path, method, headers, agent: false }, (message) => {
      inTime();
      resolve(message);
    });
    const inTime = whenLate(() => asked.destroy(new Error('it does not answer')), withinMs);
    asked.once('error', (cause) => {
      inTime();
      reject(
        new OvercoatError(
          'control_unreachable',
          `The process behind ${placeText(where)} cannot be asked: ${reasonText(cause)}${adviceFor(where, cause)}`,
          cause,
        ),
      );
    });
    asked.end(text);
  });
}

function reasonText(cause: NodeJS.ErrnoException): string {
  return cause.syscall === 'getaddrinfo' ? describeResolverError(cause) : systemErrorText(cause);
}

const BY_ITSELF = 'without --control the one that runs is found by itself';

/** What to do about it, as the end of a sentence; '' where the reason says all there is. */
function adviceFor(where: Asked, { code = '' }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') {
    return typeof where === 'string'
      ? `; its process has ended, or it is no control socket: ${BY_ITSELF}`
      : '; start it with that port as --status (`status` in a file), or name the port it has';
  }
  if (code === 'ENOTFOUND') return '; check the spelling, and the name servers of this machine';
  if (code === 'ENOENT' || code === 'ENOTDIR') return `; it may have ended: ${BY_ITSELF}`;
  return code === 'EACCES' || code === 'EPERM' ? '; ask as the user it belongs to (sudo), or let a group in with controlGroup' : '';
}

function placeText(where: Asked): string {
  return typeof where === 'string' ? where : `${withBrackets(where.host)}:${where.port}`;
}
