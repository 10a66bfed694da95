/**
 * The text of a pin store: one pin a line, `DESTINATION sha256:DIGEST first=TIME until=TIME`, blank lines and `#` comments kept.
 * A line that cannot be read makes the whole store unusable: skipping it would mean to trust whatever comes next.
 */

/** A public key that was seen at a destination. */
export interface StoredPin {
  /** `192.0.2.7:443`, `[2001:db8::7]:443`. */
  readonly destination: string;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo (RFC 7469 section 2.4). */
  readonly digest: string;
  /** When it was first seen, ISO 8601. */
  readonly first: string;
  /** When its certificate expires, as last seen, ISO 8601. */
  readonly until: string;
}

export interface PinFile {
  /** Every line as it stands, with the pin it holds. */
  readonly lines: readonly { readonly text: string; readonly pin: StoredPin | undefined }[];
  readonly pins: readonly StoredPin[];
}

const PREFIX = 'sha256:';
/** 32 bytes in base64. */
const DIGEST_LENGTH = 44;

/** @returns the file, or the number of the first line that cannot be read */
export function parsePinFile(text: string): PinFile | { readonly badLine: number } {
  const lines: { text: string; pin: StoredPin | undefined }[] = [];
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    const isPin = trimmed !== '' && !trimmed.startsWith('#');
    const pin = isPin ? parsePin(trimmed) : undefined;
    if (isPin && pin === undefined) return { badLine: lines.length + 1 };
    lines.push({ text: line, pin });
  }
  if (lines.at(-1)?.text === '') lines.pop();
  return { lines, pins: lines.flatMap(({ pin }) => (pin === undefined ? [] : [pin])) };
}

export function formatPin({ destination, digest, first, until }: StoredPin): string {
  return `${destination} ${PREFIX}${digest} first=${first} until=${until}`;
}

export function formatPinFile(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function parsePin(line: string): StoredPin | undefined {
  const [destination = '', key = '', ...facts] = line.split(/[ \t]+/);
  const digest = key.slice(PREFIX.length);
  if (!key.startsWith(PREFIX) || !isDigest(digest) || !destination.includes(':')) return undefined;
  const values = new Map(facts.map((fact) => [fact.slice(0, fact.indexOf('=')), fact.slice(fact.indexOf('=') + 1)]));
  return { destination, digest, first: values.get('first') ?? '', until: values.get('until') ?? '' };
}

function isDigest(text: string): boolean {
  return text.length === DIGEST_LENGTH && Buffer.from(text, 'base64').toString('base64') === text;
}
