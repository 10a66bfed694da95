/**
 * What the supervisor and the service process say to each other beyond what every process of ours is told (`workers/messages.ts`), types
 * only and plain data. A standing order is carried out again by each process that takes the place of one that ended; what belongs to it
 * in descriptors stays with the supervisor, so that nobody who waits in a queue is lost meanwhile.
 */
import type { CertificateWanted, RenewalWindow, Step } from '../../acme/wanted.ts';
import type { RememberedName } from '../../names/dns/memory.ts';
import type { Resolver } from '../../names/dns/resolvers.ts';
import type { Access } from '../../status/http/guard.ts';
import type { Secured } from '../../status/http/listen.ts';
import type { ListFetched, ListWanted } from '../../tls/revocation/crl-fetch.ts';

/** Work that goes on until the end. */
export type StandingOrder =
  /** The DNS forwarder (`dnsListen`) on one address; its descriptors: a UDP socket, and a TCP socket that listens. */
  | {
      readonly kind: 'answer-dns';
      /** The address both are bound to: an IP literal. */
      readonly address: string;
      /** Whom to ask as long as the file that names them cannot be read (a jail). */
      readonly resolvers: readonly Resolver[];
    }
  /** Revocation lists will be asked for; each is a question of its own. */
  | { readonly kind: 'fetch-lists' }
  /** Certificates will be asked for (`acme`), in these folders besides those of before; with a descriptor, a TCP socket that listens: HTTP-01 is answered there. */
  | { readonly kind: 'ask-certificates'; readonly folders: readonly string[] }
  /** The status port (`status`); its descriptor: a TCP socket that listens. */
  | {
      readonly kind: 'serve-status';
      readonly access: Access;
      /** Its own certificate and key, which are no service's; undefined: in clear. */
      readonly tls: Secured | undefined;
    };

/** What is answered at once, or when it is known: it holds up nothing else. */
export type ServiceQuestion =
  /** Which name a client was told for an address. */
  | { readonly kind: 'name-told'; readonly client: string; readonly address: string }
  /** A revocation list, from its URL. */
  | { readonly kind: 'fetch-list'; readonly wanted: ListWanted }
  /** A certificate: the first half, until its challenges are to be shown, and the second. */
  | { readonly kind: 'begin-order'; readonly wanted: CertificateWanted }
  | { readonly kind: 'finish-order'; readonly order: string }
  /** When its directory wants the current certificate renewed. */
  | { readonly kind: 'renewal-window'; readonly wanted: CertificateWanted };

export type ServiceAnswer =
  | { readonly kind: 'name'; readonly name: RememberedName }
  /** Signed by one of those who may; or why there is none. */
  | { readonly kind: 'list'; readonly list: ListFetched | string }
  | { readonly kind: 'order'; readonly step: Step }
  /** undefined: it does not say. */
  | { readonly kind: 'window'; readonly window: RenewalWindow | undefined };
