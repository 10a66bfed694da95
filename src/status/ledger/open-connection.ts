/** What is known of one connection while it is open, as its events tell it. */
import type { EventContext, HandshakeFacts, NameSource, OvercoatEvent, Stage } from '../../observe/events.ts';
import { targetText } from '../../observe/lines/parts.ts';
import { printable } from '../../text/printable.ts';

export interface OpenConnection {
  readonly connection: number;
  readonly id: string;
  service: string;
  readonly mode: 'client' | 'server';
  /** In milliseconds since 1970, by the clock as it is set now. */
  startedAt: number;
  client: string;
  /** '' until it is known, or where nobody knows. */
  name: string;
  nameSource: NameSource;
  /** Where the client was going before it was intercepted; '' where it was not. */
  originalDestination: string;
  /** The address that answered; '' before. */
  upstream: string;
  tls: HandshakeFacts | undefined;
  /** How the peer was verified; '' before the handshake's end. */
  verified: string;
  passedOn: boolean;
  /** SHA-256 of the peer's certificate; '' where it showed none. */
  peerSha256: string;
  /** As it is known: of the last look, or of what was told since. */
  stage: Stage;
  toTls: number;
  toPlain: number;
  /** When somebody last saw that bytes had moved, in milliseconds since 1970. */
  movedAt: number;
  /** It is in the relay and has carried nothing for as long as its service calls silent. */
  silent: boolean;
  /** Bytes a second between the last two looks. */
  bytesPerSecond: number;
  lookedAt: number;
  /** The number of the last look that found it open; 0: none has. */
  seenBy: number;
}

/** @returns undefined where the event is about no connection */
export function beginning({ connection, id, service }: EventContext, at: number): OpenConnection | undefined {
  if (connection === undefined) return undefined;
  const named = service?.serverName.kind === 'fixed' ? service.serverName.name : ''; // one that is learnt is an event of its own
  return {
    connection,
    id,
    service: service?.name ?? '',
    mode: service?.mode ?? 'client',
    startedAt: at,
    client: '',
    name: named,
    nameSource: named === '' ? 'none' : 'config',
    originalDestination: '',
    upstream: '',
    tls: undefined,
    verified: '',
    passedOn: false,
    peerSha256: '',
    stage: 'access',
    toTls: 0,
    toPlain: 0,
    movedAt: at,
    silent: false,
    bytesPerSecond: 0,
    lookedAt: at,
    seenBy: 0,
  };
}

/**
 * Takes in what an event says of its connection.
 * @param service of the event: another than that of the listener, once a virtual host was chosen
 * @param at when it happened, in milliseconds since 1970
 */
export function learn(known: OpenConnection, event: OvercoatEvent, service: string, at: number): void {
  switch (event.kind) {
    case 'accepted':
    case 'proxied':
      known.client = event.client;
      return;
    case 'original-destination':
      known.originalDestination = event.address;
      return;
    case 'server-name':
      known.stage = 'name';
      known.name = event.name;
      known.nameSource = event.source;
      return;
    case 'server-name-requested':
      learnRequested(known, event.name);
      return;
    case 'passed-on':
      known.passedOn = true;
      return;
    case 'upstream-connected':
      known.stage = 'dial';
      known.upstream = event.address;
      learnRelay(known, at);
      return;
    case 'certificate-shown':
      known.peerSha256 = event.sha256;
      return;
    case 'handshake-finished':
      known.stage = 'handshake';
      known.tls = event.facts;
      known.verified = event.verified;
      known.service = service;
      learnRequested(known, event.requested);
      learnRelay(known, at);
      return;
    case 'closed':
      known.service = service;
      known.stage = event.stage;
      return;
  }
}

/** With both ends there is nothing left to do but to relay: nobody tells of that, and it may be lost before the next look. */
function learnRelay(known: OpenConnection, at: number): void {
  if (known.upstream === '' || (known.tls === undefined && !known.passedOn)) return;
  known.stage = 'relay';
  known.movedAt = at;
}

/** @param name '' where the client named none: one that is known stays */
function learnRequested(known: OpenConnection, name: string): void {
  if (name === '') return;
  known.name = printable(name); // any bytes may be in it
  known.nameSource = 'client';
}

/** As far as it is known: where it was connected, else where the client was going before it was intercepted. */
export function destinationOf({ name, upstream, originalDestination }: OpenConnection): string {
  return targetText(name, upstream || originalDestination);
}
