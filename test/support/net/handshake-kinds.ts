/**
 * Handshakes of every kind, both ends ours in one process, with a wire between them on which each flight can be kept or changed: what a
 * peer may send in any phase, to a server and to a client.
 */
import { socketPair } from '../../../src/linux/libc/sockets.ts';
import { TlsLeg } from '../../../src/openssl/connection/tls-leg.ts';
import type { Context } from '../../../src/openssl/context/context.ts';
import type { ContextOptions } from '../../../src/openssl/context/context-options.ts';
import type { TlsLegOptions } from '../../../src/openssl/context/leg-options.ts';
import type { Judge } from '../../../src/openssl/context/verdict.ts';
import { ACCEPTED } from '../../../src/openssl/context/verdict.ts';
import type { Session } from '../../../src/openssl/sessions/session.ts';
import type { TicketKeys } from '../../../src/openssl/sessions/ticket.ts';
import { socketOf } from '../../../src/programs/program-end.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';
import { poller } from '../../../src/sockets/poller.ts';
import type { Socket } from '../../../src/sockets/socket.ts';
import { systemError } from '../../../src/text/system-error.ts';
import type { Ending } from '../temp.ts';
import { acceptAll, clientContext, identityOf, judgeChain, serverContext } from './legs.ts';

export type End = 'client' | 'server';

export interface Kind {
  readonly name: string;
  readonly server: TlsLegOptions;
  readonly client: TlsLegOptions;
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const PSK = { identity: 'me', key: Buffer.alloc(32, 7) };
const TICKETS: TicketKeys = { current: { name: Buffer.alloc(16, 1), cipher: Buffer.alloc(32, 2), mac: Buffer.alloc(32, 3) }, former: [] };
const NO_TICKET = { options: { set: 1n << 14n, clear: 0n } };
const RESUME = { sessions: { resume: true }, sessionIdContext: Buffer.from('flights') };

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(resolve, value));
const laterChain: Judge = (peer) => {
  const verdict = judgeChain(peer);
  return later(undefined).then(() => verdict);
};
/** Looks at everything a peer can show. */
const curious: Judge = (peer) => {
  const error = peer.verify()?.error ?? 0;
  return peer.sent.length > MAX_SENT || error !== 0 ? { accepted: false, error } : { accepted: true, status: () => later(ACCEPTED) };
};
const MAX_SENT = 20;

/** Contexts that live until `t` ends; sessions to be resumed are earned by a first connection of each such kind. */
export async function handshakeKinds(t: Ending): Promise<readonly Kind[]> {
  const kinds: Kind[] = [];
  for (const version of VERSIONS) {
    const both = { minVersion: version, maxVersion: version };
    const server = (options: Partial<ContextOptions> = {}): Context => serverContext(t, { ...both, ...options });
    const client = (options: Partial<ContextOptions> = {}): Context => clientContext(t, { ...both, ...options });
    const add = (name: string, at: { server: TlsLegOptions; client: TlsLegOptions }): void => {
      kinds.push({ name: `${version}, ${name}`, ...at });
    };
    const plain = { context: server(), judge: acceptAll };
    add('a certificate', { server: plain, client: { context: client(), judge: judgeChain, serverName: 'localhost' } });
    add('RSA and Ed25519', {
      server: { context: server({ identities: [identityOf('rsa'), identityOf('ed25519')], dh: 'auto' }), judge: acceptAll },
      client: { context: client(version === 'TLSv1.2' ? { ciphers: 'DHE+AESGCM:kRSA+AESGCM' } : {}), judge: acceptAll },
    });
    add('a client certificate', {
      server: { context: server({ verify: 'require', clientAuthorities: [] }), judge: curious },
      client: { context: client({ identities: [identityOf('client')] }), judge: curious },
    });
    add('verdicts that wait', {
      server: { context: server({ verify: 'request' }), judge: laterChain },
      client: { context: client({ identities: [identityOf('client')] }), judge: laterChain },
    });
    add('a group that must be asked for', {
      server: { context: server({ groups: 'secp384r1:secp256r1' }), judge: acceptAll },
      client: { context: client({ groups: 'X25519:secp384r1:secp256r1' }), judge: acceptAll },
    });
    add('a pre-shared key', {
      server: {
        context: server({ identities: [], ciphers: 'PSK', psk: { keyOf: (name) => (name === 'me' ? PSK.key : undefined) } }),
        judge: acceptAll,
      },
      client: { context: client({ ciphers: 'PSK', psk: PSK }), judge: acceptAll },
    });
    const other = server({ identities: [identityOf('rsa')], alpn: ['h2', 'http/1.1'], staple: () => Buffer.alloc(700, 1) });
    add('a virtual host, ALPN and a staple', {
      server: {
        context: server({ virtualHosts: true }),
        judge: acceptAll,
        choose: (name) => later(name === 'localhost' ? { kind: 'context', context: other } : { kind: 'refuse' }),
      },
      client: { context: client({ alpn: ['http/1.1'], requestStaple: true }), judge: curious, serverName: 'localhost' },
    });
    add(
      'a session in a ticket',
      await resumed(t, server({ ...RESUME, sessions: { resume: true, named: true, tickets: () => TICKETS } }), client(RESUME)),
    );
    add('a session without a ticket', await resumed(t, server({ ...RESUME, ...NO_TICKET }), client(RESUME)));
  }
  return kinds;
}

