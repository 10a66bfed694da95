/** Both ends of connections on descriptors of ours, in one process: sockets, plain legs, TLS legs, and what a leg has received. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket as NetSocket } from 'node:net';
import { bindSocket, boundEndpoint, makeTcpSocket } from '../../../src/linux/sockets/tcp-socket.ts';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import { Context } from '../../../src/openssl/context/context.ts';
import type { ContextOptions } from '../../../src/openssl/context/context-options.ts';
import type { TlsLegOptions } from '../../../src/openssl/context/leg-options.ts';
import type { Judge } from '../../../src/openssl/context/verdict.ts';
import { ACCEPTED } from '../../../src/openssl/context/verdict.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { Identity } from '../../../src/openssl/material/identity.ts';
import { Store } from '../../../src/openssl/material/store.ts';
import type { DescriptorLeg } from '../../../src/sockets/descriptor-leg.ts';
import { dial } from '../../../src/sockets/dial.ts';
import { DescriptorListener } from '../../../src/sockets/listener.ts';
import { PlainLeg, plainLegOf } from '../../../src/sockets/plain-leg.ts';
import { Socket } from '../../../src/sockets/socket.ts';
import { authority, certificate } from '../data/certificates.ts';
import { eventually, within } from '../eventually.ts';
import type { Ending } from '../temp.ts';
import { dial as dialPeer } from './tcp.ts';

/** Listens on 127.0.0.1 until `t` ends. @returns the port */
export function acceptSockets(t: Ending, accepted: (socket: Socket) => void): number {
  const fd = makeTcpSocket(4);
  bindSocket(fd, { address: '127.0.0.1', port: 0 });
  const listener = new DescriptorListener(fd, {
    accepted,
    failed: (error) => {
      throw error;
    },
  });
  t.after(() => listener.close());
  return boundEndpoint(fd)?.port ?? assert.fail('a listener without a port');
}

/** A connected leg of ours. */
export function dialLeg(port: number): Promise<PlainLeg> {
  const order = { local: undefined, source: undefined, settings: [], noDelay: true, tell: () => undefined };
  const { leg, onConnected } = dial({ ...order, address: { address: '127.0.0.1', port } });
  return new Promise((resolve, reject) => {
    leg.onFailed(reject);
    onConnected(() => resolve(plainLegOf(leg)));
  });
}

/** A connected socket of ours. */
export async function dialSocket(port: number): Promise<Socket> {
  return (await dialLeg(port)).handOver().socket;
}

/** Both ends of one TCP connection of ours. */
export async function socketPair(t: Ending): Promise<readonly [accepted: Socket, dialled: Socket]> {
  let arrived: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  const port = acceptSockets(t, (socket) => arrived(socket));
  const dialled = await dialSocket(port);
  return [await within('a connection arrives', accepted), dialled];
}

/** The same as plain legs, which are reset when `t` ends. */
export async function plainPair(t: Ending): Promise<readonly [accepted: PlainLeg, dialled: PlainLeg]> {
  const [accepted, dialled] = await socketPair(t);
  const pair = [new PlainLeg(accepted), new PlainLeg(dialled)] as const;
  t.after(() => {
    for (const leg of pair) leg.end('reset');
  });
  return pair;
}

/** One that tells what was done with it. */
class CountingLeg extends PlainLeg {
  taken = 0;
  written = 0;

  /** Something has arrived, and nobody has looked. */
  get untouched(): boolean {
    return this.socket.unread;
  }

  override take(limit: number): Buffer | undefined {
    const bytes = super.take(limit);
    this.taken += bytes?.length ?? 0;
    return bytes;
  }

  protected override put(bytes: Uint8Array): boolean {
    this.written += bytes.length;
    return super.put(bytes);
  }
}

