/**
 * What one connection answers when OpenSSL asks: whose virtual host, is this the right peer, which protocol, which key. A question whose
 * answer takes time stops the handshake where the library can do that, and is asked again; the answer is then here.
 */
import { randomBytes } from 'node:crypto';
import type { Pointer } from '../../native/binding.ts';
import { copyTo } from '../../native/binding.ts';
import { C, CTRL } from '../library/library.ts';
import { libraryCopy } from '../library/memory.ts';
import { nameOf, Session } from '../sessions/session.ts';
import { fetchSession, keepSession } from '../sessions/shared-sessions.ts';
import { openTicket, sealTicket } from '../sessions/ticket.ts';
import type { Callee } from './callbacks.ts';
import { CLIENT_HELLO } from './callbacks.ts';
import type { Context } from './context.ts';
import type { Role } from './context-options.ts';
import type { Facts } from './facts.ts';
import { Judgement } from './judgement.ts';
import type { Choice, TlsLegOptions } from './leg-options.ts';
import { FreshPeer, KnownPeer } from './peer.ts';
import { PskAnswers } from './psk-answers.ts';
import { announcesStaple } from './server-hello.ts';
import type { Verdict } from './verdict.ts';
import { VERIFY_ERRORS } from './verdict.ts';
import { applyContext, onlyProtocol, requestedName } from './virtual-host.ts';

const ALERT = { ILLEGAL_PARAMETER: 47, INTERNAL_ERROR: 80, UNRECOGNIZED_NAME: 112 } as const;
const ALPN_CHOSEN = 0;
const ALPN_REFUSED = 2;
const NEGOTIATED = 1;
const STAPLED = 0;
const NOT_STAPLED = 3;
const NO_ALPN = 3;
/** Of a session; they must not meet. */
const NAME_BYTES = 16;
const TLS_1_3 = 0x0304;

export class Answers implements Callee {
  readonly role: Role;
  /** Of several virtual hosts that of the chosen one, once it is. */
  context: Context;
  /** The context that the connection was made from. */
  readonly #first: Pointer;
  readonly #ssl: () => Pointer;
  readonly #options: TlsLegOptions;
  readonly #facts: Facts;
  readonly #goOn: () => void;
  readonly #judgement: Judgement;
  /** Settled: it is not asked for again. */
  #choice: Choice | undefined;
  #chosenName: string | undefined;
  #applied = false;
  /** For the host, or for the session that the client wants to resume. */
  #asking = false;
  #sessionFetched = false;
  /** The library has been told to stop until the verdict is there. */
  #stopped = false;
  /** Client, up to TLS 1.2, where that is foreseen: the server will not send one. */
  #noStaple = false;
  /** Set when the first handshake has finished. */
  #concluded: ((verdict: Verdict) => void) | undefined;
  /** The leaf that was judged: in the handshake, or, where a session was resumed, the one it had kept. */
  #judged: Uint8Array | undefined;
  /** Client: the session that was offered. Only its address counts. */
  offered: Pointer | undefined;
  readonly #psk = new PskAnswers();
  #sessions: Session[] = [];

