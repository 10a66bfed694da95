/** The shapes of everything the API and the records say, as JSON Schema (2020-12): docs/openapi.json and docs/record.schema.json. */
import type { ErrorCode } from '../errors.ts';
import { ERROR_CATALOGUE } from '../errors.ts';
import type { CloseReason, NameSource, Stage } from '../observe/events.ts';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly enum?: readonly (string | number | null)[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

const text = (description: string): Schema => ({ type: 'string', description });
const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const number = (description: string): Schema => ({ type: 'number', description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema.type as string, 'null'] });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const word = (description: string, ...words: readonly (string | null)[]): Schema => ({ enum: words, description });

/** Every member is there, and no other. */
function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** All words of a union: one that is missing here does not compile. */
function wordsOf<Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] {
  return Object.keys(words) as Word[];
}

const STAGES = wordsOf<Stage>({ access: true, name: true, dial: true, negotiation: true, handshake: true, relay: true });
const CODES = Object.keys(ERROR_CATALOGUE) as readonly ErrorCode[];
const NAME_SOURCES = wordsOf<NameSource>({
  config: true,
  map: true,
  protocol: true,
  dns: true,
  hosts: true,
  address: true,
  client: true,
  none: true,
});
const REASONS = wordsOf<CloseReason['kind']>({
  finished: true,
  'client-reset': true,
  'upstream-reset': true,
  idle: true,
  'close-timeout': true,
  shutdown: true,
  ordered: true,
  failed: true,
});

const SUMS = {
  open: count('connections that are open'),
  silent: count('those of them in the relay that have carried nothing for `silentAfter` or longer'),
  bytesPerSecond: count('what they carry, both ways, between the last two looks'),
};

const TOTALS = {
  accepted: count('clients that were accepted since the start'),
  failed: count('connections that failed since the start'),
  toTls: count('bytes written to TLS legs since the start'),
  toPlain: count('bytes written to plain legs since the start'),
};

const EXPIRY = {
  expires: orNull(time('when it ends; null: it does not say')),
  daysLeft: orNull({ type: 'integer', description: 'negative: it has ended' }),
};

/** What was agreed in a handshake. */
const TLS_SCHEMA = object({
  version: text('`TLSv1.3`'),
  cipher: text('its standard name'),
  group: text('of the key exchange; empty where there was none'),
  postQuantum: flag('whether that group is a post-quantum one'),
  resumed: flag('an earlier session was resumed'),
});

const CONNECTION_FACTS = {
  connection: count('unique in the process'),
  id: text('what the log has in its brackets'),
  service: text('the service that serves it'),
  mode: word('client: plain in, TLS out', 'client', 'server'),
  client: text('the address of the client, or a path'),
  name: text('the server name, in server mode the one the client asked for; empty where none is known'),
  nameSource: word('where the name came from; client: server mode, it asked for it', ...NAME_SOURCES),
  originalDestination: text('where an intercepted client was going; empty for others'),
  upstream: text('the address that answered; empty before'),
  startedAt: time('when it was accepted'),
  tls: { anyOf: [TLS_SCHEMA, { type: 'null' }], description: 'null before the handshake has finished' } as Schema,
  verified: text('how the peer was verified; empty before'),
  passedOn: flag('the client speaks TLS itself and is handed through, unverified'),
  peerSha256: text('SHA-256 of the certificate the peer has shown, in hex; empty for none'),
};

