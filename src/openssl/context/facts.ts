/** What a connection knows when its handshake has finished. Asked piece by piece: most connections are asked for little. */
import { createHash } from 'node:crypto';
import type { Pointer } from '../../native/binding.ts';
import { copyOf } from '../../native/binding.ts';
import { C, CTRL } from '../library/library.ts';
import { Slot } from '../library/memory.ts';
import { certificateDer, certificatesDer } from '../material/certificate.ts';
import { nameOf } from '../sessions/session.ts';

const slot = new Slot();
const lengthSlot = new Slot();
const TLS1_3 = 0x0304;
const HOST_NAME = 0;
/** SSL_get_finished gives at most EVP_MAX_MD_SIZE. */
const MAX_FINISHED = 64;
/** Of a session up to TLS 1.2. */
const MAX_SECRET = 48;

export interface CipherFacts {
  /** OpenSSL's name, `ECDHE-RSA-AES128-GCM-SHA256`. */
  readonly name: string;
  /** IANA's name, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
  readonly standardName: string;
  readonly bits: number;
}

const NO_CIPHER: CipherFacts = { name: '', standardName: '', bits: 0 };

/** Of the library, which has its ciphers and versions as long as the process lives. */
const ciphers = new Map<Pointer, CipherFacts>();
const versionNames = new Map<number, string>();
const groupNames = new Map<number, string>();

function factsOfCipher(cipher: Pointer): CipherFacts {
  return {
    name: C.SSL_CIPHER_get_name(cipher) ?? '',
    standardName: C.SSL_CIPHER_standard_name(cipher) ?? '',
    bits: C.SSL_CIPHER_get_bits(cipher, null),
  };
}

export class Facts {
  readonly #ssl: () => Pointer;
  /** As the library numbers it, once the handshake has finished: it stays what it is. */
  #agreedVersion: number | undefined;

  /** @param ssl throws when the connection is gone */
  constructor(ssl: () => Pointer) {
    this.#ssl = ssl;
  }

  /** `TLSv1.3`. */
  get version(): string {
    const ssl = this.#ssl();
    return versionNames.getOrInsertComputed(this.#versionOf(ssl), () => C.SSL_get_version(ssl) ?? '');
  }

  get isTls13(): boolean {
    return this.#versionOf(this.#ssl()) === TLS1_3;
  }

  #versionOf(ssl: Pointer): number {
    return this.#agreedVersion ?? C.SSL_version(ssl);
  }

  /** The handshake has finished. */
  settle(): void {
    this.#agreedVersion = C.SSL_version(this.#ssl());
  }