  /** @param goOn called when an answer has come that the handshake waits for */
  constructor(options: TlsLegOptions, ssl: () => Pointer, facts: Facts, goOn: () => void) {
    this.#options = options;
    this.#ssl = ssl;
    this.#facts = facts;
    this.#goOn = goOn;
    this.context = options.context;
    this.#first = options.context.pointer;
    this.role = options.context.options.role;
    this.#judgement = new Judgement(
      options.judge,
      () => this.#staple(),
      () => this.#decided(),
    );
  }

  /** What `judge` failed with: a defect, by which the peer is refused. */
  get thrown(): Error | undefined {
    return this.#judgement.thrown;
  }

  /** The handshake has been stopped for an answer. */
  get waits(): boolean {
    return this.#asking || this.#stopped;
  }

  // ---- whose client is it ------------------------------------------------------------------------------------------------

  clientHello(alert: Pointer): number {
    const answer = this.#chooseHost(alert);
    return answer === CLIENT_HELLO.goOn ? this.#fetchSession() : answer;
  }

  /** The library looks where its first context keeps sessions, whatever host was chosen; it gives none to another host. */
  #fetchSession(): number {
    if (this.#sessionFetched) return CLIENT_HELLO.goOn;
    this.#sessionFetched = true;
    const { maxVersion } = this.context;
    const fetching = fetchSession(this.#ssl(), this.#first, maxVersion === 0 || maxVersion >= TLS_1_3);
    if (fetching === undefined) return CLIENT_HELLO.goOn;
    this.#asking = true;
    const fetched = (): void => {
      this.#asking = false;
      this.#goOn();
    };
    fetching.then(fetched, fetched);
    return CLIENT_HELLO.ask;
  }

  #chooseHost(alert: Pointer): number {
    const name = requestedName(this.#ssl());
    if (this.#choice !== undefined) return this.#take(this.#choice, name, alert);
    if (this.#options.choose === undefined) return CLIENT_HELLO.goOn;
    this.#chosenName = name;
    const choice = this.#options.choose(name, onlyProtocol(this.#ssl()));
    if (!(choice instanceof Promise)) return this.#take(choice, name, alert);
    this.#asking = true;
    const chosen = (settled: Choice | undefined): void => {
      this.#choice = settled ?? { kind: 'refuse', alert: ALERT.INTERNAL_ERROR };
      this.#asking = false;
      this.#goOn();
    };
    choice.then(chosen, () => chosen({ kind: 'refuse', alert: ALERT.INTERNAL_ERROR }));
    return CLIENT_HELLO.ask;
  }

  /** A second hello (RFC 8446 section 4.1.4) must name the host of the first. */
  #take(choice: Choice, name: string | undefined, alert: Pointer): number {
    this.#choice = choice;
    if (choice?.kind !== 'context' || name !== this.#chosenName) {
      const number = numberOf(choice);
      copyTo(alert, new Uint8Array(new Int32Array([number]).buffer));
      return CLIENT_HELLO.refuse;
    }
    if (!this.#applied && choice.context !== this.context) applyContext(this.#ssl(), choice.context);
    this.#applied = true;
    this.context = choice.context;
    return CLIENT_HELLO.goOn;
  }

  // ---- is it the right peer ----------------------------------------------------------------------------------------------

  verify(chain: Pointer): number {
    const peer = new FreshPeer(chain, this.#facts);
    // One who renegotiates must be who it was: the verdict was on that certificate.
    if (this.#concluded !== undefined && !isSame(peer.certificate, this.#judged))
      return refuse(chain, VERIFY_ERRORS.APPLICATION_VERIFICATION);
    this.#judged ??= peer.certificate;
    try {
      this.#judgement.ask(peer);
    } finally {
      peer.over();
    }
    const { verdict } = this.#judgement;
    if (verdict !== undefined && !verdict.accepted) return refuse(chain, verdict.error);
    if (this.#judgement.waits && this.role === 'client') this.#stop();
    return 1;
  }

  handshakeBegins(): void {
    this.#judged ??= this.#facts.certificate;
  }

  /** Client mode only: a server's library would take it for a yes, so there the leg waits for the verdict after the handshake. */
  #stop(): void {
    this.#stopped = true;
    C.SSL_ctrl(this.#ssl(), CTRL.SSL_CTRL_SET_RETRY_VERIFY, 0, null);
  }

  /** Up to TLS 1.2 a staple comes behind the certificates, where the handshake cannot be stopped for a verdict any more. */
  #staple(): Uint8Array | undefined | 'later' {
    if (this.role === 'server' || this.context.options.requestStaple !== true) return undefined;
    if (this.#noStaple && !this.#facts.isTls13) return undefined;
    return this.#facts.isTls13 || this.#concluded !== undefined ? this.#facts.staple : 'later';
  }

  serverHello(message: Uint8Array): void {
    this.#noStaple = !announcesStaple(Buffer.from(message.buffer, message.byteOffset, message.length));
  }

  status(): number {
    if (this.role === 'server') return this.#sendStaple();
    this.#judgement.stapleKnown(this.#facts.staple);
    return this.#judgement.verdict?.accepted === false ? 0 : 1;
  }

  #decided(): void {
    const { verdict } = this.#judgement;
    if (this.#stopped) {
      this.#stopped = false;
      this.#goOn();
    } else if (verdict !== undefined) this.#concluded?.(verdict);
  }

  /** The handshake has finished: what was not asked is asked now. @param done called once with the verdict, perhaps at once */
  conclude(done: (verdict: Verdict) => void): void {
    this.#concluded = done;
    this.#facts.settle();
    this.#takeRenewed();
    this.#judgement.ask(new KnownPeer(this.#facts, this.#psk.wasUsed(this.#ssl(), this.#facts, this.offered)));
    this.#judgement.stapleKnown(this.#staple() as Uint8Array | undefined);
    if (this.#judgement.verdict !== undefined) done(this.#judgement.verdict);
  }

  // ---- pre-shared keys ---------------------------------------------------------------------------------------------------

  pskOfClient(identity: Pointer, identityRoom: number, key: Pointer, keyRoom: number): number {
    return this.#psk.ofClient(this.context, identity, identityRoom, key, keyRoom);
  }

  pskOfServer(identity: string | null, key: Pointer, keyRoom: number): number {
    return this.#psk.ofServer(this.context, identity, key, keyRoom);
  }

  // ---- tickets, sessions, protocols, staples -----------------------------------------------------------------------------

  ticket(name: Pointer, iv: Pointer, cipher: Pointer, mac: Pointer, encrypt: boolean): number {
    const keys = this.context.options.sessions?.tickets?.();
    if (keys === undefined) return 0;
    if (encrypt) return sealTicket(keys, name, iv, cipher, mac);
    const opened = openTicket(keys, this.#facts.isTls13, name, iv, cipher, mac);
    if (opened > 0) this.#psk.ticketOpened();
    return opened;
  }

  newSession(session: Pointer): number {
    if (this.role === 'server') keepSession(this.#first, session);
    if (this.#options.sessionReceived === undefined) return 0;
    this.#sessions.push(new Session(session));
    return 1;
  }

  nameSession(): void {
    const session = C.SSL_get_session(this.#ssl());
    if (session === null || nameOf(session) !== undefined) return;
    const name = randomBytes(NAME_BYTES);
    C.SSL_SESSION_set1_ticket_appdata(session, name, NAME_BYTES);
  }

  /** Up to TLS 1.2 nobody is told of a new ticket that came with a resumed session: the connection then holds another one than we gave it. */
  #takeRenewed(): void {
    if (this.offered === undefined || this.#options.sessionReceived === undefined || this.#facts.isTls13 || !this.#facts.resumed) return;
    const session = C.SSL_get_session(this.#ssl());
    if (session === null || session === this.offered) return;
    C.SSL_SESSION_up_ref(session);
    this.#options.sessionReceived(new Session(session));
  }

  /** Hands on what came during a call. */
  afterCall(): void {
    if (this.#sessions.length === 0) return;
    const sessions = this.#sessions;
    this.#sessions = [];
    for (const session of sessions) this.#options.sessionReceived?.(session);
  }

  selectAlpn(place: Pointer, length: Pointer, offered: Pointer, offeredLength: number): number {
    const ours = this.context.alpnWire;
    if (ours.length === 0) return NO_ALPN;
    const result = C.SSL_select_next_proto(place, length, ours, ours.length, offered, offeredLength);
    return result === NEGOTIATED ? ALPN_CHOSEN : ALPN_REFUSED;
  }

  #sendStaple(): number {
    const staple = this.context.options.staple?.();
    if (staple === undefined) return NOT_STAPLED;
    const set = C.SSL_ctrl(this.#ssl(), CTRL.SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, staple.length, libraryCopy(staple));
    return set === 1 ? STAPLED : NOT_STAPLED;
  }

  keyLog(line: string): void {
    this.context.options.keyLog?.(line);
  }
}

/** The alert for a client that is not let on: refused, a defect of ours, or a second hello that names another host. */
function numberOf(choice: Choice | undefined): number {
  if (choice?.kind === 'refuse') return choice.alert ?? ALERT.UNRECOGNIZED_NAME;
  return choice?.kind === 'context' ? ALERT.ILLEGAL_PARAMETER : ALERT.INTERNAL_ERROR;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

/** @returns what the verify callback answers; `error` becomes the alert */
function refuse(chain: Pointer, error: number): number {
  C.X509_STORE_CTX_set_error(chain, error === VERIFY_ERRORS.OK ? VERIFY_ERRORS.APPLICATION_VERIFICATION : error);
  return 0;
}
