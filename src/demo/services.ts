/**
 * The two services of the demo, as `overcoat client` and `overcoat server` would build them, run by the same daemon; between them a
 * tap stands for the wire. The certificate comes from an authority made for this run, which the client-mode service trusts alone.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitHostPort } from '../address/authority.ts';
import { buildClientConfig, buildServerConfig, commandConfig } from '../config/commands.ts';
import type { Address } from '../config/config.ts';
import type { Launch } from '../daemon/launch.ts';
import { startDaemon } from '../daemon/start.ts';
import { OvercoatError } from '../errors.ts';
import type { EventContext, HandshakeFacts, OvercoatEvent } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { linesOf } from '../observe/log-lines.ts';
import { Meter } from './meter.ts';
import { Tap } from './tap.ts';
import { createAuthority } from './throwaway-authority.ts';

/** The name in the certificate; it is sent and verified, but never looked up (RFC 2606 reserves it). */
export const SERVER_NAME = 'receiver.example';
const WARNINGS = 4;
const ERRORS = 3;

export interface TlsSummary {
  readonly facts: HandshakeFacts;
  /** How the client-mode service verified the certificate. */
  readonly verified: string;
}

export interface DemoServices {
  /** Where the client-mode service takes plain connections. */
  readonly port: number;
  /** What crossed the wire towards the receiver. */
  readonly wire: Meter;
  /** What was agreed; throws before the first connection, with what went wrong. */
  tls(): TlsSummary;
  /** Resolves when the services have ended, by `stop` or by a signal. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts both services towards a loopback port. Certificate and key are written into `folder`. */
export async function startServices(folder: string, receiverPort: number): Promise<DemoServices> {
  const { ca, cert, key } = writeCertificates(folder);
  let serverPort = 0;
  const tap = await Tap.open(() => serverPort, new Meter(false));
  const common = { accept: loopback(0), pins: [], protocol: undefined, debug: WARNINGS } as const;
  const server = buildServerConfig({ ...common, connect: loopback(receiverPort), cert, key, ca: undefined });
  const client = buildClientConfig({ ...common, connect: loopback(tap.port), name: SERVER_NAME, ca, cert: undefined, key: undefined });
  const watch = new Watch();
  const config = commandConfig('demo', WARNINGS, ...server.services, ...client.services);
  const launch: Launch = { source: undefined, style: 'overcoat', read: () => ({ ok: true, config }) };
  const daemon = await startDaemon(config, { launch, log: watch, ask: () => undefined, ready: async () => undefined });
  const [serverAddress = '', clientAddress = ''] = daemon.addresses;
  serverPort = portIn(serverAddress);
  return {
    port: portIn(clientAddress),
    wire: tap.meter,
    tls: () => watch.summary(),
    ended: daemon.finished,
    stop: async () => {
      daemon.stop('SIGTERM');
      await daemon.finished;
      await tap.close();
    },
  };
}

/** A log that writes nothing: it keeps the handshake of the client-mode service, and errors in case nothing else explains a failure. */
class Watch implements Log {
  #summary: TlsSummary | undefined;
  readonly #errors: string[] = [];

  readonly observe = (event: OvercoatEvent, context: EventContext): void => {
    if (event.kind === 'handshake-finished') this.#summarize(event.facts, event.verified);
    for (const line of linesOf(event, context)) if (line.level <= ERRORS) this.#errors.push(line.text);
  };

  #summarize(facts: HandshakeFacts, verified: string): void {
    if (facts.role === 'client') this.#summary = { facts, verified };
  }

  summary(): TlsSummary {
    if (this.#summary !== undefined) return this.#summary;
    throw new OvercoatError('demo_failed', `no TLS connection was made: ${this.#errors.join('; ') || 'nobody connected'}`);
  }

  follow(): void {}
  setLevel(): void {}
  readonly levelByHand = undefined;
  async openEarly(): Promise<void> {}
  openFiles(): void {}
  accept(): void {}
  reject(): void {}
  reopen(): void {}
  reconfigure(): void {}
  close(): void {}
}

function writeCertificates(folder: string): { readonly ca: string; readonly cert: string; readonly key: string } {
  const authority = createAuthority({ subject: 'CN=Overcoat demo authority' });
  const leaf = authority.issue({ dnsNames: [SERVER_NAME] });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: write('authority.crt', authority.certificate),
    cert: write('receiver.crt', leaf.certificate),
    key: write('receiver.key', leaf.key),
  };
}

function loopback(port: number): Address {
  return { kind: 'tcp', host: '127.0.0.1', port };
}

function portIn(address: string): number {
  return Number(splitHostPort(address).port);
}
