/** The HTTP side: one handler for each row of `ROUTES`, and what is asked of every request before it. */
import type { Context } from 'hono';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { printable } from '../../text/printable.ts';
import type { Control, Outcome } from '../control.ts';
import { NoAnswer } from '../control.ts';
import type { Desk, ReadAnswers, ReadQuestion } from '../desk.ts';
import type { Sort } from '../ledger/connection-list.ts';
import { SORTS } from '../ledger/connection-list.ts';
import { exposition } from '../metrics/exposition.ts';
import type { RouteName, RouteRow } from '../routes.ts';
import { ROUTES } from '../routes.ts';
import { streamEvents } from './event-stream.ts';
import type { Access } from './guard.ts';
import { refusalOf } from './guard.ts';
import { pageFiles } from './page-files.ts';

export interface AppOptions {
  readonly desk: Desk;
  readonly access: Access;
  /** Whoever asks may also change things: the control socket. */
  readonly changes: boolean;
}

const PAGE = '/page/';
/** What the page may do here; in no table, since it is of no use to anybody else. */
const PAGE_ABOUT = `${PAGE}about`;
const MAX_BODY_BYTES = 4096;
const MAX_STREAMS = 16;
const MAX_PAGE = 5000;
const USUAL_PAGE = 100;
/** No part of a page comes from elsewhere, and none is shown within another. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

type Handler = (c: Context) => Response | Promise<Response>;

/** The desk did not answer; the request is answered with why. */
class Unanswered extends Error {}

export function createApp({ desk, access, changes }: AppOptions): Hono {
  const app = new Hono();
  let streams = 0;
  app.use(secureHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, referrerPolicy: 'no-referrer', strictTransportSecurity: false }));
  app.use(async (c, next) => {
    const refusal = refusalOf(c.req.url, (name) => c.req.header(name), access, isPage(c.req.path));
    if (refusal !== undefined) {
      if (refusal.status === 401) c.header('WWW-Authenticate', 'Bearer');
      return c.json({ error: refusal.text }, refusal.status);
    }
    if (c.req.header('transfer-encoding') !== undefined) return c.json({ error: 'say how long the body is' }, 411);
    if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) return c.json({ error: 'the body is too long' }, 413);
    c.header('Cache-Control', 'no-store');
    return next();
  });

  const read = async <Kind extends keyof ReadAnswers>(
    question: Extract<ReadQuestion, { readonly ask: Kind }>,
  ): Promise<ReadAnswers[Kind]> => {
    const answer = await desk.read(question);
    if (answer.kind === 'answer') return answer.value as ReadAnswers[Kind];
    throw new Unanswered(
      answer.kind === 'starting' ? 'it is still starting' : answer.kind === 'no-answer' ? answer.text : 'internal error',
    );
  };
  const control = (): Control => {
    if (desk.control === undefined) throw new Unanswered('it is still starting');
    return desk.control;
  };
  const refuse = (c: Context, problems: readonly string[]): Response => {
    const { servedBy } = control();
    return c.json({ error: problems.join('; '), problems, ...(servedBy === undefined ? {} : { servedBy }) }, 409);
  };
  const done = (c: Context, outcome: Outcome): Response => (outcome.ok ? c.json({ done: true }) : refuse(c, [outcome.text]));

  const handlers: Readonly<Record<RouteName, Handler>> = {
    alive: (c) => c.text('ok\n'),
    ready: async (c) => {
      const { ready, reasons } = await read({ ask: 'readiness' });
      return ready ? c.text('ok\n') : c.text(`${reasons.join('\n')}\n`, 503);
    },
    metrics: async (c) => {
      const { type, body } = await exposition(await read({ ask: 'samples' }), c.req.header('accept'));
      return c.body(body, 200, { 'Content-Type': type });
    },
    status: async (c) => c.json(await read({ ask: 'status' })),
    services: async (c) => c.json(await read({ ask: 'services' })),
    connections: async (c) => {
      const offset = naturalNumber(c.req.query('offset'), 0);
      const limit = naturalNumber(c.req.query('limit'), USUAL_PAGE);
      const after = c.req.query('after') === undefined ? null : naturalNumber(c.req.query('after'), 0);
      if (offset === undefined || limit === undefined || after === undefined || limit > MAX_PAGE)
        return c.json({ error: `after, offset and limit are numbers, limit is ${MAX_PAGE} at most` }, 400);
      const [service, client, search] = [c.req.query('service'), c.req.query('client'), c.req.query('search')];
      const [sort, order] = [c.req.query('sort') ?? 'started', c.req.query('order') ?? 'asc'];
      if (!isSort(sort)) return c.json({ error: `sort is one of ${SORTS.join(', ')}` }, 400);
      if (order !== 'asc' && order !== 'desc') return c.json({ error: 'order is asc or desc' }, 400);
      if (after !== null && (sort !== 'started' || order !== 'asc')) return c.json({ error: 'after has an order of its own' }, 400);
      const descending = order === 'desc';
      return c.json(
        await read({ ask: 'connections', service, client, search, sort, descending, after: after ?? undefined, offset, limit }),
      );
    },
    connection: async (c) => {
      const connection = numberIn(c);
      const found = connection === undefined ? undefined : await read({ ask: 'connection', connection });
      return found === undefined ? noConnection(c) : c.json(found);
    },
    certificates: async (c) => c.json(await read({ ask: 'certificates' })),
    handshakes: async (c) => c.json(await read({ ask: 'handshakes' })),
    history: async (c) => {
      const from = naturalNumber(c.req.query('from'), 0);
      if (from === undefined) return c.json({ error: 'from is a number' }, 400);
      return c.json(await read({ ask: 'history', from }));
    },
    problems: async (c) => c.json(await read({ ask: 'problems' })),
    events: (c) => {
      if (streams >= MAX_STREAMS) return c.json({ error: `${MAX_STREAMS} readers follow already` }, 503);
      // nobody reads its body, so that it would hold its place for ever
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
      streams += 1;
      return streamSSE(c, async (stream) => {
        await streamEvents(stream, desk).finally(() => {
          streams -= 1;
        });
      });
    },
    end: async (c) => {
      const connection = numberIn(c);
      return connection !== undefined && (await control().end(connection)) ? c.json({ done: true }) : noConnection(c);
    },
    drain: async (c) => done(c, await control().drain(c.req.param('service') ?? '')),
    resume: async (c) => done(c, await control().resume(c.req.param('service') ?? '')),
    reload: async (c) => {
      const outcome = await control().reload();
      if (!outcome.ok) return refuse(c, outcome.problems);
      const { added, removed, changed } = outcome;
      return c.json({ added, removed, changed });
    },
    upgrade: async (c) => {
      const outcome = await control().upgrade();
      if (!outcome.ok) return refuse(c, outcome.problems);
      const { version, pid, connections } = outcome;
      return c.json({ version, pid, connections });
    },
    logLevel: async (c) => {
      const level = levelIn(await c.req.text());
      if (level === 'wrong') return c.json({ error: 'level is 0 to 7, or null' }, 400);
      const outcome = control().setLogLevel(level ?? undefined);
      return outcome.ok ? c.json({ level }) : done(c, outcome);
    },
  };

  for (const [name, row] of Object.entries(ROUTES)) {
    const handler = handlers[name as RouteName];
    const path = row.path.replaceAll('{', ':').replaceAll('}', '');
    only(app, row.method, path, (c) => {
      if ('changes' in row && !changes) return c.json({ error: 'this is for the control socket' }, 403);
      return handler(c);
    });
  }
  only(app, 'get', PAGE_ABOUT, (c) => c.json({ changes, faults: [] }));
  for (const path of ['/', `${PAGE}*`])
    only(app, 'get', path, async (c) => {
      const file = (await pageFiles()).get(c.req.path);
      return file === undefined ? c.notFound() : c.body(file.body, 200, { 'Content-Type': file.type });
    });
  app.notFound((c) => c.json({ error: 'there is nothing here' }, 404));
  app.onError((error, c) => {
    if (error instanceof Unanswered || error instanceof NoAnswer) return c.json({ error: error.message }, 503);
    return c.json({ error: 'internal error' }, 500);
  });
  return app;
}

