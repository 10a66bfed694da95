/**
 * The one vocabulary of what happens. The connection path and the daemon emit these; log, metrics and records are reducers over
 * them (a test observer is an array). Every event is plain data, so that it can be sent to another process and written as JSON.
 * Adding one means adding a member here or in the files beside, and its row in `observe/lines/`.
 */
import type { ServiceConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { CountedLimit, FailureCause } from '../failure-cause.ts';
import type { CertificateEvent } from './certificate-events.ts';
import type { DaemonEvent } from './daemon-events.ts';

/** How a connection ended; `failed` carries the code of the error, all others are normal ends. */
export type CloseReason =
  | { readonly kind: 'finished' }
  | { readonly kind: 'client-reset' }
  | { readonly kind: 'upstream-reset' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'close-timeout' }
  | { readonly kind: 'shutdown' }
  /** Somebody who runs this program ended this connection (`overcoat end`). */
  | { readonly kind: 'ordered' }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      /** As stunnel would say it, where it has a line for it. */
      readonly message: string;
      readonly because: FailureCause;
      /** Of a defect. */
      readonly stack: string | undefined;
    };

/** Printable end of a socket: `192.0.2.1:443`, `[2001:db8::1]:443` is written `2001:db8::1:443` as stunnel does, or a path. */
export type PeerText = string;

/** Where a server name came from; `client`: server mode, whom it asked for (SNI). `none`: nothing is known. */
export type NameSource = 'config' | 'map' | 'protocol' | 'dns' | 'hosts' | 'address' | 'client' | 'none';

/** The facts of a finished TLS handshake, for the log and the record. */
export interface HandshakeFacts {
  readonly role: 'client' | 'server';
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string;
  /** Standard (IANA) name. */
  readonly cipher: string;
  /** OpenSSL's name of it, which stunnel's lines have; the same for TLS 1.3. */
  readonly opensslCipher: string;
  /** Key bits of the cipher, 0 if unknown. */
  readonly bits: number;
  /** Key-exchange group, '' if unknown. */
  readonly group: string;
  readonly groupBits: number;
  readonly resumed: boolean;
}

/** Who a connection is between, as far as it is known; '' is what is not. */
export interface Parties {
  /** The client's end; of a PROXY header the one it names. */
  readonly client: PeerText;
  /** What the far end is called: the name that is sent and verified (client mode), that the client asked for (server mode). */
  readonly name: string;
  /** What was dialled last; before that the original destination. */
  readonly address: PeerText;
}

/** What a connection is at, in the order of its steps; an early failure skips the rest. */
export type Stage = 'access' | 'name' | 'dial' | 'negotiation' | 'handshake' | 'relay';

/** An end of a connection that is not ours. */
export type Side = 'client' | 'upstream';

