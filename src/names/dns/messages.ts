/**
 * The few bytes of a DNS message that a forwarder looks at (RFC 1035 section 4.1): its id, whether it is a question or an answer,
 * and the question. Everything else is passed on as it came.
 */

const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const RESPONSE = 0x80;
const RECURSION_AVAILABLE = 0x80;
const SERVER_FAILURE = 2;

/** A query: long enough, and not an answer (which, reflected, would make two forwarders talk for ever). */
export function isQuery(message: Buffer): boolean {
  return message.length >= HEADER_BYTES && ((message[2] ?? 0) & RESPONSE) === 0;
}

/** Whether this is the answer to that query as it was sent: same id, same question. */
export function isAnswerTo(query: Buffer, message: Buffer): boolean {
  if (message.length < HEADER_BYTES || ((message[2] ?? 0) & RESPONSE) === 0) return false;
  if (message.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const asked = questionOf(query);
  const answered = questionOf(message);
  // Some servers leave the question out of errors.
  if (asked === undefined || answered === undefined) return asked === undefined || message.readUInt16BE(4) === 0;
  return asked.toString('latin1').toLowerCase() === answered.toString('latin1').toLowerCase();
}

/** The same message under another id; a copy. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** "Server failure" for a query, so that its client does not wait. */
export function serverFailure(query: Buffer): Buffer {
  const question = questionOf(query) ?? Buffer.alloc(0);
  const message = Buffer.concat([query.subarray(0, HEADER_BYTES), question]);
  message[2] = (message[2] ?? 0) | RESPONSE;
  message[3] = RECURSION_AVAILABLE | SERVER_FAILURE;
  message.fill(0, 4, HEADER_BYTES);
  if (question.length > 0) message.writeUInt16BE(1, 4);
  return message;
}

/** The one question: name, type and class; undefined where there is not exactly one, or it is cut off. */
function questionOf(message: Buffer): Buffer | undefined {
  if (message.readUInt16BE(4) !== 1) return undefined;
  let offset = HEADER_BYTES;
  for (;;) {
    const length = message[offset];
    if (length === undefined || length > 63 || offset - HEADER_BYTES > MAX_NAME_BYTES) return undefined;
    offset += 1 + length;
    if (length === 0) break;
  }
  return offset + 4 <= message.length ? message.subarray(HEADER_BYTES, offset + 4) : undefined;
}