/** It is the same for everybody, and says nothing of what runs: who has no token yet needs it to give one. */
function isPage(path: string): boolean {
  return path === '/' || path.startsWith(PAGE);
}

/** One method a path, and HEAD beside GET: Hono answers it with the head of what the handler of GET says, and reads no body. */
function only(app: Hono, method: RouteRow['method'], path: string, handler: Handler): void {
  const allowed = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
  app.all(path, (c) => {
    if (allowed.includes(c.req.method)) return handler(c);
    return c.json({ error: `this takes ${allowed.join(' and ')} alone` }, 405, { Allow: allowed.join(', ') });
  });
}

/** Of a connection; undefined: that is none. */
function numberIn(c: Context): number | undefined {
  return naturalNumber(c.req.param('connection') ?? '', 0);
}

function noConnection(c: Context): Response {
  const number = printable(c.req.param('connection') ?? '');
  return c.json({ error: `there is no connection ${number}; overcoat connections lists those that are open` }, 404);
}

function isSort(word: string): word is Sort {
  return (SORTS as readonly string[]).includes(word);
}

/** Digits alone: a blank, `1e3` or `0x10` is no number here, and ends no connection. */
function naturalNumber(text: string | undefined, fallback: number): number | undefined {
  if (text === undefined) return fallback;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 && String(value) === text ? value : undefined;
}

function levelIn(body: string): number | null | 'wrong' {
  try {
    const { level } = JSON.parse(body) as { readonly level?: unknown };
    if (level === null) return null;
    return typeof level === 'number' && Number.isInteger(level) && level >= 0 && level <= 7 ? level : 'wrong';
  } catch {
    return 'wrong';
  }
}
