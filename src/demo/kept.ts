/**
 * The demonstration that goes on: a stream through a client-mode and a server-mode service, the page to look at it, and buttons that break
 * it, each with the line that the log has for that. Everything is on loopback and in this process; nothing is left of it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../linux/files/temporary-folder.ts';
import { startSink, streamForEver } from './endless-stream.ts';
import type { DemoServices } from './services.ts';
import { startServices } from './services.ts';
import type { Fault } from './window.ts';
import { openWindow } from './window.ts';

/** How the line of a connection begins that was not let through; one that was cut has another. */
const FAILED = 'Connection failed';

export interface KeptOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It runs, and can be looked at here. */
  readonly ready: (url: string) => void;
}

/** Resolves when the signal has ended it, or a signal to the process its services. */
export async function keepDemo({ signal, ready }: KeptOptions): Promise<void> {
  const folder = temporaryFolder('demo', 'The demo');
  const stop = new AbortController();
  const over = AbortSignal.any([signal, stop.signal]);
  try {
    const control = join(folder, 'control.sock');
    const services = await startServices(folder, await startSink(over), control);
    const window = await openWindow(control, faultsOf(services));
    try {
      const stream = streamForEver(services.port, over);
      ready(window.url);
      await Promise.race([services.ended, stream]);
    } finally {
      stop.abort();
      window.close();
      await services.stop();
    }
  } finally {
    stop.abort();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What can be broken: all of it lies between the two services, where no program sees what is wrong. */
function faultsOf(services: DemoServices): readonly Fault[] {
  const { wire, lines } = services;
  let certificate = false;
  let stopped = false;
  const [ofCertificate, ofServer, ofCut] = [watch(lines, FAILED), watch(lines, FAILED), watch(lines, '')];
  return [
    {
      name: 'certificate',
      title: 'Wrong certificate',
      about: 'somebody else answers in the place of the server, with a certificate of an authority that is not trusted',
      get on() {
        return certificate;
      },
      get line() {
        return ofCertificate.line();
      },
      turn: async () => {
        certificate = !certificate;
        services.impersonate(certificate);
        if (certificate) ofCertificate.begin();
        wire.cut();
      },
    },
    {
      name: 'server',
      title: 'Stopped server',
      about: 'nobody listens where the client goes',
      get on() {
        return stopped;
      },
      get line() {
        return ofServer.line();
      },
      turn: async () => {
        stopped = !stopped;
        if (!stopped) return wire.reopen();
        ofServer.begin();
        await wire.close();
      },
    },
    {
      name: 'cut',
      title: 'Cut the cable',
      about: 'the connection is reset once; the sender comes back by itself',
      on: false,
      get line() {
        return ofCut.line();
      },
      turn: async () => {
        ofCut.begin();
        wire.cut();
      },
    },
  ];
}

/** The first line with this beginning after a fault began. */
function watch(lines: readonly string[], beginning: string): { begin(): void; line(): string } {
  let from: number | undefined;
  return {
    begin: () => {
      from = lines.length;
    },
    line: () => (from === undefined ? '' : (lines.slice(from).find((line) => line.startsWith(beginning)) ?? '')),
  };
}
