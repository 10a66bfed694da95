/**
 * A TLS client made by hand, which does what it is told, in the order it is told, in the records it is told: for conversations no TLS
 * library would hold. It knows X25519, SHA-256, and of the server only what it needs to go on; it verifies nothing.
 */
import type { KeyObject } from 'node:crypto';
import { createPublicKey, diffieHellman, generateKeyPairSync, sign } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { alertOf } from '../../../src/tls/verdict/alert.ts';
import { within } from '../eventually.ts';
import type { Hello } from './hello.ts';
import { bodyOf, EXTENSION, goodHello, keyShare, message, number16, record, u8, u16, u24, withExtension, X25519 } from './hello.ts';
import type { Suite, Version } from './keys.ts';
import { Direction, expandLabel, extract, HASH_BYTES, hmac, prf, SUITES, sha256 } from './keys.ts';

export const RECORD = { changeCipher: 20, alert: 21, handshake: 22, data: 23 } as const;
export const MESSAGE = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  keyUpdate: 24,
} as const;
export const ALERT = { warning: 1, fatal: 2, closeNotify: 0, unexpectedMessage: 10, userCanceled: 90, noRenegotiation: 100 } as const;

/** A random that says "another hello, please" (RFC 8446 section 4.1.3). */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const MESSAGE_HASH = 254;
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(HASH_BYTES);
/** In front of the DER of a public key of X25519. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const ECDSA_SHA256 = 0x0403;

/** There is no more to say. `ended`: by the other side. */
export class Over extends Error {
  readonly ended: boolean;
  constructor(ended = true) {
    super('the conversation is over');
    this.ended = ended;
  }
}

/** What was agreed, to be resumed. */
export interface RawSession {
  readonly version: Version;
  /** TLS 1.2: the master secret. TLS 1.3: the key of the ticket. */
  readonly secret: Buffer;
  /** TLS 1.2, of a server without tickets. */
  readonly id: Buffer;
  readonly ticket: Buffer | undefined;
  readonly ageAdd: number;
}

export interface RawIdentity {
  readonly der: Buffer;
  readonly key: KeyObject;
}

export class RawTls {
  /** What the other side made of it so far: `resumed`, `carried`, `fatal decode_error`, `closed`. */
  readonly trace: string[] = [];
  readonly version: Version;
  readonly #socket: Socket;
  readonly #pair = generateKeyPairSync('x25519');
  #inbox: Buffer = NOTHING;
  #ended = false;
  #wake: () => void = () => undefined;
  #handshake: Buffer = NOTHING;
  transcript: Buffer = NOTHING;
  #reading: Direction | undefined;
  #writing: Direction | undefined;
  #suite: Suite | undefined;
  #clientRandom: Buffer = NOTHING;
  #serverRandom: Buffer = NOTHING;
  #serverShare: Buffer | undefined;
  #id: Buffer = NOTHING;
  #extendedMaster = false;
  /** TLS 1.2: the master secret. TLS 1.3: the secret that the next ones follow from. */
  #master: Buffer = NOTHING;
  #psk: Buffer | undefined;
  #clientSecret: Buffer = NOTHING;
  #serverSecret: Buffer = NOTHING;
  #resumption: Buffer = NOTHING;
  #ticket: { readonly nonce: Buffer; readonly ticket: Buffer; readonly ageAdd: number } | undefined;
  #text = '';
  /** A certificate was asked for. */
  asked = false;
  /** The group of a second hello that is wanted. */
  retry: number | undefined;

