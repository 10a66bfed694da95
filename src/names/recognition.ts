/**
 * What a look at a client's first bytes can say. A recogniser is a pure function from "everything the client sent so far, from
 * offset 0" to one of these; it keeps nothing, consumes nothing and never throws. The mistake to avoid: `no-name` means "this is
 * my protocol and it names nothing", which stops the search, while `not-mine` leaves it to the others.
 */
import type { Host } from '../address/host-name.ts';

/** The protocols that can be told from their first bytes, as the log and the record name them. */
export type FirstProtocol = 'rtmp' | 'http/1' | 'http/2' | 'rtsp' | 'xmpp' | 'socks' | 'connect' | 'tls';

/**
 * We answered the client in the upstream's place, so the same exchange has to be made with the upstream once it is dialled: `opening`
 * is sent, exactly `replyBytes` are read and dropped (the client has had our answer), then `next` is sent, followed by what the client
 * sent after `skip`.
 */
export interface Exchange {
  readonly opening: Uint8Array;
  readonly replyBytes: number;
  /** What follows the upstream's reply; undefined when that reply is not one the client could have lived with. */
  readonly next: (reply: Uint8Array) => Uint8Array | undefined;
  /** How many of the client's own first bytes are covered by the exchange and not sent again. */
  readonly skip: number;
}

/** What the client has to be told before it goes on, and what that obliges us to do with the upstream. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly exchange: Exchange;
}

export type Recognition =
  | {
      readonly kind: 'need-more';
      /** Nothing changes before this many bytes are there; asking earlier is allowed and useless. */
      readonly atLeast: number;
      /** Only where the client waits for us; the same answer comes again until the client went on, and is to be given once. */
      readonly answer?: Answer;
      /** The client may have said all it says before the upstream speaks: only a short wait is worth it. */
      readonly mayBeWaiting?: true;
    }
  | { readonly kind: 'not-mine' }
  | {
      readonly kind: 'name';
      readonly protocol: FirstProtocol;
      readonly host: Host;
      /** ALPN protocol names this client is speaking (RFC 7301 registry); empty where the protocol has none. */
      readonly alpn: readonly string[];
    }
  | {
      readonly kind: 'no-name';
      readonly protocol: FirstProtocol /** For the log; never holds the client's bytes. */;
      readonly why: string;
      readonly alpn: readonly string[];
    };

export type Recogniser = (bytes: Uint8Array) => Recognition;

export const NOT_MINE: Recognition = { kind: 'not-mine' };

/** The usual waiting answer: one more byte may change it. */
export function needMore(bytes: Uint8Array): Recognition {
  return { kind: 'need-more', atLeast: bytes.length + 1 };
}

/** Whether `bytes` begins with `prefix` as far as it goes; `part` when it is shorter and agrees so far. */
export function startsWith(bytes: Uint8Array, prefix: string): 'yes' | 'no' | 'part' {
  const shared = Math.min(bytes.length, prefix.length);
  for (let index = 0; index < shared; index++) if (bytes[index] !== prefix.charCodeAt(index)) return 'no';
  return bytes.length < prefix.length ? 'part' : 'yes';
}
