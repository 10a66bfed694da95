/** What the two sides of `overcoat exec` say to each other: the parent by the helper's argument, the helper by messages with sockets. */
import type { InnerNetwork } from './inner-rules.ts';

export interface HelperOrder {
  readonly network: InnerNetwork;
  /** Absolute paths. */
  readonly programs: { readonly nft: string; readonly ip: string; readonly unshare: string };
  /** Whose namespaces are made; undefined: root's, who needs no user namespace and keeps all capabilities. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Process id of the parent. */
  readonly parent: number;
  /** The command and its arguments; never empty. */
  readonly command: readonly string[];
}

/** What a socket inside is for; each kind comes once for each family the namespace has. */
export type Door = 'wrap' | 'plain';
export type NameServer = 'dns-tcp' | 'dns-udp';

/** The helper's descriptor that listening sockets are sent by: one end of a pair of Unix sockets. */
export const DOORS = 4;

export type HelperMessage =
  /** A listening socket was sent by `DOORS`: whom it lets in is served by the connection path. */
  | { readonly kind: 'door'; readonly purpose: Door }
  /** Travels with the socket: a listening net.Server, or a bound dgram.Socket for `dns-udp`. */
  | { readonly kind: 'socket'; readonly purpose: NameServer }
  /** The rules are in place; when it is told so, the helper becomes the command. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string };

/** The only message to the helper: the connections of the command would be served now. */
export type HelperGo = 'start';

/** A command line may open hundreds of connections at once; the kernel caps this at net.core.somaxconn. */
export const BACKLOG = 4096;
