/**
 * Was a TLS stream ended, or cut off? The runtime hides it: the end of the TCP connection looks like close_notify, even in the middle
 * of a record (RFC 8446 section 6.1 asks to tell them apart). So for `strictClose` a stream of ours stands between the socket and TLS.
 * It passes everything on unread and knows one thing: whether TLS announced its end before TCP's end was passed on to it, which only a
 * close_notify can do. Every byte then goes through JavaScript once more, which is why it is not done for everybody.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** The raw socket as TLS sees it. Destroying either destroys the other. */
export class WatchedLeg extends Duplex {
  readonly raw: Socket;
  /** TCP's end has been passed on. */
  tcpEnded = false;

  constructor(raw: Socket) {
    super({ allowHalfOpen: true, highWaterMark: raw.readableHighWaterMark });
    this.raw = raw;
    raw.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) raw.pause();
    });
    raw.on('end', () => this.push(null));
    raw.on('error', (error) => this.destroy(error));
    raw.on('close', () => this.destroy());
    // ahead of the listener that hands the end to TLS: after everything before it was handed over
    this.once('end', () => {
      this.tcpEnded = true;
    });
    raw.pause();
  }

  override _read(): void {
    this.raw.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.raw.write(bytes, written);
  }

  override _final(ended: (error?: Error | null) => void): void {
    this.raw.end(() => ended());
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.raw.destroy();
    destroyed(error);
  }
}

/** How a watched stream has ended; asked at its end. */
export interface Ending {
  /** Without close_notify. */
  readonly wasCut: boolean;
  /** The socket below, which is what can be reset. */
  readonly raw: Socket;
}

/** Call with a new TLS socket over a watched leg, or as soon as the handshake has finished. */
export function watchEnding(socket: TLSSocket, leg: WatchedLeg): Ending {
  /** `unseen`: the end was there before we looked, together with the last message of the handshake. */
  let ending: 'unseen' | 'close-notify' | 'cut' = 'unseen';
  const tcpEndedBefore = leg.tcpEnded;
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && ending === 'unseen') ending = leg.tcpEnded ? 'cut' : 'close-notify';
    return push(chunk, encoding);
  };
  return {
    raw: leg.raw,
    get wasCut() {
      return ending === 'unseen' ? tcpEndedBefore : ending === 'cut';
    },
  };
}