/** An accepted leg of ours and the far end, which is the runtime's. */
export async function legAndPeer(t: Ending): Promise<{ readonly ours: CountingLeg; readonly far: NetSocket }> {
  const accepted = Promise.withResolvers<Socket>();
  const far = await dialPeer(t, acceptSockets(t, accepted.resolve));
  const ours = new CountingLeg(await within('the connection arrives', accepted.promise));
  t.after(() => ours.end('reset'));
  return { ours, far };
}

/** What a leg receives from now on. */
export class Inbox {
  readonly leg: DescriptorLeg;
  #parts: Buffer[] = [];
  end: 'whole' | 'cut' | undefined;
  failure: Error | undefined;
  /** Reads no more. */
  readonly stop: () => void;

  constructor(leg: DescriptorLeg) {
    this.leg = leg;
    leg.onFailed((cause) => {
      this.failure = cause;
    });
    const take = (): void => {
      for (let part = leg.take(65_536); part !== undefined; part = leg.take(65_536)) this.#parts.push(part);
      if (leg.ended) this.end = leg.endSeen;
    };
    this.stop = leg.listen(take);
    take();
  }

  get bytes(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  /** Forgets what has come. @returns it */
  clear(): Buffer {
    const { bytes } = this;
    this.#parts = [];
    return bytes;
  }

  async sees(text: string): Promise<void> {
    await eventually(`"${text}" arrives`, () => this.text.includes(text), { every: 2 });
  }

  /** How it ended: an end, or the message of the failure. */
  async over(): Promise<string> {
    return eventually('the leg is over', () => this.end ?? this.failure?.message, { every: 2 });
  }
}

/** The server's usual identity. */
export function identityOf(name: Parameters<typeof certificate>[0] = 'server'): Identity {
  const { certFile, keyFile } = certificate(name);
  return Identity.fromPem([readFileSync(certFile, 'utf8')], readFileSync(keyFile, 'utf8'));
}

function testStore(): Store {
  return new Store({ anchors: [authority().certificate] });
}

/** A context that lives until `t` ends. */
export function context(t: Ending, options: ContextOptions): Context {
  const made = new Context(options);
  t.after(() => made.free());
  return made;
}

export function serverContext(t: Ending, options: Partial<ContextOptions> = {}): Context {
  return context(t, { role: 'server', identities: [identityOf()], store: testStore(), ...options });
}

export function clientContext(t: Ending, options: Partial<ContextOptions> = {}): Context {
  return context(t, { role: 'client', store: testStore(), ...options });
}

export const acceptAll: Judge = () => ACCEPTED;

/** What OpenSSL says of the chain. */
export const judgeChain: Judge = (peer) => {
  const result = peer.verify();
  return result === undefined || result.error === 0 ? ACCEPTED : { accepted: false, error: result.error };
};

export interface Outcome {
  readonly leg: TlsLeg;
  readonly failure: Error | undefined;
}

export function handshake(leg: TlsLeg): Promise<Outcome> {
  return within('a handshake ends', new Promise((resolve) => leg.handshake((failure) => resolve({ leg, failure }))));
}

export interface Pair {
  readonly server: Outcome;
  readonly client: Outcome;
  /** What lies below them. */
  readonly sockets: { readonly server: Socket; readonly client: Socket };
}

/** One handshake of ours with ours; both legs are ended when `t` ends. */
export async function tlsPair(t: Ending, server: TlsLegOptions, client: TlsLegOptions): Promise<Pair> {
  const [accepted, dialled] = await socketPair(t);
  const legs = [new TlsLeg(accepted, server), new TlsLeg(dialled, client)] as const;
  t.after(() => {
    for (const leg of legs) leg.end('reset');
  });
  const [one, other] = await Promise.all(legs.map(handshake));
  return { server: one as Outcome, client: other as Outcome, sockets: { server: accepted, client: dialled } };
}

/** What a test must leave as it found it. */
export async function nothingIsLeft(before: { readonly sockets: number; readonly connections: number }): Promise<void> {
  await eventually('sockets and SSL objects are given back', () => {
    return Socket.open === before.sockets && handlesAlive('connection') === before.connections;
  });
}
