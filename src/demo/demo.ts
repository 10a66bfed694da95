/**
 * The main job, shown: something that cannot speak TLS sends a stream, a client-mode service wraps it, a server-mode service unwraps
 * it, and the receiver has what was sent. Everything runs on loopback, with the services of the product and nothing else.
 */
import { rmSync } from 'node:fs';
import { OvercoatError } from '../errors.ts';
import { temporaryFolder } from '../linux/files/temporary-folder.ts';
import type { Cargo, Delivery } from './cargo.ts';
import { embeddedCargo } from './embedded-cargo.ts';
import { findMediaTools } from './media.ts';
import { mediaCargo } from './media-cargo.ts';
import type { DemoServices, TlsSummary } from './services.ts';
import { SERVER_NAME, startServices } from './services.ts';

/** No step takes longer than this: a demo that hangs is a failed one. */
const LIMIT_MS = 60_000;

export interface DemoOptions {
  /** Plain bytes also where ffmpeg is installed. */
  readonly embedded: boolean;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
  /** A step that begins. */
  readonly step: (text: string) => void;
  /** How far the stream is; comes often. */
  readonly progress: (text: string) => void;
}

export interface DemoReport {
  readonly sender: string;
  readonly receiver: string;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly delivery: Delivery;
  readonly tls: TlsSummary;
  readonly serverName: string;
  /** The first bytes the sender sent, and the first that crossed the wire in their place. */
  readonly withoutOvercoat: Buffer;
  readonly withOvercoat: Buffer;
  /** Whether everything arrived unchanged. */
  readonly agreed: boolean;
}

/** Runs the demo. Rejects when a part of it fails; when it resolves nothing of it is left on the machine. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const folder = temporaryFolder('demo', 'The demo');
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(LIMIT_MS), stop.signal]);
  try {
    return await runIn(folder, { ...options, signal });
  } catch (cause) {
    if (signal.aborted)
      throw new OvercoatError('demo_failed', options.signal.aborted ? 'interrupted' : 'not finished within a minute', cause);
    throw cause;
  } finally {
    stop.abort(); // ends the receiver
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runIn(folder: string, options: DemoOptions): Promise<DemoReport> {
  const { step, signal } = options;
  const tools = options.embedded ? undefined : findMediaTools();
  if (tools !== undefined) step('making a media file and starting an RTMP receiver');
  else step(options.embedded ? 'starting a receiver' : 'starting a receiver (ffmpeg is not installed, so bytes are sent instead of media)');
  const cargo = tools === undefined ? await embeddedCargo(signal) : await mediaCargo(tools, folder, signal);
  try {
    step(`making a certificate authority and a certificate for ${SERVER_NAME}, used by this run alone`);
    const services = await startServices(folder, cargo.port);
    try {
      return await shipThrough(services, cargo, options);
    } finally {
      await services.stop();
    }
  } finally {
    await cargo.close();
  }
}

async function shipThrough(services: DemoServices, cargo: Cargo, { step, progress, signal }: DemoOptions): Promise<DemoReport> {
  step(`sending: ${cargo.sender} -> overcoat client -> TLS -> overcoat server -> ${cargo.receiver}`);
  const delivery = await Promise.race([cargo.ship(services.port, progress), rejectWhenEnded(services), rejectWhenAborted(signal)]);
  return {
    sender: cargo.sender,
    receiver: cargo.receiver,
    bytesSent: cargo.sent.bytes,
    bytesReceived: cargo.received.bytes,
    delivery,
    tls: services.tls(),
    serverName: SERVER_NAME,
    withoutOvercoat: cargo.sent.beginning,
    withOvercoat: services.wire.meter.beginning,
    agreed: cargo.sent.bytes === cargo.received.bytes && isWhole(delivery),
  };
}

function isWhole({ sentSha256, receivedSha256, frames }: Delivery): boolean {
  return sentSha256 === receivedSha256 && frames?.sent === frames?.recorded;
}

async function rejectWhenEnded(services: DemoServices): Promise<never> {
  await services.ended;
  throw new OvercoatError('demo_failed', 'interrupted');
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