  constructor(version: Version, port: number) {
    this.version = version;
    this.#socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes: Buffer) => {
      this.#inbox = Buffer.concat([this.#inbox, bytes]);
      this.#wake();
    });
    for (const end of ['end', 'close'])
      this.#socket.on(end, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The other side has said its last. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when the kernel has all of it, or the connection is over. */
  sent(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  // ---- to send ----------------------------------------------------------------------------------------------------------------

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** What is sent without a wait between leaves as one piece: who has been refused is still writing otherwise, and does not hear why. */
  raw(...parts: readonly Uint8Array[]): void {
    this.#socket.cork();
    this.#socket.write(Buffer.concat(parts));
    process.nextTick(() => this.#socket.uncork());
  }

  /** In pieces of TCP, each in a turn of its own. */
  async rawInPieces(bytes: Buffer, length: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += length) {
      this.#socket.write(bytes.subarray(at, at + length));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** FIN. */
  end(): void {
    this.#socket.end();
  }

  /** Ends as one should, and does not wait for the other side. */
  leave(): void {
    this.alert(ALERT.warning, ALERT.closeNotify);
    this.#socket.destroySoon();
  }

  /** A record under the present keys. */
  sealed(type: number, body: Uint8Array, how: Parameters<Direction['seal']>[2] = {}): Buffer {
    return this.#writing?.seal(type, body, how) ?? record(type, body, how?.version);
  }

  send(type: number, body: Uint8Array, how: Parameters<Direction['seal']>[2] = {}): void {
    this.raw(this.sealed(type, body, how));
  }

  alert(level: number, description: number): void {
    this.send(RECORD.alert, Buffer.of(level, description));
  }

  /** A message of the handshake that counts, in a record of its own, or in records of that length. */
  say(whole: Buffer, length = whole.length): void {
    this.counts(whole);
    for (let at = 0; at < whole.length; at += length) this.send(RECORD.handshake, whole.subarray(at, at + length));
  }

  /** Both sides' Finished will cover this message. */
  counts(whole: Buffer): void {
    this.transcript = Buffer.concat([this.transcript, whole]);
  }

  // ---- the hello --------------------------------------------------------------------------------------------------------------

  get #share(): Buffer {
    return this.#pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI.length);
  }

  /** A good hello, changed. It is not sent. */
  hello(change: (hello: Hello) => Hello = (one) => one): Buffer {
    const hello = change(goodHello(this.version, this.#share));
    this.#clientRandom = hello.random;
    this.#extendedMaster = hello.extensions?.some(([type]) => type === EXTENSION.extendedMaster) ?? false;
    return message(MESSAGE.clientHello, bodyOf(hello));
  }

  /** The key of X25519 as an extension has it. */
  get share(): Buffer {
    return keyShare(X25519, this.#share);
  }

  /**
   * A hello that wants to resume (RFC 8446 section 4.2.11, RFC 5246 section 7.3, RFC 5077).
   * @param binder what to make of the proof that we have the key of the ticket
   */
  resuming(session: RawSession, change: (hello: Hello) => Hello = (one) => one, binder: (good: Buffer) => Buffer = (good) => good): Buffer {
    const { ticket, secret, id, ageAdd } = session;
    if (session.version === 'TLSv1.2') {
      this.#master = secret;
      return this.hello((hello) =>
        change(ticket === undefined ? { ...hello, sessionId: id } : withExtension({ ...hello, sessionId: id }, EXTENSION.ticket, ticket)),
      );
    }
    const identities = u16(Buffer.concat([u16(ticket ?? NOTHING), number16(ageAdd >>> 16, ageAdd & 0xffff)]));
    const empty = u16(u8(Buffer.alloc(HASH_BYTES)));
    const whole = this.hello((hello) => change(withExtension(hello, EXTENSION.preSharedKey, Buffer.concat([identities, empty]))));
    this.#psk = secret;
    const early = extract(ZEROS, secret);
    const key = expandLabel(expandLabel(early, 'res binder', sha256(), HASH_BYTES), 'finished', NOTHING, HASH_BYTES);
    const front = whole.subarray(0, -empty.length);
    const proof = binder(hmac(key, sha256(this.transcript, front)));
    return Buffer.concat([front, u16(u8(proof))]);
  }

  // ---- what the server says -----------------------------------------------------------------------------------------------------

  async #record(): Promise<Buffer> {
    for (;;) {
      const length = this.#inbox.length < 5 ? undefined : 5 + this.#inbox.readUInt16BE(3);
      if (length !== undefined && this.#inbox.length >= length) {
        const whole = this.#inbox.subarray(0, length);
        this.#inbox = this.#inbox.subarray(length);
        return whole;
      }
      if (this.#ended) throw new Over();
      await within(
        'the server says something',
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    }
  }

  /** The next record of a kind that matters. @throws Over, also for an alert */
  async #next(): Promise<{ readonly type: number; readonly body: Buffer }> {
    for (;;) {
      const whole = await this.#record();
      const isClear = whole[0] === RECORD.changeCipher || (this.version === 'TLSv1.3' && whole[0] !== RECORD.data);
      const opened = this.#reading === undefined || isClear ? { type: whole[0] ?? 0, body: whole.subarray(5) } : this.#open(whole);
      if (opened.type === RECORD.changeCipher) {
        if (this.version === 'TLSv1.2') this.#reading = this.#old('server');
        continue;
      }
      if (opened.type !== RECORD.alert) return opened;
      const [level = 0, description = 0] = opened.body;
      this.trace.push(`${level === ALERT.fatal ? 'fatal' : 'warning'} ${alertOf(description).name}`);
      if (level === ALERT.fatal || description === ALERT.closeNotify) throw new Over();
    }
  }

  #open(whole: Buffer): { readonly type: number; readonly body: Buffer } {
    try {
      return this.#reading?.open(whole) ?? { type: 0, body: NOTHING };
    } catch {
      this.trace.push('under other keys');
      throw new Over(false);
    }
  }

  /** The next message of a handshake. @throws Over; Error where the server says something else */
  async #message(): Promise<{ readonly type: number; readonly body: Buffer; readonly whole: Buffer }> {
    for (;;) {
      if (this.#handshake.length >= 4) {
        const length = 4 + this.#handshake.readUIntBE(1, 3);
        if (this.#handshake.length >= length) {
          const whole = this.#handshake.subarray(0, length);
          this.#handshake = this.#handshake.subarray(length);
          return { type: whole[0] ?? 0, body: whole.subarray(4), whole };
        }
      }
      const { type, body } = await this.#next();
      if (type !== RECORD.handshake) throw new Error(`a record of type ${type} in the handshake`);
      this.#handshake = Buffer.concat([this.#handshake, body]);
    }
  }

  /** Reads the server's answer to the hello, up to where it is our turn. */
  async meet(): Promise<void> {
    for (;;) {
      const { type, body, whole } = await this.#message();
      if (type === MESSAGE.newTicket) this.#take(body);
      if (type === MESSAGE.helloRequest) continue;
      const before = this.transcript;
      this.counts(whole);
      if (type === MESSAGE.serverHello) {
        this.#hear(body, before, whole);
        if (this.retry !== undefined) return;
      } else if (type === MESSAGE.certificateRequest) this.asked = true;
      else if (type === MESSAGE.serverKeyExchange) this.#serverShare = body.subarray(4, 4 + (body[3] ?? 0));
      else if (type === MESSAGE.serverHelloDone) return;
      else if (type === MESSAGE.finished) {
        if (this.version === 'TLSv1.3') this.#toApplication();
        return;
      }
    }
  }

  #hear(body: Buffer, before: Buffer, whole: Buffer): void {
    this.#serverRandom = Buffer.from(body.subarray(2, 34));
    const idEnd = 35 + (body[34] ?? 0);
    const number = body.readUInt16BE(idEnd);
    this.#suite = SUITES[this.version].find((one) => one.number === number);
    if (this.#suite === undefined) {
      this.trace.push(`suite ${number.toString(16)}`);
      throw new Over(false);
    }
    const extensions = new Map<number, Buffer>();
    for (let at = idEnd + 5; at + 4 <= body.length; at += 4 + body.readUInt16BE(at + 2))
      extensions.set(body.readUInt16BE(at), body.subarray(at + 4, at + 4 + body.readUInt16BE(at + 2)));
    const id = body.subarray(35, idEnd);
    if (this.#serverRandom.equals(RETRY)) {
      this.retry = extensions.get(EXTENSION.keyShare)?.readUInt16BE(0) ?? 0;
      this.transcript = Buffer.concat([message(MESSAGE_HASH, sha256(before)), whole]);
      return;
    }
    this.retry = undefined;
    this.#extendedMaster &&= extensions.has(EXTENSION.extendedMaster);
    if (this.version === 'TLSv1.2') {
      this.#id = Buffer.from(id);
      const offered = before.subarray(4 + 35, 4 + 35 + (before[4 + 34] ?? 0));
      if (id.length > 0 && id.equals(offered) && this.#master.length > 0) this.trace.push('resumed');
      else this.#master = NOTHING;
      return;
    }
    const resumed = extensions.has(EXTENSION.preSharedKey);
    if (resumed) this.trace.push('resumed');
    this.#toHandshake(extensions.get(EXTENSION.keyShare)?.subarray(4) ?? NOTHING, resumed ? this.#psk : undefined);
  }

  #shared(theirs: Buffer): Buffer {
    const publicKey = createPublicKey({ key: Buffer.concat([SPKI, theirs]), type: 'spki', format: 'der' });
    return diffieHellman({ privateKey: this.#pair.privateKey, publicKey });
  }

  // ---- TLS 1.3 ----------------------------------------------------------------------------------------------------------------

  get #hash(): Buffer {
    return sha256(this.transcript);
  }

  get #known(): Suite {
    return this.#suite ?? (SUITES[this.version][0] as Suite);
  }

  #toHandshake(share: Buffer, psk: Buffer | undefined): void {
    const early = extract(ZEROS, psk ?? ZEROS);
    const secret = extract(expandLabel(early, 'derived', sha256(), HASH_BYTES), this.#shared(share));
    this.#clientSecret = expandLabel(secret, 'c hs traffic', this.#hash, HASH_BYTES);
    this.#serverSecret = expandLabel(secret, 's hs traffic', this.#hash, HASH_BYTES);
    this.#master = extract(expandLabel(secret, 'derived', sha256(), HASH_BYTES), ZEROS);
    this.#writing = Direction.of(this.#known, this.#clientSecret);
    this.#reading = Direction.of(this.#known, this.#serverSecret);
  }

  #nextClientSecret: Buffer = NOTHING;

  #toApplication(): void {
    this.#nextClientSecret = expandLabel(this.#master, 'c ap traffic', this.#hash, HASH_BYTES);
    this.#serverSecret = expandLabel(this.#master, 's ap traffic', this.#hash, HASH_BYTES);
    this.#reading = Direction.of(this.#known, this.#serverSecret);
  }

  /** Our keys of the application, as after our Finished. */
  useApplicationKeys(): void {
    this.#resumption = expandLabel(this.#master, 'res master', this.#hash, HASH_BYTES);
    this.#clientSecret = this.#nextClientSecret;
    this.#writing = Direction.of(this.#known, this.#clientSecret);
  }

  /** As after a KeyUpdate of ours. */
  renewWriting(): void {
    this.#clientSecret = expandLabel(this.#clientSecret, 'traffic upd', NOTHING, HASH_BYTES);
    this.#writing = Direction.of(this.#known, this.#clientSecret);
  }

  /** What we send from here on is in clear. */
  writeInClear(): void {
    this.#writing = undefined;
  }

  #take(body: Buffer): void {
    const isNew = this.version === 'TLSv1.3';
    const nonceEnd = isNew ? 9 + (body[8] ?? 0) : 4;
    const length = body.readUInt16BE(nonceEnd);
    this.#ticket = {
      nonce: body.subarray(9, nonceEnd),
      ticket: Buffer.from(body.subarray(nonceEnd + 2, nonceEnd + 2 + length)),
      ageAdd: isNew ? body.readUInt32BE(4) : 0,
    };
  }

  // ---- TLS 1.2 ----------------------------------------------------------------------------------------------------------------

  /** The key exchange, said; from then on there is a master secret. @param change of the message, which counts as it is sent */
  sayExchange(change: (good: Buffer) => Buffer = (good) => good, length?: number): void {
    this.say(change(message(MESSAGE.clientKeyExchange, u8(this.#share))), length);
    this.agree();
  }

  agree(): void {
    const secret = this.#shared(this.#serverShare ?? NOTHING);
    const [label, seed] = this.#extendedMaster
      ? ['extended master secret', this.#hash]
      : ['master secret', Buffer.concat([this.#clientRandom, this.#serverRandom])];
    this.#master = prf(secret, label as string, seed as Buffer, 48);
  }

  #old(side: 'client' | 'server'): Direction {
    const suite = this.#known;
    const fixed = Direction.fixedBytes(suite);
    const block = prf(this.#master, 'key expansion', Buffer.concat([this.#serverRandom, this.#clientRandom]), 2 * (suite.keyBytes + fixed));
    const at = side === 'client' ? 0 : 1;
    const key = block.subarray(at * suite.keyBytes, (at + 1) * suite.keyBytes);
    const ivs = block.subarray(2 * suite.keyBytes);
    return new Direction('TLSv1.2', suite, key, ivs.subarray(at * fixed, (at + 1) * fixed));
  }

  /** Says that our keys hold from here on, and uses them. */
  changeCipher(): void {
    this.raw(record(RECORD.changeCipher, Buffer.of(1)));
    this.useKeys();
  }

  useKeys(): void {
    this.#writing = this.#old('client');
  }

  // ---- the rest of the handshake ------------------------------------------------------------------------------------------------

  /** Our Finished. It is not sent. */
  finished(): Buffer {
    if (this.version === 'TLSv1.2') return message(MESSAGE.finished, prf(this.#master, 'client finished', this.#hash, 12));
    return message(MESSAGE.finished, hmac(expandLabel(this.#clientSecret, 'finished', NOTHING, HASH_BYTES), this.#hash));
  }

  /** Our certificates, DER; none is an answer as well. */
  certificates(...list: readonly Buffer[]): Buffer {
    const isNew = this.version === 'TLSv1.3';
    const entries = list.map((der) => (isNew ? Buffer.concat([u24(der), u16(NOTHING)]) : u24(der)));
    const body = u24(Buffer.concat(entries));
    return message(MESSAGE.certificate, isNew ? Buffer.concat([u8(NOTHING), body]) : body);
  }

  /** The proof that we have the key of our certificate. */
  proof({ key }: RawIdentity, change: (signature: Buffer) => Buffer = (good) => good, scheme: number = ECDSA_SHA256): Buffer {
    const context = Buffer.concat([Buffer.alloc(64, 32), Buffer.from('TLS 1.3, client CertificateVerify\0'), this.#hash]);
    const signature = sign('sha256', this.version === 'TLSv1.3' ? context : this.transcript, key);
    return message(MESSAGE.certificateVerify, Buffer.concat([number16(scheme), u16(change(signature))]));
  }

  /** Everything that is left of our side of the handshake, well done. */
  async finish(identity?: RawIdentity): Promise<void> {
    const resumed = this.trace.at(-1) === 'resumed';
    if (this.version === 'TLSv1.3') {
      if (this.asked) this.say(this.certificates(...(identity === undefined ? [] : [identity.der])));
      if (identity !== undefined) this.say(this.proof(identity));
      this.say(this.finished());
      this.useApplicationKeys();
      return;
    }
    if (!resumed) {
      if (this.asked) this.say(this.certificates(...(identity === undefined ? [] : [identity.der])));
      this.sayExchange();
      if (identity !== undefined) this.say(this.proof(identity));
    }
    this.changeCipher();
    this.say(this.finished());
    if (!resumed) await this.meet();
  }

  /** The whole handshake, well done. */
  async shake(hello: Buffer = this.hello(), identity?: RawIdentity): Promise<void> {
    this.say(hello);
    await this.meet();
    await this.finish(identity);
  }

  /** A line, and the line that comes back: everything said before has been taken. */
  async carries(line = 'raw\n'): Promise<void> {
    this.send(RECORD.data, Buffer.from(line));
    await this.replies();
  }

  /** The reversed line comes back. */
  async replies(): Promise<void> {
    while (!this.#text.includes('war\n')) {
      const { type, body } = await this.#next();
      if (type === RECORD.data) this.#text += body.toString();
      else if (body[0] === MESSAGE.newTicket) this.#take(body.subarray(4));
      else if (body[0] === MESSAGE.keyUpdate) {
        this.trace.push('key update');
        this.#serverSecret = expandLabel(this.#serverSecret, 'traffic upd', NOTHING, HASH_BYTES);
        this.#reading = Direction.of(this.#known, this.#serverSecret);
      }
    }
    this.#text = '';
    this.trace.push('carried');
  }

  /** Whatever still comes, to the end. */
  async rest(): Promise<void> {
    for (;;) await this.#next();
  }

  /** What may be resumed after `carries`. */
  get session(): RawSession {
    const ticket = this.#ticket;
    const { version } = this;
    if (version === 'TLSv1.2')
      return {
        version,
        secret: this.#master,
        id: ticket === undefined ? this.#id : Buffer.alloc(32, 7),
        ticket: ticket?.ticket,
        ageAdd: 0,
      };
    if (ticket === undefined) throw new Error('no ticket has come');
    const secret = expandLabel(this.#resumption, 'resumption', ticket.nonce, HASH_BYTES);
    return { version, secret, id: NOTHING, ticket: ticket.ticket, ageAdd: ticket.ageAdd };
  }
}
