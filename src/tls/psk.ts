/**
 * Pre-shared keys (RFC 4279, RFC 8446 section 4.2.11): a secret both ends know takes the place of certificates. Whether one was used
 * has to be worked out, because Node does not say: up to TLS 1.2 the cipher's name tells, in TLS 1.3 such a handshake looks resumed.
 */
import { createHash } from 'node:crypto';
import type { PSKCallbackNegotation, TLSSocket } from 'node:tls';
import type { PskConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { emptyFile, isExposed, materialError, readMaterial } from './material-file.ts';

/** stunnel's bounds. */
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 256;

export interface PskKeys {
  /** Never empty. */
  readonly byIdentity: ReadonlyMap<string, Buffer>;
  /** Client mode: which one to use. */
  readonly identity: string;
  /** A digest of everything, to tell whether the file has changed. */
  readonly digest: string;
  /** The file, where others can read it. */
  readonly exposed: string | undefined;
}

/**
 * Reads PSKsecrets: `identity:key` a line, the key in hexadecimal if it can be read so, else as it stands; blank lines are skipped.
 * @throws OvercoatError `config_key_material` with the line's number, never with what stands in it
 */
export function loadPskKeys({ secretsFile, identity }: PskConfig): PskKeys {
  const bytes = readMaterial('PSKsecrets', secretsFile);
  const byIdentity = new Map<string, Buffer>();
  const lines = bytes.toString('utf8').split('\n');
  lines.forEach((line, index) => {
    const text = line.replace(/\r$/, '');
    if (text !== '') addKey(byIdentity, text, secretsFile, index + 1);
  });
  const [first] = byIdentity.keys();
  if (first === undefined)
    throw materialError('PSKsecrets', secretsFile, `${emptyFile(bytes) ?? 'holds no identity'}; write one identity:key a line`);
  if (identity !== undefined && !byIdentity.has(identity)) {
    throw new OvercoatError('config_key_material', `No key found for the specified PSK identity: ${identity} is not in ${secretsFile}`);
  }
  return {
    byIdentity,
    identity: identity ?? first,
    digest: createHash('sha256').update(bytes).digest('hex'),
    exposed: isExposed(secretsFile) ? secretsFile : undefined,
  };
}

/** The first of two lines with the same identity counts. */
function addKey(keys: Map<string, Buffer>, line: string, file: string, number: number): void {
  const wrong = (text: string): OvercoatError => materialError('PSKsecrets', file, `PSKsecrets line ${number}: ${text}`);
  const colon = line.indexOf(':');
  if (colon < 1) throw wrong('Not in identity:key format');
  const text = line.slice(colon + 1);
  const key = isHex(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'utf8');
  if (key.length < MIN_KEY_BYTES) throw wrong(`Key shorter than ${MIN_KEY_BYTES} bytes`);
  if (key.length > MAX_KEY_BYTES) throw wrong(`Key longer than ${MAX_KEY_BYTES} bytes`);
  const identity = line.slice(0, colon);
  if (!keys.has(identity)) keys.set(identity, key);
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);
}

/** For `tls.connect`. */
export function pskOfClient(keys: PskKeys): () => PSKCallbackNegotation {
  const psk = keys.byIdentity.get(keys.identity) as Buffer;
  return () => ({ psk, identity: keys.identity });
}

/** Sockets whose client named an identity we have a key for; it was used only if the handshake then says so. */
const named = new WeakSet<TLSSocket>();

/** For `tls.createServer`. An unknown identity gets no key: the handshake goes on with certificates, or fails. */
export function pskOfServer(keys: PskKeys): (socket: TLSSocket, identity: string) => Buffer | null {
  return (socket, identity) => {
    const key = keys.byIdentity.get(identity);
    if (key !== undefined) named.add(socket);
    return key ?? null;
  };
}

/** Tells `authenticatedByPsk` that this socket of ours offered a pre-shared key and no session. */
export function markPskOffered(socket: TLSSocket): void {
  named.add(socket);
}

/** Was the finished handshake authenticated by a pre-shared key instead of certificates? */
export function authenticatedByPsk(socket: TLSSocket): boolean {
  if (socket.getProtocol() !== 'TLSv1.3') return socket.getCipher().standardName.split('_').includes('PSK');
  return named.has(socket) && socket.isSessionReused();
}