export const SCHEMAS = {
  Status: object({
    version: text('of Overcoat'),
    openssl: text('of the TLS library'),
    node: text('of the runtime'),
    pid: count('process id'),
    source: orNull(text('the configuration file; null where there is none')),
    startedAt: time('when it began to serve'),
    uptimeSeconds: number('since then'),
    ready: flag('as /readyz'),
    reasons: listOf(text('why it is not ready')),
    draining: flag('it is about to end and accepts nobody any more'),
    workers: count('processes that serve connections'),
    fenced: word('what it has put a fence around (`confine`)', 'nothing', 'itself', 'workers'),
    logLevel: orNull({ type: 'integer', minimum: 0, maximum: 7, description: 'what was set by hand; null: as configured' }),
    connectionLimit: orNull(count('how many there may be at once; null: any number')),
    ...SUMS,
    ...TOTALS,
    handshakes: count('that finished since the start'),
    unwrapped: listOf(
      object({
        host: text('of the networks of a gateway'),
        transport: word('what it sends', 'tcp', 'udp'),
        port: count('where to'),
        protocol: text('what the port is known for, `encrypted`, or `other`'),
        bytes: count('that it sent there past Overcoat, within the last hour or up to an hour after the last of them'),
        remedy: text('what to do about it; empty where there is nothing to do'),
      }),
    ),
  }),
  Services: object({
    services: listOf(
      object({
        name: text('its section'),
        mode: word('client: plain in, TLS out', 'client', 'server'),
        addresses: listOf(text('HOST:PORT or a path it listens on')),
        drained: flag('it accepts nobody, because somebody said so'),
        ...SUMS,
        ...TOTALS,
      }),
    ),
  }),
  Connection: object({
    ...CONNECTION_FACTS,
    seconds: number('since it was accepted'),
    stage: word('what it is at', ...STAGES),
    toTls: count('bytes written to the TLS leg'),
    toPlain: count('bytes written to the plain leg'),
    bytesPerSecond: count('both ways, between the last two looks'),
    silent: flag('it is in the relay and has carried nothing for `silentAfter` or longer'),
    silentSeconds: number('how long it has carried nothing, as far as somebody looked; 0 before the relay'),
  }),
  Connections: object({
    total: count('how many there are'),
    offset: count('how many were left out before these'),
    next: orNull(count('what to give as `after` for those that follow; null: there are none, or another order was asked for')),
    connections: listOf({ $ref: '#/components/schemas/Connection' }),
  }),
  Certificates: object({
    own: listOf(
      object({
        of: word(
          'what it is: our own certificate, one of a peer accepted by name, a trusted authority, or a revocation list',
          'certificate',
          'peer',
          'authority',
          'revocation-list',
        ),
        service: text('whose'),
        name: text('its subject; of a list its issuer as DER in hex'),
        ...EXPIRY,
      }),
    ),
    peers: listOf(
      object({
        sha256: text('of the certificate, in hex'),
        subject: text('its subject'),
        issuer: text('its issuer'),
        service: text('where it was shown'),
        peer: text('who showed it last: the destination, or the address of a client'),
        lastSeen: time('when'),
        ...EXPIRY,
      }),
    ),
  }),
  Handshakes: object({
    handshakes: listOf(
      object({
        service: text('whose'),
        role: word('what we were', 'client', 'server'),
        version: text('of TLS'),
        group: text('the key exchange; empty where none was needed'),
        postQuantum: flag('whether that group is a post-quantum one'),
        resumed: flag('an earlier session was resumed'),
        count: count('how many'),
      }),
    ),
    alerts: listOf(
      object({
        service: text('where'),
        direction: word('who sent it', 'received', 'sent'),
        peer: text('the other side: client or upstream'),
        alert: text('its name'),
        count: count('how many'),
      }),
    ),
    failures: listOf(object({ service: text('where'), code: word('as in errors.md', ...CODES), count: count('how many') })),
    times: listOf(
      object({
        service: text('where'),
        of: word('what took the time', 'handshake', 'dial'),
        count: count('how many'),
        half: orNull(number('half of them took so many seconds or less; null: more than anything that is told apart')),
        most: orNull(number('the same of 95 of 100')),
      }),
    ),
  }),
  History: object({
    at: listOf(time('when a step ended')),
    next: count('what `from` has to be to get later steps alone'),
    services: listOf(
      object({
        name: text('its section'),
        toTls: listOf(count('bytes a second to the TLS legs, one for each step')),
        toPlain: listOf(count('bytes a second to the plain legs')),
      }),
    ),
  }),
  Problems: object({
    problems: listOf(
      object({
        at: time('when it happened'),
        code: word('as in errors.md', ...CODES),
        service: text('where; empty for the process as a whole'),
        connection: orNull(count('which one; null: it is about none')),
        client: text('who; empty where nobody was'),
        destination: text('where it was going, as far as that was known'),
        stage: word('what it was at', ...STAGES, null),
        text: text('what happened'),
        remedy: text('what to do about it'),
      }),
    ),
  }),
  Done: object({ done: flag('true') }),
  Reload: object({
    added: listOf(text('services that are new')),
    removed: listOf(text('services that are gone')),
    changed: listOf(text('services that are not what they were')),
  }),
  Upgrade: object({
    version: text('of the process that serves now'),
    pid: { type: 'integer', description: 'its number' },
    connections: { type: 'integer', description: 'that stay with the process before until they end' },
  }),
  LogLevel: object({ level: orNull({ type: 'integer', minimum: 0, maximum: 7, description: '0 to 7; null: as configured' }) }),
  Refused: {
    type: 'object',
    properties: {
      error: text('why'),
      problems: listOf(text('of an order: everything that is wrong')),
      servedBy: { type: 'integer', description: 'the process that serves since an upgrade, which is to be asked instead' },
    },
    required: ['error'],
    additionalProperties: false,
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof SCHEMAS;

/** One line of `records`. Members may be added within a version; none changes its meaning. */
export const RECORD_VERSION = 1;

export const RECORD_SCHEMA: Schema = object({
  version: { enum: [RECORD_VERSION], description: 'of this schema' },
  at: time('when this was written'),
  event: word('open: it lives, one every `recordsEvery` seconds; end: it has ended', 'open', 'end'),
  ...CONNECTION_FACTS,
  seconds: number('since it was accepted'),
  stage: word('what it is at, or was at when it ended; of a lost one: how far it is known to have come', ...STAGES),
  toTls: count('bytes written to the TLS leg'),
  toPlain: count('bytes written to the plain leg'),
  reason: word('how it ended; null while it is open; lost: its worker ended', ...REASONS, 'lost', null),
  code: word('of a failure, as in errors.md; null for none', ...CODES, null),
  message: orNull(text('of a failure')),
  endedBy: word('whose end it was; null where that is not known', 'client', 'upstream', 'overcoat', null),
  stageSeconds: { type: 'object', description: 'how long each stage took; one that was not reached is missing; empty while it is open' },
  firstByteSeconds: orNull(number('from accept to the first byte for the client; null: it got none, or is open')),
});