export type ConnectionEvent =
  /** Before everything else of a connection. */
  | { readonly kind: 'started' }
  | { readonly kind: 'accepted'; readonly client: PeerText }
  /** A PROXY header from the listed address `by` said who the client is. */
  | { readonly kind: 'proxied'; readonly client: PeerText; readonly by: PeerText }
  | { readonly kind: 'original-destination'; readonly address: PeerText; readonly by: 'netfilter' | 'tproxy' }
  /** `name` is '' when none is known; `detail` names the protocol it came from, or says why there is none. */
  | { readonly kind: 'server-name'; readonly name: string; readonly source: NameSource; readonly detail: string }
  /** The client speaks TLS itself and is handed through; nothing was verified by us. `name` is what it asks for, '' for nothing. */
  | { readonly kind: 'passed-on'; readonly name: string }
  /** Nobody knows the name, so it is not verified (`nameMissing = send`). */
  | { readonly kind: 'server-name-unverified'; readonly why: string }
  /** A client names another host than it had looked up for the address. */
  | { readonly kind: 'server-name-differs'; readonly name: string; readonly lookedUp: readonly string[] }
  /** `rtmpRewrite`: what the upstream is told in place of the client's tcUrl, or why it is told the client's own. */
  | { readonly kind: 'rtmp-rewritten'; readonly tcUrl: string }
  | { readonly kind: 'rtmp-unchanged'; readonly why: string }
  /** Server mode: the name a client asks for ('': none), and the virtual service that has it (undefined: none, the listener's own serves). */
  | { readonly kind: 'server-name-requested'; readonly name: string; readonly service: string | undefined }
  | { readonly kind: 'connecting'; readonly address: PeerText }
  | {
      readonly kind: 'upstream-connected';
      readonly address: PeerText;
      readonly local: PeerText;
      /** A client that resumes its session goes there again. */
      readonly kept: boolean;
      /** How long this address took to answer. */
      readonly ms: number;
    }
  /** There are several targets: which is tried first, counted from 0 in the order of the configuration. */
  | { readonly kind: 'failover'; readonly strategy: 'rr' | 'prio'; readonly entry: number }
  /** A client resumed its session: is the target it had then still one? `address` is '' where none is known. */
  | { readonly kind: 'former-target'; readonly address: PeerText; readonly outcome: 'reused' | 'not-available' | 'unknown' }
  /** `call` is what the kernel refused: `connect`, or what comes before it (`bind`, `setsockopt NAME`). */
  | {
      readonly kind: 'connect-failed';
      readonly address: PeerText;
      readonly call: string;
      readonly text: string;
      readonly errno: number;
    }
  /** The kernel was not asked: there is no address to connect from. */
  | { readonly kind: 'connect-refused'; readonly address: PeerText; readonly code: ErrorCode; readonly text: string }
  | { readonly kind: 'connect-timeout'; readonly address: PeerText }
  | { readonly kind: 'resolve-failed'; readonly host: string; readonly text: string }
  /** A program of `exec` stands at one end of this connection. Its end may be told after that of the connection. */
  | { readonly kind: 'program-started'; readonly path: string; readonly pid: number }
  | { readonly kind: 'program-ended'; readonly pid: number; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'program-failed'; readonly path: string; readonly text: string; readonly errno: number }
  /** hosts.allow and hosts.deny have judged the client; `problem` says which line of them cannot be used, and that is a refusal. */
  | {
      readonly kind: 'access-checked';
      readonly client: PeerText;
      readonly permitted: boolean;
      readonly problem: string | undefined;
    }
  /** One more was more than this limit of its service allows. For each; only some of them are connections with a line and an end. */
  | { readonly kind: 'turned-away'; readonly limit: CountedLimit }
  /** The client was gone before anything could be asked about it. */
  | { readonly kind: 'client-vanished'; readonly errno: number }
  | { readonly kind: 'no-more-addresses' }
  /** None of the addresses answered; all are tried again in `inMs`, and so on for `leftMs` (`redial`). */
  | { readonly kind: 'redialling'; readonly inMs: number; readonly leftMs: number }
  | { readonly kind: 'sni-sent'; readonly name: string }
  | { readonly kind: 'sni-disabled' }
  /** TLS begins: must the peer show a certificate? */
  | { readonly kind: 'peer-certificate'; readonly required: boolean }
  | CertificateEvent
  /** Made only where somebody wants it (`Observe.wants`): the TLS library has to be asked, and most logs do not show it. */
  | {
      readonly kind: 'handshake-finished';
      readonly facts: HandshakeFacts;
      /** Server mode: the name the client asked for; '' where it named none, or resumed a session of TLS 1.2, where the library does not say. */
      readonly requested: string;
      /** How the peer was verified, for people: `chain and name`, `pin`, `not verified`. */
      readonly verified: string;
      /** From its first byte to our verdict. */
      readonly ms: number;
    }
  /** A client that failed certificate authentication goes to `redirect`. */
  | { readonly kind: 'redirected' }
  /** A fatal alert (RFC 8446 section 6) that the peer sent, or that we had it sent: those that the library sends on its own are not told. */
  | { readonly kind: 'alert'; readonly direction: 'received' | 'sent'; readonly peer: Side; readonly number: number; readonly name: string }
  /** A TLS stream ended without close_notify: that is its end, or with `strictClose` a reset. */
  | { readonly kind: 'tls-cut-off'; readonly by: Side; readonly taken: 'for its end' | 'for a failure' }
  /** What OpenSSL had noted besides the error that ended a handshake, or the relay. */
  | { readonly kind: 'tls-error-queued'; readonly text: string }
  /** Why TLS ended in the relay: what the peer sent cannot be what it meant (a record that was changed), or OpenSSL does not take it. */
  | { readonly kind: 'tls-broken'; readonly text: string }
  | {
      readonly kind: 'limit-exceeded';
      readonly limit: 'TIMEOUTidle' | 'TIMEOUTclose' | 'TIMEOUTbusy' | 'TIMEOUTsetup';
      readonly action: string;
    }
  | {
      readonly kind: 'closed';
      readonly reason: CloseReason;
      readonly parties: Parties;
      /** What it was at when it ended. */
      readonly stage: Stage;
      /** Whose end, or whose failure, it was: the one that said its last first. `overcoat`: a limit, a refusal, a stop. */
      readonly endedBy: 'client' | 'upstream' | 'overcoat';
      /** What each peer was shown, or would have been; with `reset = no` every end is a close. */
      readonly ending: Readonly<Record<'client' | 'upstream', 'close' | 'reset'>>;
      /** Application bytes written to the TLS leg and to the plain leg. */
      readonly toTls: number;
      readonly toPlain: number;
      /** From accept to the end. */
      readonly ms: number;
      /** How long each stage took, in milliseconds; a stage that was not reached is missing. */
      readonly stageMs: Readonly<Partial<Record<Stage, number>>>;
      /** From accept to the first byte of the application for the client; undefined: it got none. */
      readonly firstByteMs: number | undefined;
    }
  /** After `closed`; `left` connections are still open. */
  | { readonly kind: 'finished'; readonly left: number };

export type OvercoatEvent = ConnectionEvent | DaemonEvent;
export type EventKind = OvercoatEvent['kind'];
export type EventOf<Kind extends EventKind> = Extract<OvercoatEvent, { readonly kind: Kind }>;
/** What has become of an option of `socket = a|l|r:`; it happens in connections too. */
export type SocketOptionEvent = EventOf<'socket-option-set' | 'socket-option-refused'>;

/** What observers may know of a service. */
export type EventService = Pick<ServiceConfig, 'name' | 'mode' | 'origin' | 'logLevel' | 'serverName'>;

/** What a connection is called by people and by programs. */
export interface ConnectionIdentity {
  /** Unique in the process, counted from 0 in the order of the connections' beginnings. */
  readonly connection: number;
  /** What the log has in its brackets, in the form of `logId`: several connections may have the same. */
  readonly id: string;
}

/** Who an event is about: `id` stands in the log's brackets (`ui`, `main`, or that of the connection). */
export interface EventContext extends Partial<Pick<ConnectionIdentity, 'connection'>> {
  readonly id: string;
  readonly service: EventService | undefined;
}

/** A consumer of events. It must not throw. */
export interface Observe {
  /** @param at when it happened, in milliseconds since 1970; without: now */
  (event: OvercoatEvent, context: EventContext, at?: number): void;
  /** Whether it does anything with events of this kind, for those whose making costs; without: it takes all. */
  readonly wants?: Wants;
}

export type Wants = (kind: EventKind, context: EventContext) => boolean;
