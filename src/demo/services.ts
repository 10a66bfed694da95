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
import type { EventContext, HandshakeFacts, Observe, OvercoatEvent } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { linesOf } from '../observe/log-lines.ts';
import { Meter } from './meter.ts';
import { Tap } from './tap.ts';
import { createAuthority } from './throwaway-authority.ts';

/** The name in the certificate; it is sent and verified, but never looked up (RFC 2606 reserves it). */
export const SERVER_NAME = 'receiver.example';
const WARNINGS = 4;
const ERRORS = 3;
/** A demonstration that is kept for days forgets how to say more. */
const MAX_LINES = 10_000;

export interface TlsSummary {
  readonly facts: HandshakeFacts;
  /** How the client-mode service verified the certificate. */
  readonly verified: string;
}

export interface DemoServices {
  /** Where the client-mode service takes plain connections. */
  readonly port: number;
  /** Between the two services; its meter has what crossed towards the receiver. */
  readonly wire: Tap;
  /** The lines of the client-mode service about connections that ended otherwise than they should; the newest last. */
  readonly lines: readonly string[];
  /** Another server answers, with a certificate of somebody else. */
  impersonate(on: boolean): void;
  /** What was agreed; throws before the first connection, with what went wrong. */
  tls(): TlsSummary;
  /** Resolves when the services have ended, by `stop` or by a signal. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts both services towards a loopback port. Certificate and key are written into `folder`.
 * @param control where it can be asked; undefined: nowhere
 */
export async function startServices(folder: string, receiverPort: number, control?: string): Promise<DemoServices> {
  const { ca, cert, key } = writeCertificates(folder, 'receiver', 'Overcoat demo authority');
  const stranger = writeCertificates(folder, 'stranger', 'Somebody else');
  let [serverPort, strangerPort, strange] = [0, 0, false];
  const tap = await Tap.open(() => (strange ? strangerPort : serverPort), new Meter(false));
  const common = { accept: loopback(0), pins: [], protocol: undefined, debug: WARNINGS } as const;
  const server = buildServerConfig({ ...common, connect: loopback(receiverPort), cert, key, ca: undefined });
  const other = buildServerConfig({ ...common, connect: loopback(receiverPort), ...stranger, ca: undefined });
  const client = buildClientConfig({ ...common, connect: loopback(tap.port), name: SERVER_NAME, ca, cert: undefined, key: undefined });
  const watch = new Watch();
  const strangers = other.services.map((service) => ({ ...service, name: 'stranger' }));
  const usual = commandConfig('demo', WARNINGS, ...server.services, ...client.services, ...strangers);
  // No fence: this process makes files and starts programs of the demonstration besides.
  const config = { ...usual, global: { ...usual.global, confine: 'no' as const, watch: { ...usual.global.watch, control } } };
  const launch: Launch = { source: undefined, style: 'overcoat', read: () => ({ ok: true, config }) };
  const daemon = await startDaemon(config, { launch, log: watch, ask: () => undefined, ready: async () => undefined });
  const [serverAddress = '', clientAddress = '', strangerAddress = ''] = daemon.addresses;
  serverPort = portIn(serverAddress);
  strangerPort = portIn(strangerAddress);
  return {
    port: portIn(clientAddress),
    wire: tap,
    lines: watch.ends,
    impersonate: (on) => {
      strange = on;
    },
    tls: () => watch.summary(),
    ended: daemon.finished,
    stop: async () => {
      daemon.stop('SIGTERM');
      await daemon.finished;
      await tap.close();
    },
  };
}

/** A log that writes nothing: it keeps what the client-mode service said, and errors in case nothing else explains a failure. */
class Watch implements Log {
  #summary: TlsSummary | undefined;
  readonly #errors: string[] = [];
  readonly #followers: Observe[] = [];
  /** See `DemoServices.lines`. */
  readonly ends: string[] = [];

  readonly observe = (event: OvercoatEvent, context: EventContext): void => {
    for (const follow of this.#followers) follow(event, context);
    if (event.kind === 'handshake-finished') this.#summarize(event.facts, event.verified);
    const ended = event.kind === 'closed' && event.reason.kind !== 'finished' && context.service?.mode === 'client';
    for (const line of linesOf(event, context)) {
      if (line.level <= ERRORS) keep(this.#errors, line.text);
      if (ended) keep(this.ends, line.text);
    }
  };

  follow(observe: Observe): void {
    this.#followers.push(observe);
  }

  #summarize(facts: HandshakeFacts, verified: string): void {
    if (facts.role === 'client') this.#summary = { facts, verified };
  }

  summary(): TlsSummary {
    if (this.#summary !== undefined) return this.#summary;
    throw new OvercoatError('demo_failed', `no TLS connection was made: ${this.#errors.join('; ') || 'nobody connected'}`);
  }

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

function keep(lines: string[], line: string): void {
  if (lines.length < MAX_LINES) lines.push(line);
}

/** @param name of the files. @param signer the name of who signs, a new one each time */
function writeCertificates(
  folder: string,
  name: string,
  signer: string,
): { readonly ca: string; readonly cert: string; readonly key: string } {
  const authority = createAuthority({ subject: `CN=${signer}` });
  const leaf = authority.issue({ dnsNames: [SERVER_NAME] });
  const write = (file: string, text: string): string => {
    const path = join(folder, file);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: write(`${name}-authority.crt`, authority.certificate),
    cert: write(`${name}.crt`, leaf.certificate),
    key: write(`${name}.key`, leaf.key),
  };
}

function loopback(port: number): Address {
  return { kind: 'tcp', host: '127.0.0.1', port };
}

function portIn(address: string): number {
  return Number(splitHostPort(address).port);
}
