/**
 * The vocabulary of a conversation: a generator that says what it wants to read and write and never sees a socket, so that it reads
 * like its RFC and is tested as a transcript. The driver (driver.ts) is the only one that runs them. The one thing a reader might
 * get wrong: up to `startTls` everything read comes from whoever sits on the wire, and may decide nothing but whether to go on.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { OvercoatError } from '../errors.ts';
import type { LegName } from '../sockets/leg.ts';

/**
 * Looks at everything unread on a leg and says how much of it is one whole message. Pure; never throws; `refused` as soon as the
 * bytes can no longer become one.
 */
export type Measure = (bytes: Buffer) => Measured;

export type Measured =
  | { readonly kind: 'need-more' }
  | { readonly kind: 'whole'; readonly length: number }
  | { readonly kind: 'refused'; readonly why: string };

export const NEED_MORE: Measured = { kind: 'need-more' };

export function whole(length: number): Measured {
  return { kind: 'whole', length };
}

export function refused(why: string): Measured {
  return { kind: 'refused', why };
}

/** Where a SOCKS or CONNECT client wants to go: addresses that were checked, to be dialled in order and not looked up again. */
export interface Target {
  /** As the client wrote it, for the log. */
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

export type DialOutcome =
  | { readonly connected: true; readonly local: Endpoint | undefined }
  | { readonly connected: false; readonly error: OvercoatError };

/** What is known of a leg that has become TLS and whose peer was accepted. */
export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string;
  /** OpenSSL's name of the cipher. */
  readonly cipher: string;
  /** SNI as sent by the client (server mode) or by us. */
  readonly serverName: string | undefined;
  readonly alpn: string | undefined;
  /** Common name of the peer's certificate; undefined without a certificate. */
  readonly peerName: string | undefined;
  /** True when the peer's certificate was verified, and not merely looked at. */
  readonly peerVerified: boolean;
}

export type Step =
  /**
   * Answer: Buffer. With `lenient`, undefined instead of failing; the bytes then stay unread. `ended` is what an end of the leg means, as
   * the sentence of the failure; without one it is the general one.
   */
  | {
      readonly kind: 'read';
      readonly leg: LegName;
      readonly measure: Measure;
      readonly lenient: boolean;
      readonly ended?: string | undefined;
    }
  /** Gives back what a lenient read returned, as if it had not been read. */
  | { readonly kind: 'unread'; readonly leg: LegName; readonly bytes: Buffer }
  | { readonly kind: 'write'; readonly leg: LegName; readonly bytes: Buffer }
  /** Answer: boolean, whether the client sent anything within the time. Nothing is consumed. */
  | { readonly kind: 'client-speaks-first'; readonly withinMs: number }
  /** Answer: the addresses of a name, in the resolver's order; empty when it has none. */
  | { readonly kind: 'resolve'; readonly host: string }
  /** Server mode. Without a target: the service's own `connect`. Answer: DialOutcome. */
  | { readonly kind: 'dial'; readonly target: Target | undefined }
  /** The leg's next byte is TLS. Answer: TlsFacts, once the peer was accepted. */
  | { readonly kind: 'start-tls'; readonly leg: LegName; readonly goAhead: Buffer | undefined; readonly direct: boolean }
  /** From here on the ends set the pace: only TIMEOUTidle applies, and no read may fail the connection. */
  | { readonly kind: 'settled' }
  /** Last words to a leg, delivered before the connection ends with `error`, or cleanly without one. */
  | { readonly kind: 'farewell'; readonly leg: LegName; readonly bytes: Buffer; readonly error: OvercoatError | undefined };

/** Yields steps and is resumed with their answers; the functions below give each answer its type. */
export type Conversation<T = void> = Generator<Step, T, unknown>;

/**
 * Reads one message; whatever it is not, or an end of the leg before it is whole, ends the connection.
 * @param ended the sentence of the failure, where such an end means something of its own
 */
export function* read(leg: LegName, measure: Measure, ended?: string): Conversation<Buffer> {
  return (yield { kind: 'read', leg, measure, lenient: false, ended }) as Buffer;
}

/**
 * Reads one message if one comes. Undefined when the leg ends first, when the bytes are something else, or when the other leg
 * has something to say meanwhile: for conversations that may step aside and leave everything to the relay.
 */
export function* tryRead(leg: LegName, measure: Measure): Conversation<Buffer | undefined> {
  return (yield { kind: 'read', leg, measure, lenient: true }) as Buffer | undefined;
}

