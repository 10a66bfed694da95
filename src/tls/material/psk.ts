/** Pre-shared keys (RFC 4279, RFC 8446 section 4.2.11): a secret both ends know takes the place of certificates. */
import { createHash } from 'node:crypto';
import type { PskConfig } from '../../config/tls-config.ts';
import { OvercoatError } from '../../errors.ts';
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