async function resumed(t: Ending, server: Context, client: Context): Promise<{ server: TlsLegOptions; client: TlsLegOptions }> {
  let session: Session | undefined;
  const at = {
    server: { context: server, judge: acceptAll },
    client: { context: client, judge: judgeChain, sessionReceived: (given: Session) => given.free() },
  };
  const sessionReceived = (given: Session): void => {
    session?.free();
    session = given;
  };
  await new Conversation({ name: '', server: at.server, client: { ...at.client, sessionReceived } }).run();
  t.after(() => session?.free());
  return { ...at, client: { ...at.client, session } };
}

/** What is made of a flight on its way: other bytes, an end of the wire instead, or nothing ever again (`silence`). */
export type Change = (flight: Buffer, from: End, number: number) => Buffer | 'reset' | 'close' | 'silence';

/** Carries both directions between two legs, of which one leads to each end of a TLS connection. */
export class Wire {
  readonly #legs: { readonly client: PlainLeg; readonly server: PlainLeg };
  readonly #change: Change;
  readonly #flights = { client: 0, server: 0 };
  #silent = false;

  constructor(client: PlainLeg, server: PlainLeg, change: Change) {
    this.#legs = { client, server };
    this.#change = change;
    this.#carry('client', server);
    this.#carry('server', client);
  }

  /** How many flights have arrived here. */
  get moved(): number {
    return this.#flights.client + this.#flights.server;
  }

  end(how: 'close' | 'reset'): void {
    for (const leg of [this.#legs.client, this.#legs.server]) leg.end(how);
  }

  #carry(from: End, sink: PlainLeg): void {
    const source = this.#legs[from];
    source.onFailed(() => sink.end('reset'));
    source.listen(() => {
      for (let flight = source.take(65_536); flight !== undefined; flight = source.take(65_536)) this.#pass(flight, from, sink);
      if (source.ended && this.#silent) this.end('close');
      else if (source.ended) sink.finish();
    });
  }

  #pass(flight: Buffer, from: End, sink: PlainLeg): void {
    const passed = this.#change(flight, from, this.#flights[from]);
    this.#flights[from] += 1;
    if (passed === 'silence') this.#silent = true;
    else if (typeof passed === 'string') this.end(passed);
    else if (!this.#silent) sink.write(passed);
  }
}

/** Turns of the event loop without a byte on the wire and anybody in line, after which nothing more will come: all waits here take two. */
const STILL_TURNS = 8;
export const TEXT = 'what the application says';

/** One connection: handshake, a text there and back, close_notify. */
export class Conversation {
  readonly legs: { readonly client: TlsLeg; readonly server: TlsLeg };
  /** Why an end's handshake has failed; undefined: it has not, or is not over. */
  readonly failures: Partial<Record<End, Error>> = {};
  /** What each application was given. */
  readonly received = { client: '', server: '' };
  /** Legs whose peer was accepted. */
  readonly opened = new Set<End>();
  readonly #wire: Wire;

  /** @param change asked about every flight */
  constructor(kind: Kind, change: Change = (flight) => flight) {
    const [client, clientWire] = socketsOfPair();
    const [server, serverWire] = socketsOfPair();
    this.#wire = new Wire(new PlainLeg(clientWire), new PlainLeg(serverWire), change);
    this.legs = { client: new TlsLeg(client, kind.client), server: new TlsLeg(server, kind.server) };
  }

  /** @param end how the wire ends where the two have got stuck. The legs have ended when this resolves. */
  async run(end: 'close' | 'reset' = 'close'): Promise<this> {
    const { client, server } = this.legs;
    this.#begin('server', (text) => server.write(Buffer.from(text)));
    this.#begin('client', () => {
      if (this.received.client === TEXT) client.end('close');
    });
    client.onFailed(() => undefined);
    await this.#still();
    this.#wire.end(end);
    await this.#still();
    for (const leg of [client, server]) leg.end('reset');
    return this;
  }

  #begin(end: End, heard: (text: string) => void): void {
    const leg = this.legs[end];
    leg.handshake((failure) => {
      if (failure !== undefined) {
        this.failures[end] = failure;
        return;
      }
      this.opened.add(end);
      leg.listen(() => {
        for (let part = leg.take(65_536); part !== undefined; part = leg.take(65_536)) {
          this.received[end] += part.toString('latin1');
          heard(part.toString('latin1'));
        }
        if (leg.ended) leg.end('close');
      });
      if (end === 'client') {
        leg.updateKeys();
        leg.write(Buffer.from(TEXT));
      }
    });
  }

  async #still(): Promise<void> {
    for (let turns = 0, seen = this.#wire.moved; turns < STILL_TURNS; turns += 1) {
      await later(undefined);
      if (this.#wire.moved !== seen || poller.line > 0) [turns, seen] = [0, this.#wire.moved];
      if (this.legs.client.gone && this.legs.server.gone) return;
    }
  }
}

/** Both ends of a pair of sockets. */
export function socketsOfPair(): readonly [Socket, Socket] {
  const pair = socketPair();
  if (typeof pair === 'number') throw systemError('socketpair', pair);
  return [socketOf(pair[0]), socketOf(pair[1])];
}
