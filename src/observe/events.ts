/**
 * The one vocabulary of what happens. The connection path and the daemon emit these; log, metrics and records are reducers over
 * them (a test observer is an array). Adding an event means adding a member here and its line in `observe/log-lines.ts`.
 */
import type { LogLevel, ServiceConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';

/** How a connection ended; `failed` carries the code of the error, all others are normal ends. */
export type CloseReason =
  | { readonly kind: 'finished' }
  | { readonly kind: 'client-reset' }
  | { readonly kind: 'upstream-reset' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'close-timeout' }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly cause: unknown };

/** Printable end of a socket: `192.0.2.1:443`, `[2001:db8::1]:443` is written `2001:db8::1:443` as stunnel does, or a path. */
export type PeerText = string;

/** Where a server name came from; `none` means nothing is known. */
export type NameSource = 'config' | 'map' | 'protocol' | 'dns' | 'none';

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

/** What a connection is at, in the order of its steps; an early failure skips the rest. */
export type Stage = 'access' | 'name' | 'dial' | 'negotiation' | 'handshake' | 'relay';

/** What an OCSP check went through; each step may come several times, `verdict` once and last. */
export type OcspStep =
  /** Whether the server stapled a response to its handshake. */
  | { readonly step: 'staple'; readonly received: boolean }
  | { readonly step: 'staple-ignored'; readonly why: string }
  | { readonly step: 'asking'; readonly origin: 'configured' | 'AIA'; readonly url: string }
  /** Responders of the certificate were to be asked, and it names none. */
  | { readonly step: 'no-url' }
  | { readonly step: 'answer'; readonly status: 'good' | 'revoked' | 'unknown' }
  /** A responder said nothing that counts. */
  | { readonly step: 'no-answer'; readonly why: string }
  | { readonly step: 'no-issuer' }
  /** Nobody but itself could say anything about it. */
  | { readonly step: 'root' }
  /** `inconclusive` is refused where `required`. */
  | { readonly step: 'verdict'; readonly status: 'good' | 'revoked' | 'inconclusive'; readonly required: boolean };

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
  /** Server mode: the name a client asks for, and the virtual service that has it (undefined: none, the listener's own serves). */
  | { readonly kind: 'server-name-requested'; readonly name: string; readonly service: string | undefined }
  | { readonly kind: 'connecting'; readonly address: PeerText }
  | {
      readonly kind: 'upstream-connected';
      readonly address: PeerText;
      readonly local: PeerText;
      /** A client that resumes its session goes there again. */
      readonly kept: boolean;
    }
  /** There are several targets: which is tried first, counted from 0 in the order of the configuration. */
  | { readonly kind: 'failover'; readonly strategy: 'rr' | 'prio'; readonly entry: number }
  /** A client resumed its session: is the target it had then still one? `address` is '' where none is known. */
  | { readonly kind: 'former-target'; readonly address: PeerText; readonly outcome: 'reused' | 'not-available' | 'unknown' }
  | { readonly kind: 'connect-failed'; readonly address: PeerText; readonly text: string; readonly errno: number }
  | { readonly kind: 'connect-timeout'; readonly address: PeerText }
  | { readonly kind: 'resolve-failed'; readonly host: string; readonly text: string }
  /** A program of `exec` stands at one end of this connection. Its end may be told after that of the connection. */
  | { readonly kind: 'program-started'; readonly path: string; readonly pid: number }
  | { readonly kind: 'program-ended'; readonly pid: number; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'program-failed'; readonly path: string; readonly text: string; readonly errno: number }
  /** hosts.allow and hosts.deny have judged the client. */
  | { readonly kind: 'access-checked'; readonly client: PeerText; readonly permitted: boolean }
  | { readonly kind: 'no-more-addresses' }
  | { readonly kind: 'sni-sent'; readonly name: string }
  | { readonly kind: 'sni-disabled' }
  /** TLS begins: must the peer show a certificate? */
  | { readonly kind: 'peer-certificate'; readonly required: boolean }
  | { readonly kind: 'certificate-accepted'; readonly depth: number; readonly subject: string }
  /** `why` is the check that refused, as the line names it: `CERT` or `OCSP` ("Rejected by CERT at depth=0: SUBJECT"). */
  | { readonly kind: 'certificate-rejected'; readonly depth: number; readonly subject: string; readonly why: string }
  /** `text` is the whole line, its `CERT: ` included. */
  | { readonly kind: 'certificate-note'; readonly level: LogLevel; readonly text: string }
  | ({ readonly kind: 'ocsp' } & OcspStep)
  | {
      readonly kind: 'handshake-finished';
      /** Asked of the socket when called, so at once or never: most logs do not show them. */
      readonly facts: () => HandshakeFacts;
      /** How the peer was verified, for people: `chain and name`, `pin`, `not verified`. */
      readonly verified: string;
    }
  | {
      readonly kind: 'limit-exceeded';
      readonly limit: 'TIMEOUTidle' | 'TIMEOUTclose' | 'TIMEOUTbusy' | 'TIMEOUTsetup';
      readonly action: string;
    }
  | { readonly kind: 'note'; readonly level: LogLevel; readonly text: string }
  | {
      readonly kind: 'closed';
      readonly reason: CloseReason;
      /** What it was at when it ended. */
      readonly stage: Stage;
      /** Whose end, or whose failure, it was: the one that said its last first. `overcoat`: a limit, a refusal, a stop. */
      readonly endedBy: 'client' | 'upstream' | 'overcoat';
      /** Application bytes written to the TLS leg and to the plain leg. */
      readonly toTls: number;
      readonly toPlain: number;
      /** From accept to the end. */
      readonly ms: number;
      /** How long each stage took, in milliseconds; a stage that was not reached is missing. */
      readonly stageMs: ReadonlyMap<Stage, number>;
      /** From accept to the first byte of the application for the client; undefined: it got none. */
      readonly firstByteMs: number | undefined;
    }
  /** After `closed`; `left` connections are still open. */
  | { readonly kind: 'finished'; readonly left: number };

