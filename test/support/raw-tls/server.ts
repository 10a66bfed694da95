/**
 * A TLS server made by hand, the other side of client.ts: it does what it is told, in the order and in the records it is told. It knows
 * X25519 and SHA-256, takes what the client offers, and verifies nothing.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Socket } from 'node:net';
import { alertOf } from '../../../src/tls/verdict/alert.ts';
import { within } from '../eventually.ts';
import type { RawIdentity } from './client.ts';
import { ALERT, MESSAGE, Over, RECORD } from './client.ts';
import type { Extension } from './hello.ts';
import { EXTENSION, extensionsOf, keyShare, message, number16, record, u8, u16, u24, X25519 } from './hello.ts';
import type { Suite, Version } from './keys.ts';
import { Direction, expandLabel, extract, HASH_BYTES, hmac, prf, SUITES, sha256 } from './keys.ts';

const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(HASH_BYTES);
/** In front of the DER of a public key of X25519. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const ECDSA_SHA256 = 0x0403;
const NAMED_CURVE = 3;
/** Of a ticket, in seconds. */
const LIFETIME = Buffer.from([0, 0, 14, 16]);
const AGE_ADD = Buffer.from([1, 2, 3, 4]);
/** Opaque to the client; we know the session by ourselves. */
const TICKET = Buffer.alloc(48, 0x54);

/** A ServerHello, every part of it to be changed. */
export interface ServerHello {
  readonly version: number;
  readonly random: Buffer;
  readonly sessionId: Buffer;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: readonly Extension[] | undefined;
}

/** What was agreed, for the client to come back with. */
export interface ServerSession {
  /** TLS 1.2: the master secret. TLS 1.3: the key of the ticket. */
  readonly secret: Buffer;
  /** TLS 1.2: of the session, where no ticket was given. */
  readonly id: Buffer;
}

export class RawServer {
  /** What the client made of it so far: `carried`, `fatal decode_error`, `closed`. */
  readonly trace: string[] = [];
  readonly version: Version;
  readonly identity: RawIdentity;
  readonly #socket: Socket;
  readonly #pair = generateKeyPairSync('x25519');
  readonly #random = randomBytes(32);
  #inbox: Buffer = NOTHING;
  #ended = false;
  #wake: () => void = () => undefined;
  #handshake: Buffer = NOTHING;
  transcript: Buffer = NOTHING;
  #reading: Direction | undefined;
  #writing: Direction | undefined;
  #clientRandom: Buffer = NOTHING;
  #clientShare: Buffer = NOTHING;
  #sessionId: Buffer = NOTHING;
  #master: Buffer = NOTHING;
  #clientSecret: Buffer = NOTHING;
  #serverSecret: Buffer = NOTHING;
  #resumption: Buffer = NOTHING;
  #offersTicket = false;
  #chosen: Suite | undefined;
  #text = '';

