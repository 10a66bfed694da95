/**
 * Hostile clients, kind by kind: each keeps `count` connections to a port busy until it is told to stop. Tests and soaks run them in a
 * process of their own (start.ts), so that what they cost is not the tests'.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MESSAGE, RawTls, RECORD } from '../raw-tls/client.ts';
import { bodyOf, EXTENSION, goodHello, message, record, u16, withExtension } from '../raw-tls/hello.ts';

export interface Aim {
  readonly port: number;
  readonly count: number;
  /** Addresses of this machine that they come from, in turn; by default 127.0.0.1. */
  readonly from?: readonly string[];
}

/** What became of them so far. */
export interface Tally {
  /** Connections begun. */
  begun: number;
  /** Of those that ended: without a byte of an answer. */
  refused: number;
  answered: number;
  /** What a kind counts besides: renegotiations, records. */
  acts: number;
}

export type Kind = (aim: Aim, tally: Tally, stopped: () => boolean) => void;

const AGAIN_MS = 1000;
const A_SECOND_MS = 1000;

/** One connection; `over` once it has ended, by whoever. */
function open({ port, from = ['127.0.0.1'] }: Aim, tally: Tally, over: () => void): Socket {
  const localAddress = from[tally.begun % from.length] as string;
  tally.begun += 1;
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  let answered = false;
  socket.on('data', () => {
    answered = true;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (answered) tally.answered += 1;
    else tally.refused += 1;
    over();
  });
  return socket;
}

/** They say `first` and then one byte of `drip` a second, or nothing; one that was ended comes again a second later. */
function crowd(first: () => Buffer, drip: () => Buffer): Kind {
  return (aim, tally, stopped) => {
    const begin = (): void => {
      if (stopped()) return;
      const rest = drip();
      let at = 0;
      const socket = open(aim, tally, () => {
        clearInterval(timer);
        setTimeout(begin, AGAIN_MS);
      });
      const bytes = first();
      if (bytes.length > 0) socket.write(bytes);
      const timer = setInterval(() => {
        if (at < rest.length && socket.writable) socket.write(rest.subarray(at, at + 1));
        at += 1;
      }, A_SECOND_MS);
    };
    for (let each = 0; each < aim.count; each += 1) setTimeout(begin, (each * A_SECOND_MS) / aim.count);
  };
}

/** They say it, and are gone with the first byte of an answer (or, saying nothing, as soon as they are connected); the next one comes at once. */
function storm(say: () => Buffer): Kind {
  return (aim, tally, stopped) => {
    const begin = (): void => {
      if (stopped()) return;
      const bytes = say();
      const socket = open(aim, tally, begin);
      const leave = (): void => void socket.resetAndDestroy();
      if (bytes.length === 0) socket.once('connect', leave);
      else {
        socket.write(bytes);
        socket.once('data', leave);
      }
    };
    for (let each = 0; each < aim.count; each += 1) begin();
  };
}

const NOTHING = (): Buffer => Buffer.alloc(0);
const text = (words: string) => (): Buffer => Buffer.from(words, 'latin1');

/** A share nobody has the private key of does as well: the server cannot know. */
function hello(version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3', ticket?: Buffer): Buffer {
  const good = goodHello(version, randomBytes(32));
  return message(MESSAGE.clientHello, bodyOf(ticket === undefined ? good : withExtension(good, EXTENSION.ticket, ticket)));
}

/** Padded (RFC 7685) to almost 64 KB, and cut into records of one byte. */
function scatteredHello(): Buffer {
  const whole = message(MESSAGE.clientHello, bodyOf(withExtension(goodHello('TLSv1.3', randomBytes(32)), PADDING, Buffer.alloc(65_000))));
  return Buffer.concat([...whole].map((byte) => record(RECORD.handshake, Buffer.of(byte))));
}

const PADDING = 21;
const RECORDS = 8000;
/** To make them takes longer than to read them: others have their turn between so many. */
const MADE_AT_ONCE = 200;

/** A handshake each, then thousands of records in one piece, again and again; who was cut off comes again. */
const recordsInOne =
  (make: (tls: RawTls) => Buffer): Kind =>
  ({ port, count }, tally, stopped) => {
    const one = async (): Promise<void> => {
      const tls = new RawTls('TLSv1.3', port);
      tally.begun += 1;
      try {
        await tls.shake();
        while (!stopped() && !tls.ended) {
          const records: Buffer[] = [];
          while (records.length < RECORDS && !stopped()) {
            for (let made = 0; made < MADE_AT_ONCE; made += 1) records.push(make(tls));
            await new Promise((resolve) => setImmediate(resolve));
          }
          await tls.sent(Buffer.concat(records));
          tally.acts += records.length;
        }
      } catch {
        // it was cut off in its handshake
      }
      if (tls.ended) tally.answered += 1;
      tls.destroy();
      if (!stopped()) void one();
    };
    for (let each = 0; each < count; each += 1) void one();
  };

const keyUpdates = recordsInOne((tls) => {
  const record = tls.sealed(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(0)));
  tls.renewWriting();
  return record;
});

/** TLS 1.2: each of them renegotiates as often as it is let. */
const renegotiations: Kind = ({ port, count }, tally, stopped) => {
  const begin = (): void => {
    if (stopped()) return;
    tally.begun += 1;
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    socket.on('error', () => undefined);
    socket.on('close', () => setTimeout(begin, AGAIN_MS));
    const again = (error: Error | null): void => {
      if (error !== null || stopped() || socket.destroyed) return void socket.destroy();
      tally.acts += 1;
      socket.renegotiate({ rejectUnauthorized: false }, again);
    };
    socket.once('secureConnect', () => again(null));
  };
  for (let each = 0; each < count; each += 1) begin();
};

const CHUNK = Buffer.alloc(65_536, 'x');

/** They send to an echo for as long as they are let, and read nothing. */
const neverReading: Kind = ({ port, count }, tally, stopped) => {
  for (let each = 0; each < count; each += 1) {
    tally.begun += 1;
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.pause();
    const push = (): void => {
      while (!stopped() && !socket.destroyed) {
        tally.acts += 1;
        if (!socket.write(CHUNK)) return;
      }
    };
    socket.on('drain', push);
    socket.once('secureConnect', push);
  }
};

/** By phase: who says nothing, or a byte a second. By flood: who makes work as fast as it can. */
export const KINDS = {
  'silent from accept': crowd(NOTHING, NOTHING),
  'a byte a second of the first bytes': crowd(NOTHING, text('GET /a/long/path/that/never/ends')),
  'a byte a second of STARTTLS': crowd(NOTHING, text('EHLO a.very.long.name.of.a.client.example.org')),
  'a byte a second of the PROXY header': crowd(text('PROXY TCP4 '), text('192.0.2.1 192.0.2.2 1111111111111111111')),
  'a byte a second of the ClientHello': crowd(NOTHING, () => record(RECORD.handshake, hello())),
  'a byte a second of the rest of the handshake': crowd(
    () => record(RECORD.handshake, hello()),
    () => record(RECORD.handshake, randomBytes(64)),
  ),
  'connections as fast as possible': storm(NOTHING),
  'full handshakes as fast as possible': storm(() => record(RECORD.handshake, hello())),
  'forged tickets as fast as possible': storm(() => record(RECORD.handshake, hello('TLSv1.2', u16(randomBytes(190)).subarray(2)))),
  'hellos of 64 KB in records of one byte': storm(scatteredHello),
  'key updates': keyUpdates,
  'records of one byte': recordsInOne((tls) => tls.sealed(RECORD.data, Buffer.of(0x78))),
  renegotiations,
  'connections that never read': neverReading,
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;
