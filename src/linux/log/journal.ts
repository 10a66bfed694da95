/**
 * The journal of systemd, in its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): an entry is a list of fields, so that
 * `journalctl OVERCOAT_CODE=...` finds what a text would have to be searched for. An entry that no datagram takes goes as sealed memory.
 * Like the system log it never holds anybody up.
 */
import { existsSync, fstatSync, writeSync } from 'node:fs';
import { close } from '../libc/descriptors.ts';
import { sealableMemfd, sealMemory } from '../libc/memory.ts';
import { sendControlAlone } from '../libc/sockets.ts';
import { controlMessage } from '../sockets/descriptor-passing.ts';
import type { Sending } from './log-socket.ts';
import { LogSocket } from './log-socket.ts';

const PATH = '/run/systemd/journal/socket';
const AGAIN = 11;

/** Names as the journal wants them: capitals, digits and underscores, the first a capital. */
export type JournalFields = ReadonlyMap<string, string>;

export interface Journal {
  /** @returns false when a journal was there once and does not take the entry */
  write(fields: JournalFields): boolean;
  close(): void;
}

/** Whether this machine keeps one. */
export function hasJournal(): boolean {
  return existsSync(PATH);
}

/** Whether a standard stream leads to the journal: systemd says which file that is (systemd.exec(5), JOURNAL_STREAM). */
export function isJournalStream(fd: number, environment: NodeJS.ProcessEnv = process.env): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd);
    return stream === `${dev}:${ino}` && hasJournal();
  } catch {
    return false; // closed
  }
}

export function openJournal(): Journal {
  const socket = new LogSocket(PATH);
  return {
    write: (fields) => {
      const entry = journalEntry(fields);
      const sending = socket.send(entry);
      const done = sending === 'too-big' ? socket.sendBy((fd) => sendAsMemory(fd, entry)) : sending;
      return done === 'sent' || !socket.everConnected;
    },
    close: () => socket.close(),
  };
}

/** `NAME=value`, or where the value has a line feed: its length in 64 bits, little endian, and then the value. */
function journalEntry(fields: JournalFields): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    if (!value.includes('\n')) {
      parts.push(Buffer.from(`${name}=${value}\n`));
      continue;
    }
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    parts.push(Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

function sendAsMemory(fd: number, entry: Uint8Array): Sending | 'broken' {
  const memory = sealableMemfd('journal-entry');
  if (memory < 0) return 'lost';
  try {
    for (let rest = entry; rest.length > 0; ) rest = rest.subarray(writeSync(memory, rest));
    if (sealMemory(memory) < 0) return 'lost';
    const sent = sendControlAlone(fd, controlMessage([memory]));
    return sent >= 0 ? 'sent' : -sent === AGAIN ? 'lost' : 'broken';
  } catch {
    return 'lost'; // no memory
  } finally {
    close(memory);
  }
}
