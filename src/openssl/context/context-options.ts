/** What a context can be told, and what is said where the library does not take it. */
import { OpensslError, takeErrors } from '../library/errors.ts';
import type { Identity } from '../material/identity.ts';
import type { Store } from '../material/store.ts';
import type { SessionShelf } from '../sessions/shared-sessions.ts';
import type { TicketKeys } from '../sessions/ticket.ts';

export type Role = 'client' | 'server';

/** A command of SSL_CONF_cmd(3). */
export interface Command {
  readonly name: string;
  readonly value: string;
}

export interface ContextOptions {
  readonly role: Role;
  /** `TLSv1` to `TLSv1.3`; undefined: as far as the library goes. */
  readonly minVersion?: string | undefined;
  readonly maxVersion?: string | undefined;
  /** 0 to 5; `@SECLEVEL=` in `ciphers` has the last word. */
  readonly securityLevel?: number | undefined;
  /** Up to TLS 1.2. */
  readonly ciphers?: string | undefined;
  /** TLS 1.3. */
  readonly ciphersuites?: string | undefined;
  readonly groups?: string | undefined;
  /** SSL_OP_ bits, after the defaults below. */
  readonly options?: { readonly set: bigint; readonly clear: bigint } | undefined;
  /** `config =`, in order, after everything above. */
  readonly commands?: readonly Command[];
  readonly identities?: readonly Identity[];
  /** Parameters in PEM, or `auto`: the library's, by the strength of the key; undefined: no DHE. */
  readonly dh?: string | undefined;
  /** Whom to trust; undefined: nobody. */
  readonly store?: Store | undefined;
  /** Server: is the client asked for a certificate, and must it have one? A client is always shown one. */
  readonly verify?: 'none' | 'request' | 'require';
  /** Server: certificates (PEM) whose names are sent to clients that are asked for one. */
  readonly clientAuthorities?: readonly string[];
  /** In order of preference; a client that offers none of a server's gets an alert. */
  readonly alpn?: readonly string[];
  readonly psk?: PskOfClient | PskOfServer | undefined;
  /** At most 32 bytes: a session of another context is no session here. */
  readonly sessionIdContext?: Uint8Array | undefined;
  readonly sessions?: SessionOptions;
  /** Client: ask for a stapled OCSP response. */
  readonly requestStaple?: boolean;
  /** Client, beside `requestStaple`: a verdict may have to wait, and must not wait for a staple that will not come. */
  readonly foreseeStaple?: boolean;
  /** Server: asked at handshakes of clients that want one. DER. */
  readonly staple?: (() => Uint8Array | undefined) | undefined;
  /** Server: connections are asked which of several contexts serves them (TlsLeg `choose`). */
  readonly virtualHosts?: boolean;
  /** Secrets of every connection, one line each (NSS key log format). Only where a user has asked for it. */
  readonly keyLog?: ((line: string) => void) | undefined;
}

export interface PskOfClient {
  readonly identity: string;
  readonly key: Uint8Array;
}

export interface PskOfServer {
  /** undefined: unknown. */
  readonly keyOf: (identity: string) => Uint8Array | undefined;
}

export interface SessionOptions {
  /** false: nothing is kept, and no ticket is sent. */
  readonly resume: boolean;
  readonly lifetimeSeconds?: number;
  /** Server: sessions kept for clients without tickets; 0: no bound. */
  readonly cacheSize?: number;
  /** Server: where sessions for clients without tickets are kept together with other processes; undefined: here alone. */
  readonly shelf?: SessionShelf | undefined;
  /** Server: a session is given a name that its tickets and its resumptions keep (TlsLeg `sessionName`). */
  readonly named?: boolean;
  /** Server: keys of tickets; undefined: the library's own, new with every context. */
  readonly tickets?: (() => TicketKeys) | undefined;
}

/** What the library did not take. */
export class ContextError extends OpensslError {
  readonly about: keyof ContextOptions;
  /** For `commands`: which. */
  readonly command: string | undefined;

  constructor(about: keyof ContextOptions, otherwise: string, command?: string) {
    super(takeErrors(), otherwise);
    this.name = 'ContextError';
    this.about = about;
    this.command = command;
  }
}