  get cipher(): CipherFacts {
    const cipher = C.SSL_get_current_cipher(this.#ssl());
    return cipher === null ? NO_CIPHER : ciphers.getOrInsertComputed(cipher, factsOfCipher);
  }

  /** The key-exchange group as OpenSSL names it, `x25519` or `X25519MLKEM768`; '' where none was used or this library cannot say. */
  get group(): string {
    const nameOfGroup = C.SSL_get0_group_name;
    const ssl = this.#ssl();
    const group = nameOfGroup === undefined ? 0 : C.SSL_ctrl(ssl, CTRL.SSL_CTRL_GET_NEGOTIATED_GROUP, 0, null);
    return nameOfGroup === undefined || group === 0 ? '' : groupNames.getOrInsertComputed(group, () => nameOfGroup(ssl) ?? '');
  }

  /** The peer's temporary key, as stunnel logs it; undefined where there is none. */
  get peerTemporaryKey(): { readonly type: string; readonly bits: number } | undefined {
    slot.pointer = null;
    if (C.SSL_ctrl(this.#ssl(), CTRL.SSL_CTRL_GET_PEER_TMP_KEY, 0, slot.at) !== 1 || slot.pointer === null) {
      return undefined;
    }
    const key = slot.pointer;
    const facts = { type: C.EVP_PKEY_get0_type_name(key) ?? '', bits: C.EVP_PKEY_get_bits(key) };
    C.EVP_PKEY_free(key);
    return facts;
  }

  get resumed(): boolean {
    return C.SSL_session_reused(this.#ssl()) === 1;
  }

  /** Server: a name the session keeps when it is resumed, of a context with `named` sessions; one without tickets goes by its secret's hash. */
  get sessionName(): string | undefined {
    const session = C.SSL_get_session(this.#ssl());
    if (session === null) return undefined;
    const name = nameOf(session);
    if (name !== undefined || this.isTls13) return name;
    const secret = new Uint8Array(MAX_SECRET);
    const length = C.SSL_SESSION_get_master_key(session, secret, MAX_SECRET);
    return length === 0 ? undefined : createHash('sha256').update(secret.subarray(0, length)).digest('base64');
  }

  /** The application protocol agreed on. */
  get alpn(): string | undefined {
    slot.pointer = null;
    lengthSlot.pointer = null;
    C.SSL_get0_alpn_selected(this.#ssl(), slot.at, lengthSlot.at);
    const { uint } = lengthSlot;
    return uint === 0 ? undefined : Buffer.from(copyOf(slot.pointer, uint)).toString('latin1');
  }

  /** Server: the name the client asked for. */
  get serverName(): string | undefined {
    return C.SSL_get_servername(this.#ssl(), HOST_NAME) ?? undefined;
  }

  /** DER of the peer's leaf, also on a resumed session. */
  get certificate(): Uint8Array<ArrayBuffer> | undefined {
    const certificate = C.SSL_get1_peer_certificate(this.#ssl());
    if (certificate === null) return undefined;
    const der = certificateDer(certificate);
    C.X509_free(certificate);
    return der;
  }

  /** DER of what the peer sent, the leaf first. */
  get sentChain(): readonly Uint8Array<ArrayBuffer>[] {
    const chain = certificatesDer(C.SSL_get_peer_cert_chain(this.#ssl()));
    const leaf = this.certificate;
    if (leaf === undefined) return [];
    const [first] = chain;
    return first !== undefined && Buffer.compare(first, leaf) === 0 ? chain : [leaf, ...chain]; // a server is not given the leaf again
  }

  /** DER from the leaf to the anchor; empty on a resumed session and where nothing was verified. */
  get verifiedChain(): readonly Uint8Array<ArrayBuffer>[] {
    return certificatesDer(C.SSL_get0_verified_chain(this.#ssl()));
  }

  /** X509_V_ERR_ of the full handshake. */
  get verifyResult(): number {
    return C.SSL_get_verify_result(this.#ssl());
  }

  /** Client: the OCSP response that was stapled, DER. */
  get staple(): Uint8Array<ArrayBuffer> | undefined {
    slot.pointer = null;
    const length = C.SSL_ctrl(this.#ssl(), CTRL.SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, slot.at);
    return length > 0 && slot.pointer !== null ? copyOf(slot.pointer, length) : undefined;
  }

  /** Our last Finished message and the peer's: `tls-unique` of RFC 5929 is the first of the two (up to TLS 1.2). */
  get finished(): { readonly ours: Uint8Array; readonly theirs: Uint8Array } {
    const read = (ask: (ssl: Pointer, into: Uint8Array, room: number) => number): Uint8Array => {
      const bytes = new Uint8Array(MAX_FINISHED);
      return bytes.subarray(0, Math.min(ask(this.#ssl(), bytes, MAX_FINISHED), MAX_FINISHED));
    };
    return { ours: read(C.SSL_get_finished), theirs: read(C.SSL_get_peer_finished) };
  }

  /** Keying material of RFC 5705 and RFC 8446 section 7.5; undefined where the library refuses. */
  export(label: string, length: number, context?: Uint8Array): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    const has = context === undefined ? 0 : 1;
    const size = Buffer.byteLength(label);
    const made = C.SSL_export_keying_material(this.#ssl(), bytes, length, label, size, context ?? null, context?.length ?? 0, has);
    return made === 1 ? bytes : undefined;
  }
}