/** Gives back what `tryRead` returned: the next read, or the relay, has it first. */
export function* unread(leg: LegName, bytes: Buffer): Conversation {
  yield { kind: 'unread', leg, bytes };
}

/** Reads so many bytes, neither fewer nor more; an end of the leg before that ends the connection. */
export function* readExactly(leg: LegName, length: number): Conversation<Buffer> {
  return yield* read(leg, (bytes) => (bytes.length >= length ? whole(length) : NEED_MORE));
}

/** @param bytes a string is taken as Latin-1, the way lines are read */
export function* write(leg: LegName, bytes: Buffer | string): Conversation {
  yield { kind: 'write', leg, bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes };
}

/** Whether the client sends anything within so many milliseconds. What it sends stays unread. */
export function* clientSpeaksFirst(withinMs: number): Conversation<boolean> {
  return (yield { kind: 'client-speaks-first', withinMs }) as boolean;
}

/** The addresses of a host name, in the resolver's order; empty when it has none. An IP address is its own. */
export function* resolve(host: string): Conversation<readonly string[]> {
  return (yield { kind: 'resolve', host }) as readonly string[];
}

/** Server mode. A failure is an answer here. @param target undefined: the service's own `connect` */
export function* dial(target?: Target): Conversation<DialOutcome> {
  return (yield { kind: 'dial', target }) as DialOutcome;
}

/** Dials the service's own `connect`; a failure ends the connection with the error of the dial. */
export function* dialUpstream(): Conversation {
  const outcome = yield* dial();
  if (!outcome.connected) throw outcome.error;
}

/**
 * The switch to TLS. Anything unread on the leg at this moment came in clear where TLS had to begin and ends the connection (command
 * and response injection, CVE-2011-0411 and its many relatives); only then `goAhead` is written.
 */
export function* startTls(leg: LegName, goAhead?: Buffer | string): Conversation<TlsFacts> {
  const bytes = typeof goAhead === 'string' ? Buffer.from(goAhead, 'latin1') : goAhead;
  return (yield { kind: 'start-tls', leg, goAhead: bytes, direct: false }) as TlsFacts;
}

/** The leg speaks TLS from its first byte: what was looked at but not read belongs to the handshake. */
export function* startTlsDirectly(leg: LegName): Conversation<TlsFacts> {
  return (yield { kind: 'start-tls', leg, goAhead: undefined, direct: true }) as TlsFacts;
}

/** From here on the ends set the pace: only TIMEOUTidle applies, and no read may fail the connection. */
export function* settled(): Conversation {
  yield { kind: 'settled' };
}

/** Refuses: the peer gets to read why, then the connection ends with `error`. */
export function* refuse(leg: LegName, bytes: Buffer | string, error: OvercoatError): Conversation<never> {
  yield { kind: 'farewell', leg, bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, error };
  throw error;
}

/** The peer has got all it asked for; the connection ends without an upstream and without an error. */
export function* finish(leg: LegName, bytes: Buffer | string): Conversation<never> {
  yield { kind: 'farewell', leg, bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, error: undefined };
  throw new OvercoatError('internal', 'a conversation went on after its farewell');
}

/** The failure of a conversation; quote what the peer said with `quoted`. */
export function failed(text: string): OvercoatError {
  return new OvercoatError('negotiation_failed', text);
}

const QUOTE_LIMIT = 120;

/** As many characters of a secret in a row are a part of it, and no chance. */
const PART_OF_SECRET = 8;

/**
 * What a peer said, for a message: cut to a length that leaves the sentence readable. Escaping is the log's business.
 * @param secrets what it was told before, as it was sent: a peer that says it again does not bring it into the log
 */
export function quoted(text: string, secrets: readonly string[] = []): string {
  const shown = text.slice(0, Math.min(QUOTE_LIMIT, ...secrets.map((secret) => startOfSecret(text, secret))));
  return `"${shown.length < text.length ? `${shown}…` : shown}"`;
}

/** @returns the length of the text where nothing of the secret is in it */
function startOfSecret(text: string, secret: string): number {
  let start = text.length;
  for (let from = 0; from < secret.length && (from === 0 || from + PART_OF_SECRET <= secret.length); from += 1) {
    const at = text.indexOf(secret.slice(from, from + PART_OF_SECRET));
    if (at >= 0) start = Math.min(start, at);
  }
  return start;
}
