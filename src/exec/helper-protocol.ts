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
export type SocketPurpose = 'wrap' | 'plain' | 'dns-tcp' | 'dns-udp';

export type HelperMessage =
  /** Travels with the socket: a listening net.Server, or a bound dgram.Socket for `dns-udp`. */
  | { readonly kind: 'socket'; readonly purpose: SocketPurpose }
  /** The rules are in place; the next thing the helper does is to become the command. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string };
