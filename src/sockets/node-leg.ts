/**
 * A leg over one of the runtime's sockets. A TLS leg is one too (src/tls/engine), over the runtime's TLS socket: what differs is how it
 * is reset, and that a cut can be told from an end.
 */

import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../address/endpoint.ts';
import { endpoint } from '../address/endpoint.ts';
import { OvercoatError } from '../errors.ts';
import { descriptorOf } from '../linux/sockets/descriptor.ts';
import { abortConnection } from '../linux/sockets/reset.ts';
import { startFlow } from './flow.ts';
import type { EndHow, Flow, Leg } from './leg.ts';
import { HIGH_WATER_MARK } from './slabs.ts';

export class NodeLeg implements Leg {
  readonly kind: 'plain' | 'tls' = 'plain';
  /** For this folder and the TLS engine. */
  readonly stream: net.Socket;
  #givenBack: Buffer | undefined;
  #ended = false;

  /** @param stream paused, nothing read; a stream that is no socket has no addresses and no reset */
  constructor(stream: Duplex) {
    this.stream = stream as net.Socket;
  }

  get local(): Endpoint | undefined {
    return endpoint(this.stream.localAddress, this.stream.localPort);
  }

  get remote(): Endpoint | undefined {
    return endpoint(this.stream.remoteAddress, this.stream.remotePort);
  }

  get descriptor(): number {
    return descriptorOf(this.stream);
  }

  get arrived(): number {
    return (this.#givenBack?.length ?? 0) + this.stream.readableLength;
  }

  take(limit: number): Buffer | undefined {
    const front = this.#givenBack;
    if (front !== undefined) {
      this.#givenBack = front.length > limit ? front.subarray(limit) : undefined;
      return front.subarray(0, limit);
    }
    const length = Math.min(this.stream.readableLength, limit);
    const chunk: unknown = length === 0 ? null : this.stream.read(length);
    return Buffer.isBuffer(chunk) ? chunk : undefined;
  }

  giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#givenBack = this.#givenBack === undefined ? Buffer.from(bytes) : Buffer.concat([bytes, this.#givenBack]);
  }

  get ended(): boolean {
    return this.#givenBack === undefined && (this.#ended || this.stream.readableEnded || this.stream.destroyed);
  }

  /** Reads through `readable` and `read`, never `data`, so that a stream nobody waits for stays paused. */
  listen(ready: () => void): () => void {
    const { stream } = this;
    const onReadable = (): void => {
      // An end is announced the same way, with nothing to read.
      if (stream.readableLength === 0) this.#ended = true;
      ready();
    };
    const onEnd = (): void => {
      this.#ended = true;
      ready();
    };
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
    return () => stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
  }

  write(bytes: Uint8Array, written?: (error?: Error | null) => void): void {
    this.stream.write(bytes, written);
  }

  finish(last?: Uint8Array): void {
    if (last === undefined) this.stream.end();
    else this.stream.end(last);
  }

  pump(to: Leg, flow: Flow): void {
    const early = this.#givenBack;
    this.#givenBack = undefined;
    startFlow({
      from: this.stream,
      kind: this.kind,
      to: streamOf(to),
      early,
      moved: flow.moved,
      delivered: flow.delivered,
      isWhole: () => flow.ending(this.wasCut ? 'cut' : 'whole'),
    });
  }

  /** Whether the stream was cut off without close_notify. Asked when the end was read. */
  protected get wasCut(): boolean {
    return false;
  }

  /** Hands the socket over to TLS, which reads the bytes that were given back first. */
  surrender(): net.Socket {
    const early = this.#givenBack;
    this.#givenBack = undefined;
    if (early !== undefined && !this.stream.readableEnded) this.stream.unshift(early);
    return this.stream;
  }

  end(how: EndHow): void {
    if (this.stream.destroyed) return;
    if (how === 'reset') this.reset();
    else this.stream.destroy();
  }

  protected reset(): void {
    const { stream } = this;
    // Unix sockets have no reset; Node throws if asked for one.
    if (stream.remoteFamily === undefined && !stream.connecting) stream.destroy();
    // While a FIN is on its way libuv refuses to reset, and Node then drops the socket with its descriptor open.
    else if (stream.writableEnded) this.dissolve(stream);
    else stream.resetAndDestroy();
  }

  /** Sends RST whatever is queued: connect(2) to AF_UNSPEC dissolves the connection, and the close that follows sends nothing more. */
  protected dissolve(below: net.Socket): void {
    const descriptor = descriptorOf(below);
    if (descriptor >= 0) abortConnection(descriptor);
    this.stream.destroy();
  }

  get gone(): boolean {
    return this.stream.destroyed;
  }

  onFailed(listener: (cause: Error) => void): void {
    this.stream.on('error', listener);
  }

  onGone(listener: () => void): void {
    if (this.stream.closed) listener();
    else this.stream.once('close', listener);
  }
}

/** The stream of a leg of this folder. */
export function nodeLegOf(leg: Leg): NodeLeg {
  if (leg instanceof NodeLeg) return leg;
  throw new OvercoatError('internal', 'two kinds of sockets in one connection');
}

function streamOf(leg: Leg): net.Socket {
  return nodeLegOf(leg).stream;
}

/** How a server of ours accepts: sockets that can be half closed, paused, nothing read. */
export function acceptLegs(noDelay: boolean, accepted: (leg: Leg) => void): net.Server {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay, highWaterMark: HIGH_WATER_MARK });
  return server.on('connection', (socket) => accepted(new NodeLeg(socket)));
}
