/**
 * Events that a process of ours tells of. It may have been taken over: it tells of its own connections, of what can happen in such a process,
 * and in a form that no observer trips over, also later. What it says of its own may be a lie still.
 */
import { ERROR_CATALOGUE } from '../../../../errors.ts';
import type { DaemonEvent } from '../../../../observe/daemon-events.ts';
import type { EventKind, EventOf } from '../../../../observe/events.ts';
import type { SentEvent } from '../../messages.ts';
import type { Shape, ShapeOf } from './plain-data.ts';
import { list, record, refuseOtherThan, refuseUnlessPlain } from './plain-data.ts';

/** As many as `Batch` sends at once, and more than it ever will. */
const MOST_EVENTS = 4096;
/** The longest are lists of names or of addresses that were tried, and the names in a certificate, which has 100 KB at most. */
const BOUNDS = { values: 4096, characters: 131_072 } as const;
/** As many as one process can have descriptors for. */
const MOST_OPEN = 1_048_576;

/** Which events of the daemon happen in a worker or in the service process. */
const HAPPENS_THERE: Readonly<Record<DaemonEvent['kind'], boolean>> = {
  'socket-option-set': true,
  'socket-option-refused': true,
  'dns-trouble': true,
  'program-client-starting': true,
  'program-client-retried': true,
  'staple-not-fetched': true,
  'accept-failed': true,
  'too-many-clients': true,
  'bind-failed': true,
  'service-bound': false,
  'listening-without-tproxy': false,
  'dns-forwarder-bound': false,
  'service-initializing': false,
  'service-flawed': false,
  'configuration-warning': false,
  'expiry-known': false,
  'expiry-near': false,
  'target-lookup-delayed': false,
  'configuration-reading': false,
  'service-bind-failed': false,
  'configuration-successful': false,
  accepting: false,
  'configuration-failed': false,
  'start-option-kept': false,
  reloaded: false,
  'reload-failed': false,
  'files-renewed': false,
  'files-refused': false,
  'list-fetched': false,
  'list-not-fetched': false,
  upgrading: false,
  upgraded: false,
  'upgrade-failed': false,
  'certificate-awaited': false,
  'certificate-issued': false,
  'certificate-not-issued': false,
  'log-reopened': false,
  'log-reopen-failed': false,
  'records-lost': false,
  'log-lines-lost': false,
  signal: false,
  'connection-limit': false,
  'connections-listing': false,
  'connection-listed': false,
  'connections-listed': false,
  draining: false,
  'cutting-off': false,
  'interception-lost': false,
  'interception-not-restored': false,
  'undoing-lost': false,
  'device-renamed': false,
  'device-gone': false,
  'device-back': false,
  'tracking-full': false,
  'sent-in-clear': false,
  'unwrapped-counted': false,
  'datagrams-refused': false,
  'given-up': false,
  defect: false,
  'worker-ended': false,
  'worker-replaced': false,
  'worker-failed': false,
  'process-refused': false,
  'programs-exceeded': false,
  'reader-lost': false,
  'spare-worker-ready': false,
  'no-spare-worker': false,
  message: false,
};
const NEVER_THERE: ReadonlySet<string> = new Set(Object.entries(HAPPENS_THERE).flatMap(([kind, there]) => (there ? [] : [kind])));

/** What is kept of events, counted or shown later, when nobody knows any more who said it. */
const SHAPES: Readonly<Partial<Record<EventKind, Shape>>> = {
  accepted: { client: 'string' },
  proxied: { client: 'string', by: 'string' },
  'original-destination': { address: 'string' },
  'server-name': { name: 'string', source: 'word' },
  'passed-on': { name: 'string' },
  'upstream-connected': { address: 'string', ms: 'number' },
  'certificate-shown': { subject: 'string', issuer: 'string', sha256: 'string', expires: 'time' },
  'handshake-finished': {
    facts: {
      role: 'word',
      protocol: 'word',
      cipher: 'word',
      opensslCipher: 'word',
      bits: 'number',
      group: 'word',
      groupBits: 'number',
      resumed: 'boolean',
    },
    verified: 'string',
    ms: 'number',
  },
  alert: { direction: 'word', peer: 'word', number: 'number', name: 'word' },
  'turned-away': { limit: 'word' },
  closed: {
    parties: { client: 'string', name: 'string', address: 'string' },
    reason: { kind: 'word' },
    stage: 'word',
    endedBy: 'word',
    ending: { client: 'word', upstream: 'word' },
    toTls: 'number',
    toPlain: 'number',
    ms: 'number',
  },
} satisfies { readonly [Kind in EventKind]?: ShapeOf<EventOf<Kind>> };
const SERVICE = { mode: 'word', origin: 'word', logLevel: 'number', serverName: { kind: 'string' } } as const;

