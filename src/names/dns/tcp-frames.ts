/** DNS over TCP: each message behind its length in two bytes (RFC 1035 section 4.2.2). */

/** Two bytes of length, then the message (RFC 1035 section 4.2.2). @param message at most 65,535 bytes */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Takes a stream apart. Keeps at most one message that is not whole yet, and a message has at most 65,535 bytes. */
export class TcpFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** @returns the messages that are whole now, as copies */
  push(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const end = 2 + bytes.readUInt16BE(0);
      messages.push(Buffer.from(bytes.subarray(2, end)));
      bytes = bytes.subarray(end);
    }
    this.#rest = Buffer.from(bytes);
    return messages;
  }
}
