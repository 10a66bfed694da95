/**
 * What can be asked over HTTP, in one table: docs/api.md and docs/openapi.json are made from it, and `http/app.ts` serves nothing that
 * is not in it. Names of the schemas are those of `schemas.ts`.
 */
import { SORTS } from './ledger/connection-list.ts';
import type { SchemaName } from './schemas.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'integer' | 'string';
  readonly help: string;
}

export interface RouteRow {
  readonly method: 'get' | 'post' | 'put';
  /** A parameter is written `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  /** What the body of the request is; none without. */
  readonly body?: SchemaName;
  /** What the answer is: JSON of a schema, or text of a media type. */
  readonly answer: SchemaName | 'text/plain' | 'text/event-stream';
  /** It changes something: over the control socket alone. */
  readonly changes?: true;
  /** Status codes besides 200, and when. */
  readonly also?: Readonly<Record<number, string>>;
}

const CONNECTION: Parameter = {
  name: 'connection',
  in: 'path',
  type: 'integer',
  help: 'the number of a connection, unique in the process',
};
const SERVICE: Parameter = { name: 'service', in: 'path', type: 'string', help: 'the name of a service' };

export const ROUTES = {
  alive: { method: 'get', path: '/healthz', summary: 'Whether the process lives: `ok`', answer: 'text/plain' },
  ready: {
    method: 'get',
    path: '/readyz',
    summary: 'Whether clients should come here: all services are bound, none is drained, no certificate of ours has expired',
    answer: 'text/plain',
    also: { 503: 'not ready; the body says why, a line a reason' },
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    summary: 'All numbers for Prometheus, as OpenMetrics where the request accepts that ([metrics.md](metrics.md))',
    answer: 'text/plain',
  },
  status: { method: 'get', path: '/api/v1/status', summary: 'The process as a whole', answer: 'Status' },
  services: { method: 'get', path: '/api/v1/services', summary: 'Its services', answer: 'Services' },
  connections: {
    method: 'get',
    path: '/api/v1/connections',
    summary: 'The open connections, oldest first unless `sort` says otherwise',
    parameters: [
      { name: 'service', in: 'query', type: 'string', help: 'only those of this service' },
      { name: 'client', in: 'query', type: 'string', help: 'only those whose client has this in its address' },
      { name: 'search', in: 'query', type: 'string', help: 'only those that have this in id, service, client, name, address or stage' },
      { name: 'sort', in: 'query', type: 'string', help: `${SORTS.join(', ')}; \`silent\`: silent ones first, then by rate (started)` },
      { name: 'order', in: 'query', type: 'string', help: 'asc or desc (asc)' },
      {
        name: 'after',
        in: 'query',
        type: 'integer',
        help: '`next` of the answer before, to get all of them in parts; not with `sort` or `order`',
      },
      { name: 'offset', in: 'query', type: 'integer', help: 'how many to leave out (0)' },
      { name: 'limit', in: 'query', type: 'integer', help: 'how many at most, up to 5000 (100)' },
    ],
    answer: 'Connections',
    also: { 400: 'a parameter has a value it cannot have' },
  },
  connection: {
    method: 'get',
    path: '/api/v1/connections/{connection}',
    summary: 'One open connection',
    parameters: [CONNECTION],
    answer: 'Connection',
    also: { 404: 'it is not open' },
  },
  certificates: {
    method: 'get',
    path: '/api/v1/certificates',
    summary: 'Our own certificates and revocation lists, and the certificates peers have shown',
    answer: 'Certificates',
  },
  handshakes: {
    method: 'get',
    path: '/api/v1/handshakes',
    summary:
      'What was counted since the start: handshakes by version and group, alerts, failures by code, and how long dialling and handshakes take',
    answer: 'Handshakes',
  },
  history: {
    method: 'get',
    path: '/api/v1/history',
    summary: 'What each service carried in the last hour, in steps of five seconds',
    parameters: [{ name: 'from', in: 'query', type: 'integer', help: 'only the steps from this one on: `next` of the last answer (0)' }],
    answer: 'History',
    also: { 400: 'a parameter has a value it cannot have' },
  },
  problems: {
    method: 'get',
    path: '/api/v1/problems',
    summary: 'The last 200 failures and the last 50 silences, newest first, each with its remedy',
    answer: 'Problems',
  },
  events: {
    method: 'get',
    path: '/api/v1/events',
    summary:
      'What happens, as it happens: server-sent events, named as in `src/observe/followed.ts`. A reader that is too slow gets `lost` with a `count`',
    answer: 'text/event-stream',
    also: { 503: 'there are 16 readers already' },
  },
  end: {
    method: 'post',
    path: '/api/v1/connections/{connection}/end',
    summary: 'Ends a connection, as a reset on both sides',
    parameters: [CONNECTION],
    answer: 'Done',
    changes: true,
    also: { 404: 'it is not open' },
  },
  drain: {
    method: 'post',
    path: '/api/v1/services/{service}/drain',
    summary: 'Stops accepting for a service; its open connections go on',
    parameters: [SERVICE],
    answer: 'Done',
    changes: true,
    also: { 409: 'it cannot be done; `error` says why' },
  },
  resume: {
    method: 'post',
    path: '/api/v1/services/{service}/resume',
    summary: 'Accepts again for a service that was drained',
    parameters: [SERVICE],
    answer: 'Done',
    changes: true,
    also: { 409: 'it cannot be done; `error` says why' },
  },
  reload: {
    method: 'post',
    path: '/api/v1/reload',
    summary: 'Reads the configuration again and says what came of it, where HUP only leaves that in the log',
    answer: 'Reload',
    changes: true,
    also: { 409: 'refused: nothing has changed' },
  },
  upgrade: {
    method: 'post',
    path: '/api/v1/upgrade',
    summary: 'Starts the program file as it is now in the place of this process, waits until it serves, and leaves it the sockets',
    answer: 'Upgrade',
    changes: true,
    also: { 409: 'nothing has changed; `problems` say why' },
  },
  logLevel: {
    method: 'put',
    path: '/api/v1/log-level',
    summary: 'Sets how much is logged, until the next reload; `null`: as configured',
    body: 'LogLevel',
    answer: 'LogLevel',
    changes: true,
    also: { 409: 'it writes no log; `error` says what to do' },
  },
} as const satisfies Readonly<Record<string, RouteRow>>;

export type RouteName = keyof typeof ROUTES;
