/**
 * A DNS forwarder that listens to what it forwards: every question goes to the machine's own resolvers and comes back unchanged, and
 * what it said about names and addresses is remembered for the client that asked. It caches nothing and decides nothing.
 */
import type dgram from 'node:dgram';
import type net from 'node:net';
import { ipKey } from '../../address/ip.ts';
import { readAnswer } from './answers.ts';
import type { Transport } from './ask.ts';
import { ask } from './ask.ts';
import type { DnsMemory } from './memory.ts';
import { isQuery, serverFailure } from './messages.ts';
import type { Resolver } from './resolvers.ts';
import { RESOLV_CONF } from './resolvers.ts';
import { frame, TcpFrames } from './tcp-frames.ts';

export interface ForwarderOptions {
  readonly memory: DnsMemory;
  readonly resolvers: () => readonly Resolver[];
  /** Something the operator should know, at most one a minute. */
  readonly warn: (text: string) => void;
}

export interface ServeOptions {
  /** Who counts as the client, where its address says nothing (a network of our own with one user); default: the asking address. */
  readonly client?: string;
}

/** Questions that wait for an answer at one time; more are dropped, and asked again by their clients. */
const MAX_WAITING = 1000;
/** Of one client, so that it cannot take all of them. */
const MAX_WAITING_OF_CLIENT = 200;
const MAX_TCP_CONNECTIONS = 128;
const TCP_IDLE_MS = 10_000;
const WARN_EVERY_MS = 60_000;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #sockets = new Set<dgram.Socket>();
  readonly #servers = new Set<net.Server>();
  readonly #connections = new Set<net.Socket>();
  readonly #closed = new AbortController();
  readonly #waitingOf = new Map<string, number>();
  #waiting = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Answers on a bound UDP socket, which is ours from now on. */
  serveUdp(socket: dgram.Socket, { client }: ServeOptions = {}): void {
    this.#sockets.add(socket);
    socket.on('error', (cause) => this.#warn(`DNS forwarder: ${cause.message}`));
    socket.on('message', (query, from) => {
      void this.#answer(query, 'udp', client ?? from.address).then((answer) => {
        if (answer !== undefined && this.#sockets.has(socket)) socket.send(answer, from.port, from.address, () => {});
      });
    });
  }

  /** Answers on a listening TCP server, which is ours from now on. */
  serveTcp(server: net.Server, { client }: ServeOptions = {}): void {
    this.#servers.add(server);
    server.maxConnections = MAX_TCP_CONNECTIONS;
    server.on('error', (cause) => this.#warn(`DNS forwarder: ${cause.message}`));
    server.on('connection', (socket: net.Socket) => this.#serveConnection(socket, client ?? socket.remoteAddress ?? ''));
  }

  /** Stops answering; every socket is closed. */
  close(): void {
    this.#closed.abort();
    for (const socket of this.#sockets) socket.close();
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections) connection.destroy();
    this.#sockets.clear();
    this.#servers.clear();
  }

  #serveConnection(socket: net.Socket, client: string): void {
    this.#connections.add(socket);
    const frames = new TcpFrames();
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#connections.delete(socket));
    let open = 0;
    socket.on('data', (chunk: Buffer) => {
      for (const query of frames.push(chunk)) {
        open++;
        socket.pause();
        void this.#answer(query, 'tcp', client).then((answer) => {
          open--;
          if (socket.destroyed) return;
          if (answer === undefined) socket.destroy();
          else socket.write(frame(answer));
          if (open === 0) socket.resume();
        });
      }
    });
  }

  /** @returns undefined for what is no question, and when too many are waiting */
  async #answer(query: Buffer, transport: Transport, client: string): Promise<Buffer | undefined> {
    const ofClient = this.#waitingOf.get(client) ?? 0;
    if (!isQuery(query) || this.#waiting >= MAX_WAITING || ofClient >= MAX_WAITING_OF_CLIENT) return undefined;
    this.#count(client, 1);
    const resolvers = this.#otherResolvers();
    const answer = await ask(query, transport, resolvers, { signal: this.#closed.signal });
    this.#count(client, -1);
    if (answer === undefined) {
      if (this.#closed.signal.aborted) return undefined;
      this.#warn(`DNS forwarder: ${unanswered(resolvers)}`);
      return serverFailure(query);
    }
    const told = readAnswer(answer);
    if (told !== undefined) this.#options.memory.remember(client, told);
    return answer;
  }

  #count(client: string, change: 1 | -1): void {
    const waiting = (this.#waitingOf.get(client) ?? 0) + change;
    if (waiting === 0) this.#waitingOf.delete(client);
    else this.#waitingOf.set(client, waiting);
    this.#waiting += change;
  }

  /** Where the machine is told to ask us, asking it would go round in circles. */
  #otherResolvers(): readonly Resolver[] {
    const own = [...this.#sockets, ...this.#servers].map((socket) => socket.address());
    return this.#options
      .resolvers()
      .filter(
        ({ address, port }) =>
          !own.some((each) => typeof each === 'object' && each !== null && each.port === port && ipKey(each.address) === ipKey(address)),
      );
  }

  #warn(text: string): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    this.#options.warn(text);
  }
}

/** With what to do. */
function unanswered(resolvers: readonly Resolver[]): string {
  if (resolvers.length === 0) return `there is no name server to ask; name one in ${RESOLV_CONF}`;
  const addresses = resolvers.map(({ address }) => address).join(', ');
  return `no answer from ${addresses}; see whether a name server can be reached there, or correct ${RESOLV_CONF}`;
}
