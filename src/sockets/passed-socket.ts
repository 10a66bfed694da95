/** A listening socket on its way from a process to the one that takes its place. Types only. */

export interface PassedSocket {
  /** Its real address: `HOST:PORT`, or a path. */
  readonly text: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The file of a Unix socket that was made by us, and is removed by whoever has the socket last. */
  readonly path: string | undefined;
  /** Sockets of this one address; several where the kernel spreads clients over them. */
  readonly descriptors: readonly number[];
}