/** Events of the daemon and its services, not of one connection. */
export type DaemonEvent =
  | { readonly kind: 'service-bound'; readonly address: PeerText }
  | { readonly kind: 'bind-failed'; readonly address: PeerText; readonly text: string; readonly errno: number }
  | { readonly kind: 'service-bind-failed' }
  | { readonly kind: 'configuration-successful' }
  /** A program that is the client of its service is started now, for the first time or because a reload brought it. */
  | { readonly kind: 'program-client-starting' }
  /** Its program and its connection have ended, and it is started again. */
  | { readonly kind: 'program-client-retried' }
  /** Everything of the configuration serves: after the start and after every reload. */
  | { readonly kind: 'accepting' }
  | { readonly kind: 'configuration-failed' }
  | { readonly kind: 'reload-failed' }
  | { readonly kind: 'log-reopened' }
  | { readonly kind: 'signal'; readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' }
  | { readonly kind: 'accept-failed'; readonly text: string; readonly errno: number }
  /** How many connections there may be at once; undefined: nothing bounds them. */
  | { readonly kind: 'connection-limit'; readonly limit: number | undefined }
  /** A client was turned away because of that. */
  | { readonly kind: 'too-many-clients'; readonly limit: number }
  /** One running connection, asked for by SIGUSR2; `connections-listed` follows the last. */
  | { readonly kind: 'connection-listed'; readonly id: string; readonly service: string; readonly toTls: number; readonly toPlain: number }
  | { readonly kind: 'connections-listed'; readonly count: number }
  | { readonly kind: 'message'; readonly level: LogLevel; readonly text: string };

export type OvercoatEvent = ConnectionEvent | DaemonEvent;

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
  readonly service: ServiceConfig | undefined;
}

/** A consumer of events. It must not throw and must not keep the event's buffers. */
export type Observe = (event: OvercoatEvent, context: EventContext) => void;
