/** Lines of the text protocols, without regular expressions: the input is a stranger's. */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface Line {
  /** UTF-8, without its line end. */
  readonly text: string;
  /** Offset of the next line. */
  readonly next: number;
}

/** The line at `offset`, ended by LF or CRLF; undefined while its end is missing. */
export function readLine(bytes: Uint8Array, offset: number): Line | undefined {
  const feed = bytes.indexOf(LINE_FEED, offset);
  if (feed === -1) return undefined;
  const end = feed > offset && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed;
  return { text: toText(bytes, offset, end), next: feed + 1 };
}

/** UTF-8; what is none becomes U+FFFD. @param end not included */
export function toText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** The three words of a request line (`METHOD target PROTOCOL/1.0`) or undefined; a method is upper case, as all of them are. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

export function parseRequestLine(text: string): RequestLine | undefined {
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  if (first < 1 || last <= first + 1) return undefined;
  return { method: text.slice(0, first), target: text.slice(first + 1, last), version: text.slice(last + 1) };
}

/** Whether these bytes can begin a request line: an upper-case method, a space, then no control character before the line end. */
export function mayBeRequest(bytes: Uint8Array): boolean {
  const limit = Math.min(bytes.length, MAX_METHOD + 1);
  for (let index = 0; index < limit; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === SPACE) return index > 0 && isPrintable(bytes, index + 1);
    if (!(byte >= 0x41 && byte <= 0x5a) && !(byte === 0x2d && index > 0)) return false;
  }
  return bytes.length <= MAX_METHOD;
}

const SPACE = 0x20;
/** Longer than any registered method. */
const MAX_METHOD = 24;

function isPrintable(bytes: Uint8Array, offset: number): boolean {
  for (let index = offset; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === LINE_FEED) return true;
    if (byte < SPACE && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
