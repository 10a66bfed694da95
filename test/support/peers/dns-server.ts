/** A small name server on 127.0.0.1, over UDP and TCP on one port, that says what the test tells it to. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import type { Answer, Packet } from 'dns-packet';
import { decode, encode, RECURSION_AVAILABLE, streamDecode, streamEncode } from 'dns-packet';

export interface DnsReply {
  readonly answers?: readonly Answer[];
  /** 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN. */
  readonly rcode?: number;
  readonly truncated?: boolean;
}

/** What is said to a question; undefined: silence. Bytes are sent as they are. */
export type DnsScript = (name: string, type: string, transport: 'udp' | 'tcp') => DnsReply | Buffer | undefined;

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  /** Questions so far, as `A example.org`. */
  readonly asked: string[];
  close(): Promise<void>;
}

const TRUNCATED = 1 << 9;

export async function startDnsServer(script: DnsScript, address = '127.0.0.1', wantedPort = 0): Promise<DnsServer> {
  const asked: string[] = [];
  const reply = (packet: Packet, transport: 'udp' | 'tcp'): Packet | Buffer | undefined => {
    const [question] = packet.questions ?? [];
    if (question === undefined) return undefined;
    asked.push(`${question.type} ${question.name}`);
    const said = script(question.name, question.type, transport);
    if (said === undefined || Buffer.isBuffer(said)) return said;
    const flags = RECURSION_AVAILABLE | (said.truncated ? TRUNCATED : 0) | (said.rcode ?? 0);
    return { type: 'response', id: packet.id, flags, questions: packet.questions, answers: [...(said.answers ?? [])] };
  };
  const tcp = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const said = reply(streamDecode(chunk as Buffer), 'tcp');
      if (said !== undefined) socket.write(Buffer.isBuffer(said) ? said : streamEncode(said));
    });
  });
  tcp.listen(wantedPort, address);
  await once(tcp, 'listening');
  const { port } = tcp.address() as net.AddressInfo;
  const udp = dgram.createSocket('udp4');
  udp.bind(port, address);
  await once(udp, 'listening');
  udp.on('message', (message, from) => {
    const said = reply(decode(message), 'udp');
    if (said !== undefined) udp.send(Buffer.isBuffer(said) ? said : encode(said), from.port, from.address);
  });
  const close = async (): Promise<void> => {
    udp.close();
    tcp.close();
    await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
  };
  return { address, port, asked, close };
}
