/** What a peer speaks whose first bytes are not TLS. Looks at a few bytes, decides nothing about security, never throws. */

/** The most that is looked at. */
export const OPENING_BYTES = 64;

export interface PlainText {
  /** As people call it; '' where nobody knows. */
  readonly protocol: string;
  /** The value of `protocol` that begins TLS inside it; '' where there is none. */
  readonly option: string;
}

/** Beginnings of what servers and clients say first, the longer before the shorter. */
const BEGINNINGS: readonly (readonly [begins: string, protocol: string, option: string])[] = [
  ['HTTP/', 'HTTP', ''],
  ['GET ', 'HTTP', ''],
  ['POST ', 'HTTP', ''],
  ['PUT ', 'HTTP', ''],
  ['HEAD ', 'HTTP', ''],
  ['OPTIONS ', 'HTTP or RTSP', ''],
  ['CONNECT ', 'HTTP (a proxy request)', 'connect'],
  ['PRI * HTTP/2', 'HTTP/2', ''],
  ['RTSP/', 'RTSP', ''],
  ['DESCRIBE ', 'RTSP', ''],
  ['SSH-', 'SSH', ''],
  ['* OK', 'IMAP', 'imap'],
  ['* PREAUTH', 'IMAP', 'imap'],
  ['* BYE', 'IMAP', 'imap'],
  ['+OK', 'POP3', 'pop3'],
  ['-ERR', 'POP3', 'pop3'],
  ['"IMPLEMENTATION"', 'ManageSieve', 'sieve'],
  ['<?xml', 'XMPP', 'xmpp'],
  ['<stream:', 'XMPP', 'xmpp'],
  ['EHLO ', 'SMTP', 'smtp'],
  ['HELO ', 'SMTP', 'smtp'],
  ['200 ', 'NNTP', 'nntp'],
  ['201 ', 'NNTP', 'nntp'],
  ['RFB ', 'VNC', ''],
  ['PROXY ', 'the PROXY protocol', ''],
  ['@RSYNCD', 'rsync', ''],
];

/** What a TLS record begins with: its type (RFC 8446 section 5.1) and the major version. */
const RECORD_TYPES: ReadonlySet<number> = new Set([20, 21, 22, 23]);
const MAJOR_VERSION = 3;

/** @param opening the first bytes of a peer. @returns undefined where they look like TLS, or are too few to tell */
export function plainTextOf(opening: Uint8Array): PlainText | undefined {
  const [first, second] = opening;
  if (first === undefined) return undefined;
  if (RECORD_TYPES.has(first) && (second === undefined || second === MAJOR_VERSION)) return undefined;
  if (first === 3 && opening.length > 1) return { protocol: 'RTMP', option: '' }; // C0 or S0: version 3 (RTMP 1.0 section 5.2.2)
  const text = Buffer.from(opening.subarray(0, OPENING_BYTES)).toString('latin1');
  if (text.startsWith('220')) return greeted(text);
  const found = BEGINNINGS.find(([begins]) => text.startsWith(begins));
  if (found !== undefined) return { protocol: found[1], option: found[2] };
  // a MySQL packet: three bytes of length, number 0, protocol version 10
  if (opening[3] === 0 && opening[4] === 10) return { protocol: 'MySQL', option: '' };
  return { protocol: '', option: '' };
}

/** SMTP and FTP greet alike (RFC 5321 section 4.2.3, RFC 959 section 5.4). */
function greeted(text: string): PlainText {
  if (text.includes('FTP') && !text.includes('SMTP')) return { protocol: 'FTP', option: '' };
  return { protocol: text.includes('SMTP') ? 'SMTP' : 'SMTP or FTP', option: 'smtp' };
}