/** Whose an open connection is, by its number, which is one for all workers: the first who tells of its beginning. */
export class ConnectionOwners {
  readonly #owners = new Map<number, HeardEvents>();

  /** @returns false where it is another's */
  begin(connection: number, by: HeardEvents): boolean {
    return this.#owners.getOrInsert(connection, by) === by;
  }

  /** One of whose beginning nobody has told may be anybody's. */
  mayBeOf(connection: number, by: HeardEvents): boolean {
    return (this.#owners.get(connection) ?? by) === by;
  }

  end(connection: number): void {
    this.#owners.delete(connection);
  }
}

/** The events of one process. */
export class HeardEvents {
  readonly #owners: ConnectionOwners;
  readonly #services: ReadonlySet<string>;
  readonly #open = new Set<number>();

  /** @param services the names of those there are, and have been: their connections may go on */
  constructor(owners: ConnectionOwners, services: ReadonlySet<string>) {
    this.#owners = owners;
    this.#services = services;
  }

  /** @returns those that may be told on, checked as they are taken. @throws TypeError where it says what makes no sense */
  *checked(said: unknown): Generator<SentEvent> {
    let known: unknown;
    for (const each of list(said, MOST_EVENTS)) {
      const { service } = refuseSenseless(each);
      // one object a service in a batch
      if (service !== undefined && service !== known) refuseForeign(service, this.#services);
      known = service;
      const sent = each as SentEvent;
      const { connection } = sent.context;
      if (connection === undefined || this.#isOwn(sent.event.kind, connection)) yield sent;
    }
  }

  /** Whether it may tell of this connection. */
  mayTellOf(connection: number): boolean {
    return this.#owners.mayBeOf(connection, this);
  }

  /** It has ended. */
  forget(): void {
    for (const connection of this.#open) this.#owners.end(connection);
    this.#open.clear();
  }

  #isOwn(kind: EventKind, connection: number): boolean {
    if (kind === 'started') {
      if (!this.#owners.begin(connection, this)) return false;
      this.#open.add(connection);
      if (this.#open.size > MOST_OPEN) throw new TypeError(`${this.#open.size} open connections`);
      return true;
    }
    if (!this.#owners.mayBeOf(connection, this)) return false;
    if (kind === 'closed' && this.#open.delete(connection)) this.#owners.end(connection);
    return true;
  }
}

/** @returns its context, whose service is still to be looked at */
function refuseSenseless(sent: unknown): { readonly service: unknown } {
  const { event, context, at } = record(sent);
  const { id, connection, service } = record(context);
  refuseUnlessPlain(event, { ...BOUNDS });
  refuseOtherThan('word', id);
  refuseOtherThan('number', at);
  if (connection !== undefined && !Number.isSafeInteger(connection)) throw new TypeError('no number of a connection');
  const { kind, reason } = record(event) as Pick<EventOf<'closed'>, 'reason'> & { readonly kind: EventKind };
  refuseOtherThan('word', kind);
  if (NEVER_THERE.has(kind)) throw new TypeError(`an event of ours: ${kind}`);
  const shape = SHAPES[kind];
  if (shape !== undefined) refuseOtherThan(shape, event);
  if (kind === 'closed' && reason.kind === 'failed' && !Object.hasOwn(ERROR_CATALOGUE, reason.code)) throw new TypeError('no code');
  return { service };
}

function refuseForeign(service: unknown, services: ReadonlySet<string>): void {
  refuseUnlessPlain(service, { ...BOUNDS });
  refuseOtherThan(SERVICE, service);
  if (!services.has((service as { readonly name: string }).name)) throw new TypeError('no service of ours');
}