  constructor(version: Version, socket: Socket, identity: RawIdentity) {
    this.version = version;
    this.identity = identity;
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#inbox = Buffer.concat([this.#inbox, bytes]);
      this.#wake();
    });
    for (const end of ['end', 'close'])
      socket.on(end, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  get isNew(): boolean {
    return this.version === 'TLSv1.3';
  }

  get #suite(): Suite {
    return this.#chosen ?? (SUITES[this.version][0] as Suite);
  }

  /** Whether the client's hello asks for this session, or for one by a ticket of ours. */
  offers({ id }: ServerSession): boolean {
    return this.#offersTicket || (id.length > 0 && this.#sessionId.equals(id));
  }

  // ---- to send ----------------------------------------------------------------------------------------------------------------

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** As the client's: what is sent without a wait between leaves as one piece, or who is refused is still writing and does not hear why. */
  raw(bytes: Uint8Array): void {
    if (this.#socket.destroyed) return;
    this.#socket.cork();
    this.#socket.write(bytes);
    process.nextTick(() => this.#socket.uncork());
  }

  end(): void {
    this.#socket.end();
  }

  /** A record under the keys of the moment. */
  send(type: number, body: Uint8Array): void {
    this.raw(this.sealed(type, body));
  }

  sealed(type: number, body: Uint8Array): Buffer {
    return this.#writing === undefined ? record(type, body) : this.#writing.seal(type, body);
  }

  /** A message of the handshake, which counts for its hash. @param length of the records it is cut into */
  say(whole: Buffer, length = 16_000): void {
    this.transcript = Buffer.concat([this.transcript, whole]);
    for (let at = 0; at < whole.length; at += length) this.send(RECORD.handshake, whole.subarray(at, at + length));
  }

  alert(level: number, description: number): void {
    this.send(RECORD.alert, Buffer.of(level, description));
  }

  writeInClear(): void {
    this.#writing = undefined;
  }

  // ---- the messages -----------------------------------------------------------------------------------------------------------

  serverHello(change: (good: ServerHello) => ServerHello = (good) => good): Buffer {
    const old: Extension[] = [
      [EXTENSION.extendedMaster, NOTHING],
      [EXTENSION.renegotiation, u8(NOTHING)],
    ];
    const newer: Extension[] = [
      [EXTENSION.versions, number16(0x0304)],
      [EXTENSION.keyShare, keyShare(X25519, this.share)],
    ];
    const { version, random, sessionId, suite, compression, extensions } = change({
      version: 0x0303,
      random: this.#random,
      sessionId: this.isNew ? this.#sessionId : NOTHING,
      suite: this.#suite.number,
      compression: 0,
      extensions: this.isNew ? newer : old,
    });
    const front = [number16(version), random, u8(sessionId), number16(suite), Buffer.of(compression)];
    return message(MESSAGE.serverHello, Buffer.concat(extensions === undefined ? front : [...front, u16(extensionsOf(extensions))]));
  }

  /** Our public key of X25519. */
  get share(): Buffer {
    return this.#pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI.length);
  }

  /**
   * The hello, said; in TLS 1.3 everything behind it is under the keys of the handshake.
   * @param psk the key of the ticket that is taken
   */
  sayHello(hello: Buffer = this.serverHello(), length?: number, psk: Buffer = ZEROS): void {
    this.say(hello, length);
    if (!this.isNew) return;
    const secret = extract(expandLabel(extract(ZEROS, psk), 'derived', sha256(), HASH_BYTES), this.#shared());
    this.#clientSecret = expandLabel(secret, 'c hs traffic', this.#hash, HASH_BYTES);
    this.#serverSecret = expandLabel(secret, 's hs traffic', this.#hash, HASH_BYTES);
    this.#master = extract(expandLabel(secret, 'derived', sha256(), HASH_BYTES), ZEROS);
    this.#writing = Direction.of(this.#suite, this.#serverSecret);
    this.#reading = Direction.of(this.#suite, this.#clientSecret);
  }

  encryptedExtensions(...extensions: readonly Extension[]): Buffer {
    return message(MESSAGE.encryptedExtensions, u16(extensionsOf(extensions)));
  }

  certificate(...list: readonly Buffer[]): Buffer {
    const entries = list.map((der) => (this.isNew ? Buffer.concat([u24(der), u16(NOTHING)]) : u24(der)));
    const body = u24(Buffer.concat(entries));
    return message(MESSAGE.certificate, this.isNew ? Buffer.concat([u8(NOTHING), body]) : body);
  }

  /** TLS 1.3: the proof that we have the key. */
  proof(change: (signature: Buffer) => Buffer = (good) => good, scheme = ECDSA_SHA256): Buffer {
    const context = Buffer.concat([Buffer.alloc(64, 32), Buffer.from('TLS 1.3, server CertificateVerify\0'), this.#hash]);
    const signature = sign('sha256', context, this.identity.key);
    return message(MESSAGE.certificateVerify, Buffer.concat([number16(scheme), u16(change(signature))]));
  }

  /** TLS 1.2: our share, signed. */
  exchange({
    share = this.share,
    kind = NAMED_CURVE,
    group = X25519,
    change = (good: Buffer) => good,
    scheme = ECDSA_SHA256,
  } = {}): Buffer {
    const parameters = Buffer.concat([Buffer.of(kind), number16(group), u8(share)]);
    const signature = sign('sha256', Buffer.concat([this.#clientRandom, this.#random, parameters]), this.identity.key);
    return message(MESSAGE.serverKeyExchange, Buffer.concat([parameters, number16(scheme), u16(change(signature))]));
  }

  finished(): Buffer {
    if (!this.isNew) return message(MESSAGE.finished, prf(this.#master, 'server finished', this.#hash, 12));
    return message(MESSAGE.finished, hmac(expandLabel(this.#serverSecret, 'finished', NOTHING, HASH_BYTES), this.#hash));
  }

  // ---- the flights ------------------------------------------------------------------------------------------------------------

  /** Everything of ours before it is the client's turn, but the Finished of TLS 1.3. @param length of the records */
  sayFlight(length?: number): void {
    this.sayHello(undefined, length);
    if (this.isNew) this.say(this.encryptedExtensions(), length);
    this.say(this.certificate(this.identity.der), length);
    this.say(this.isNew ? this.proof() : this.exchange(), length);
    if (!this.isNew) this.say(message(MESSAGE.serverHelloDone, NOTHING), length);
  }

  /** TLS 1.2: the client's flight, behind which our keys hold. */
  async hear(): Promise<void> {
    for (;;) {
      const { type, body, whole } = await this.#message();
      if (type === MESSAGE.clientKeyExchange) {
        this.#clientShare = body.subarray(1);
        this.transcript = Buffer.concat([this.transcript, whole]);
        this.#master = prf(this.#shared(), 'extended master secret', this.#hash, 48);
      } else {
        this.transcript = Buffer.concat([this.transcript, whole]);
        if (type === MESSAGE.finished) return;
      }
    }
  }

  changeCipher(): void {
    this.raw(record(RECORD.changeCipher, Buffer.of(1)));
    this.#writing = this.#old('server');
  }

  /** Our Finished, and in TLS 1.3 the client's flight behind it. */
  async finish(whole?: Buffer, length?: number): Promise<void> {
    this.say(whole ?? this.finished(), length);
    if (!this.isNew) return;
    const [ours, theirs] = (['s ap traffic', 'c ap traffic'] as const).map((label) =>
      expandLabel(this.#master, label, this.#hash, HASH_BYTES),
    );
    const { whole: theirLast } = await this.#message();
    this.#resumption = expandLabel(this.#master, 'res master', sha256(this.transcript, theirLast), HASH_BYTES);
    this.#writing = Direction.of(this.#suite, ours as Buffer);
    this.#serverSecret = ours as Buffer;
    this.#clientSecret = theirs as Buffer;
    this.#reading = Direction.of(this.#suite, this.#clientSecret);
  }

  /** The whole handshake, well done; the client's hello has been read. */
  async shake(length?: number): Promise<void> {
    this.sayFlight(length);
    if (!this.isNew) {
      await this.hear();
      this.changeCipher();
    }
    await this.finish(undefined, length);
  }

  // ---- resumption -------------------------------------------------------------------------------------------------------------

  /**
   * A whole handshake that leaves the client with a session, and an orderly end, behind which it has read everything.
   * @param by TLS 1.2: the id of the session, or a ticket; TLS 1.3 has tickets alone
   */
  async giveSession(by: 'id' | 'ticket'): Promise<ServerSession> {
    const id = by === 'id' && !this.isNew ? randomBytes(32) : NOTHING;
    this.sayHello(
      this.serverHello((good) => ({
        ...good,
        sessionId: this.isNew ? good.sessionId : id,
        extensions: [...(good.extensions ?? []), ...(by === 'ticket' && !this.isNew ? [[EXTENSION.ticket, NOTHING] as const] : [])],
      })),
    );
    if (this.isNew) this.say(this.encryptedExtensions());
    this.say(this.certificate(this.identity.der));
    this.say(this.isNew ? this.proof() : this.exchange());
    if (!this.isNew) {
      this.say(message(MESSAGE.serverHelloDone, NOTHING));
      await this.hear();
      if (by === 'ticket') this.say(message(MESSAGE.newTicket, Buffer.concat([LIFETIME, u16(TICKET)])));
      this.changeCipher();
    }
    await this.finish();
    const secret = this.isNew ? expandLabel(this.#resumption, 'resumption', Buffer.of(0), HASH_BYTES) : this.#master;
    if (this.isNew)
      this.send(
        RECORD.handshake,
        message(MESSAGE.newTicket, Buffer.concat([LIFETIME, AGE_ADD, u8(Buffer.of(0)), u16(TICKET), u16(NOTHING)])),
      );
    await this.carries();
    this.alert(ALERT.warning, ALERT.closeNotify);
    this.end();
    return { secret, id };
  }

  /** Takes what the client offers, up to our Finished. @param suite that of the answer @param change of the hello */
  sayResumed({ secret }: ServerSession, suite: Suite = this.#suite, change: (good: ServerHello) => ServerHello = (good) => good): void {
    this.#chosen = suite;
    const hello = this.serverHello((good) =>
      change({
        ...good,
        sessionId: this.#sessionId,
        extensions: this.isNew ? [...(good.extensions ?? []), [EXTENSION.preSharedKey, number16(0)]] : good.extensions,
      }),
    );
    this.sayHello(hello, undefined, secret);
    if (this.isNew) {
      this.say(this.encryptedExtensions());
    } else {
      this.#master = secret;
      this.changeCipher();
    }
  }

  /** A resumed handshake to its end; in TLS 1.2 the client's Finished comes last. */
  async resume(session: ServerSession, suite?: Suite): Promise<void> {
    this.sayResumed(session, suite);
    await this.finish();
    if (!this.isNew) await this.#message();
  }

  /** As after a KeyUpdate of ours. */
  renewWriting(): void {
    this.#serverSecret = expandLabel(this.#serverSecret, 'traffic upd', NOTHING, HASH_BYTES);
    this.#writing = Direction.of(this.#suite, this.#serverSecret);
  }

  // ---- what the client says -----------------------------------------------------------------------------------------------------

  /** The client's hello. */
  async hello(): Promise<void> {
    const { body, whole } = await this.#message();
    this.transcript = whole;
    this.#clientRandom = body.subarray(2, 34);
    const idEnd = 35 + (body[34] ?? 0);
    this.#sessionId = body.subarray(35, idEnd);
    let at = idEnd + 2 + body.readUInt16BE(idEnd);
    at += 1 + (body[at] ?? 0) + 2;
    for (; at + 4 <= body.length; at += 4 + body.readUInt16BE(at + 2)) {
      const content = body.subarray(at + 4, at + 4 + body.readUInt16BE(at + 2));
      const type = body.readUInt16BE(at);
      if (type === EXTENSION.keyShare) this.#clientShare = content.subarray(-32);
      if (type === EXTENSION.preSharedKey || type === EXTENSION.ticket) this.#offersTicket ||= content.includes(TICKET);
    }
  }

  /** The line that the client sends. */
  async carries(): Promise<void> {
    while (!this.#text.includes('raw\n')) {
      const { type, body } = await this.#next();
      if (type === RECORD.data) this.#text += body.toString();
    }
    this.#text = '';
    this.trace.push('carried');
  }

  /** Whatever still comes, to the end. */
  async rest(): Promise<never> {
    for (;;) {
      const { type, body } = await this.#next();
      if (type !== RECORD.handshake) continue;
      if (body[0] === MESSAGE.keyUpdate) {
        this.trace.push('key update');
        this.#clientSecret = expandLabel(this.#clientSecret, 'traffic upd', NOTHING, HASH_BYTES);
        this.#reading = Direction.of(this.#suite, this.#clientSecret);
      } else this.trace.push(`message ${body[0]}`);
    }
  }

  async #message(): Promise<{ readonly type: number; readonly body: Buffer; readonly whole: Buffer }> {
    for (;;) {
      const length = this.#handshake.length < 4 ? undefined : 4 + this.#handshake.readUIntBE(1, 3);
      if (length !== undefined && this.#handshake.length >= length) {
        const whole = this.#handshake.subarray(0, length);
        this.#handshake = this.#handshake.subarray(length);
        return { type: whole[0] ?? 0, body: whole.subarray(4), whole };
      }
      const { type, body } = await this.#next();
      if (type === RECORD.handshake) this.#handshake = Buffer.concat([this.#handshake, body]);
    }
  }

  /** @throws Over, also for an alert that ends it */
  async #next(): Promise<{ readonly type: number; readonly body: Buffer }> {
    for (;;) {
      const whole = await this.#record();
      const type = whole[0] ?? 0;
      if (type === RECORD.changeCipher) {
        if (!this.isNew) this.#reading = this.#old('client');
        continue;
      }
      const opened = this.#opened(type, whole);
      if (opened.type !== RECORD.alert) return opened;
      const [level = 0, description = 0] = opened.body;
      this.trace.push(`${level === ALERT.fatal ? 'fatal' : 'warning'} ${alertOf(description).name}`);
      if (level === ALERT.fatal || description === ALERT.closeNotify) throw new Over();
    }
  }

  #opened(type: number, whole: Buffer): { readonly type: number; readonly body: Buffer } {
    if (this.#reading === undefined || (this.isNew && type !== RECORD.data)) return { type, body: whole.subarray(5) };
    try {
      return this.#reading.open(whole);
    } catch {
      this.trace.push('under other keys');
      throw new Over(false);
    }
  }

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
        'the client says something',
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    }
  }

  get #hash(): Buffer {
    return sha256(this.transcript);
  }

  #shared(): Buffer {
    const publicKey = createPublicKey({ key: Buffer.concat([SPKI, this.#clientShare]), type: 'spki', format: 'der' });
    return diffieHellman({ privateKey: this.#pair.privateKey, publicKey });
  }

  #old(side: 'client' | 'server'): Direction {
    const suite = this.#suite;
    const fixed = Direction.fixedBytes(suite);
    const block = prf(this.#master, 'key expansion', Buffer.concat([this.#random, this.#clientRandom]), 2 * (suite.keyBytes + fixed));
    const at = side === 'client' ? 0 : 1;
    const key = block.subarray(at * suite.keyBytes, (at + 1) * suite.keyBytes);
    return new Direction('TLSv1.2', suite, key, block.subarray(2 * suite.keyBytes).subarray(at * fixed, (at + 1) * fixed));
  }
}
