/**
 * What really crosses a wire: tcpdump records one device of a test network, tshark reads the recording. `stop` first sends a marker
 * datagram over the link and waits until the recording holds it, so that everything sent before is on file: no sleep, no lost tail.
 * Needs the packages tcpdump and tshark.
 */
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../program.ts';
import { outputOf } from '../program.ts';
import type { NetworkInterface } from './netns.ts';

const MARKER_PORT = 9; // discard
let capturesMade = 0;

/** The reassembled bytes of one TCP connection on the wire, per direction; `client` is who sent the first packet. */
export interface WireStream {
  readonly fromClient: Buffer;
  readonly fromServer: Buffer;
}

/** A running recording of one device. */
export class Capture {
  readonly file: string;
  readonly #interface: NetworkInterface;
  readonly #tcpdump: Program;

  private constructor(on: NetworkInterface, file: string, tcpdump: Program) {
    this.#interface = on;
    this.file = file;
    this.#tcpdump = tcpdump;
  }

  /** Resolves once tcpdump records. The file is removed by `close`. */
  static async start(on: NetworkInterface): Promise<Capture> {
    capturesMade += 1;
    const file = join(tmpdir(), `overcoat-capture-${process.pid}-${capturesMade}.pcap`);
    const options = ['-i', on.device, '-w', file, '-s', '0', '-U', '--immediate-mode', '-B', '65536', '-Z', 'root'];
    const tcpdump = on.host.start(['tcpdump', ...options]);
    await tcpdump.saw(/listening on /);
    return new Capture(on, file, tcpdump);
  }

  /** Ends the recording; throws when the kernel dropped packets, since "not seen" would prove nothing then. */
  async stop(): Promise<void> {
    const marker = `marker-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const [a, b, c] = this.#interface.v4.split('.');
    const neighbour = `${a}.${b}.${c}.${this.#interface.v4.endsWith('.1') ? 2 : 1}`;
    const send = `printf %s ${marker} > /dev/udp/${neighbour}/${MARKER_PORT}`;
    for (let attempt = 0; ; attempt += 1) {
      await outputOf(['bash', '-c', send], { place: this.#interface.host });
      if (await endsWith(this.file, marker)) break;
      if (attempt === 200) throw new Error(`the marker never appeared in ${this.file}\n${this.#tcpdump.output}`);
    }
    const { stderr } = await this.#tcpdump.stop('SIGINT');
    if (!/\b0 packets dropped by kernel/.test(stderr)) throw new Error(`capture on ${this.#interface.device} lost packets:\n${stderr}`);
  }

  /** Rows of tshark: the given fields, tab separated, of every packet the display filter lets through. */
  async fields(filter: string, ...names: string[]): Promise<string[]> {
    const wanted = names.flatMap((name) => ['-e', name]);
    const rows = await outputOf(['tshark', '-r', this.file, '-n', '-Y', filter, '-T', 'fields', ...wanted]);
    return rows.split('\n').filter((row) => row !== '');
  }

  /** How many packets a display filter lets through: `packets('rtmpt')`. */
  async packets(filter: string): Promise<number> {
    return (await this.fields(filter, 'frame.number')).length;
  }

  /** Every TCP connection with payload, reassembled. */
  async tcpStreams(): Promise<WireStream[]> {
    const numbers = [...new Set(await this.fields('tcp.len > 0', 'tcp.stream'))];
    return Promise.all(numbers.map((number) => this.#follow(number)));
  }

  async #follow(number: string): Promise<WireStream> {
    const text = await outputOf(['tshark', '-r', this.file, '-n', '-q', '-z', `follow,tcp,raw,${number}`]);
    const hex = text.split('\n').filter((line) => /^\t?(?:[0-9a-f]{2})+$/.test(line));
    const bytes = (lines: string[]): Buffer => Buffer.from(lines.join('').replaceAll('\t', ''), 'hex');
    return {
      fromClient: bytes(hex.filter((line) => !line.startsWith('\t'))),
      fromServer: bytes(hex.filter((line) => line.startsWith('\t'))),
    };
  }

  async close(): Promise<void> {
    if (!this.#tcpdump.ended) await this.#tcpdump.stop('SIGINT');
    await rm(this.file, { force: true });
  }
}

/** Whether the last mebibyte of a file holds the text. */
async function endsWith(path: string, text: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 2 ** 20);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.includes(text);
  } finally {
    await file.close();
  }
}

/**
 * True when the bytes are TLS records and nothing else (RFC 8446 section 5.1, RFC 5246 section 6.2.1): type 20 to 24, version 3.x,
 * length up to 2^14 + 2048. A record cut off at the end is fine, as in a stream ended by a reset.
 */
export function isOnlyTlsRecords(bytes: Buffer): boolean {
  let at = 0;
  while (at + 5 <= bytes.length) {
    const type = bytes.readUInt8(at);
    if (type < 20 || type > 24 || bytes.readUInt8(at + 1) !== 3 || bytes.readUInt8(at + 2) > 4) return false;
    const length = bytes.readUInt16BE(at + 3);
    if (length > 2 ** 14 + 2048) return false;
    at += 5 + length;
  }
  return bytes.length > 0;
}
