/**
 * Messages between the supervisor and one process of ours, over a stream socket: each is the number of its bytes (4, big-endian) and a structured
 * clone of plain data. The runtime has a channel of its own for that (`child_process`), which believes the other end: one that was taken over
 * lets it wait for a message of 4 GB, which it keeps, or says what only the runtime says to itself, or what cannot be read, again and again.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

const HEADER_BYTES = 4;

/** `error`: the other end says what is no message, or too long a one. `close`: nothing comes any more; told once. */
interface ChannelEvents {
  message: [message: unknown];
  error: [cause: Error];
  close: [];
}

export class MessageChannel extends EventEmitter<ChannelEvents> {
  readonly #socket: Socket;
  readonly #mostBytes: number;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFilled = 0;
  /** What has come of a message in several pieces. One buffer and not a list: it might come a byte at a time. */
  #body: Buffer | undefined;
  #bodyFilled = 0;

  /**
   * @param socket this object's from here on
   * @param mostBytes a message that comes may have; so much is kept of one that is not whole
   */
  constructor(socket: Socket, mostBytes: number) {
    super();
    this.#socket = socket;
    this.#mostBytes = mostBytes;
    socket.on('error', () => undefined); // its close follows
    socket.once('close', () => this.emit('close'));
    socket.on('data', (bytes) => this.#take(bytes as Buffer));
  }

  get connected(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Nothing is sent where nobody is left. @param sent called when it is on its way, or cannot be sent. @throws Error for what is no plain data */
  send(message: unknown, sent: () => void = () => undefined): void {
    if (!this.connected) {
      sent();
      return;
    }
    const body = serialize(message);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(body.length);
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(body, sent);
    this.#socket.uncork();
  }

  /** What is not on its way yet is not sent. */
  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    let rest = bytes;
    try {
      while (rest.length > 0 && !this.#socket.destroyed) rest = this.#takeFrom(rest);
    } catch (cause) {
      this.close();
      this.emit('error', cause as Error);
    }
  }

  /** @returns what is left of it */
  #takeFrom(bytes: Buffer): Buffer {
    if (this.#body !== undefined) return this.#takeBody(this.#body, bytes);
    const taken = bytes.copy(this.#header, this.#headerFilled);
    this.#headerFilled += taken;
    if (this.#headerFilled < HEADER_BYTES) return bytes.subarray(taken);
    this.#headerFilled = 0;
    const length = this.#header.readUInt32BE();
    if (length > this.#mostBytes) throw new RangeError(`a message of ${length} bytes`);
    const rest = bytes.subarray(taken);
    if (rest.length < length) {
      this.#body = Buffer.allocUnsafeSlow(length);
      this.#bodyFilled = 0;
      return rest;
    }
    this.emit('message', deserialize(rest.subarray(0, length)));
    return rest.subarray(length);
  }

  #takeBody(body: Buffer, bytes: Buffer): Buffer {
    const taken = bytes.copy(body, this.#bodyFilled);
    this.#bodyFilled += taken;
    if (this.#bodyFilled === body.length) {
      this.#body = undefined;
      this.emit('message', deserialize(body));
    }
    return bytes.subarray(taken);
  }
}
