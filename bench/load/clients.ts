/** The clients: plain ones towards a proxy in client mode, TLS ones towards a proxy in server mode. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { GROUPS, hashOf, header, send } from './backend.ts';
import type { LoadReply, LoadRequest } from './protocol.ts';

type Request<K extends LoadRequest['kind']> = Extract<LoadRequest, { readonly kind: K }>;

export class Clients {
  readonly #withTls: boolean;
  readonly #context: tls.SecureContext;
  readonly #held: net.Socket[] = [];
  #session: Buffer | undefined;

  constructor(withTls: boolean, ca: Buffer) {
    this.#withTls = withTls;
    this.#context = tls.createSecureContext({ ca, ecdhCurve: GROUPS });
  }

  async bulk(request: Request<'bulk'>): Promise<LoadReply> {
    const each = Math.floor(request.bytes / request.connections);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: request.connections }, () => this.#transfer(request, each)));
    return { seconds: (performance.now() - startedAt) / 1000, bytes: each * request.connections };
  }

  async connections(request: Request<'connections'>): Promise<LoadReply> {
    const took: number[] = [];
    let left = request.count;
    let resumed = 0;
    const startedAt = performance.now();
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const at = performance.now();
        const socket = await this.#connect(request.port, request.resume);
        socket.write(Buffer.concat([header('echo'), Buffer.from('x')]));
        await once(socket, 'data');
        if (socket instanceof tls.TLSSocket && socket.isSessionReused()) resumed += 1;
        socket.end();
        await once(socket, 'close');
        took.push((performance.now() - at) * 1000);
      }
    };
    await Promise.all(Array.from({ length: request.parallel }, client));
    const seconds = (performance.now() - startedAt) / 1000;
    return { seconds, microseconds: took.sort((a, b) => a - b), resumed: resumed / request.count };
  }

  async latency(request: Request<'latency'>): Promise<LoadReply> {
    const socket = await this.#connect(request.port, false);
    const message = Buffer.alloc(request.size, 7);
    const took: number[] = [];
    socket.write(header('echo'));
    let got = 0;
    let arrived: () => void = () => undefined;
    socket.on('data', (data: Buffer) => {
      got += data.length;
      if (got >= request.size) arrived();
    });
    for (let turn = 0; turn < request.count; turn += 1) {
      got = 0;
      const at = performance.now();
      const echoed = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      socket.write(message);
      await echoed;
      took.push((performance.now() - at) * 1000);
    }
    socket.destroy();
    return { microseconds: took.sort((a, b) => a - b) };
  }

  async idle(request: Request<'idle'>): Promise<LoadReply> {
    for (let index = 0; index < request.count; index += 1) {
      const socket = await this.#connect(request.port, false);
      socket.write(Buffer.concat([header('echo'), Buffer.from('x')]));
      await once(socket, 'data');
      this.#held.push(socket);
    }
    return {};
  }

  async stall(request: Request<'stall'>): Promise<LoadReply> {
    for (let index = 0; index < request.count; index += 1) {
      const socket = await this.#connect(request.port, false);
      this.#held.push(socket);
      if (request.direction === 'down') {
        socket.write(header('flood'));
        socket.pause();
      } else {
        socket.write(header('stall'));
        send(socket, Number.MAX_SAFE_INTEGER, () => undefined);
      }
    }
    return {};
  }

  async streams(request: Request<'streams'>): Promise<LoadReply> {
    const message = Buffer.alloc(Math.round((request.bitsPerSecond / 8) * (request.everyMs / 1000)), 7);
    const sockets = await Promise.all(Array.from({ length: request.count }, () => this.#connect(request.port, false)));
    for (const socket of sockets) socket.write(header('up'));
    const turns = Math.round((request.seconds * 1000) / request.everyMs);
    const startedAt = performance.now();
    for (let turn = 1; turn <= turns; turn += 1) {
      for (const socket of sockets) socket.write(message);
      await sleep(Math.max(0, startedAt + turn * request.everyMs - performance.now()));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    for (const socket of sockets) socket.destroy();
    return { seconds, bytes: turns * request.count * message.length };
  }

  async #transfer(request: Request<'bulk'>, bytes: number): Promise<void> {
    const socket = await this.#connect(request.port, false);
    const hash = request.check ? createHash('sha256') : undefined;
    let received = 0;
    let text = '';
    if (request.direction === 'up') {
      socket.write(header('up', bytes, request.check));
      send(socket, bytes, () => undefined);
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1');
      });
    } else {
      socket.write(header('down', bytes, request.check));
      socket.on('data', (data: Buffer) => {
        received += data.length;
        hash?.update(data);
      });
    }
    await once(socket, 'end');
    socket.end();
    const got = request.direction === 'up' ? text.trim() : `${received} ${hash?.digest('hex') ?? '-'}`;
    const expected = `${bytes} ${request.check ? hashOf(bytes) : '-'}`;
    if (got !== expected) throw new Error(`the stream did not arrive whole: ${got} instead of ${expected}`);
  }

  async #connect(port: number, resume: boolean): Promise<net.Socket> {
    if (!this.#withTls) {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      await once(socket, 'connect');
      socket.on('error', () => socket.destroy());
      return socket;
    }
    const session = resume && this.#session !== undefined ? { session: this.#session } : {};
    const options = { port, host: '127.0.0.1', servername: 'localhost', secureContext: this.#context, allowHalfOpen: true, ...session };
    const socket = tls.connect(options);
    socket.setNoDelay(true);
    if (resume) {
      socket.on('session', (ticket) => {
        this.#session = ticket;
      });
    }
    await once(socket, 'secureConnect');
    socket.on('error', () => socket.destroy());
    return socket;
  }
}
