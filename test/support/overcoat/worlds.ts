/**
 * A daemon in the middle of everything: both modes and both TLS versions, each with its plain side and its TLS side in the test's hand.
 * The TLS peer is plugged in through a cable, so that it can also vanish in ways a TLS library would not.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CableEnd } from '../net/cable.ts';
import { openCable } from '../net/cable.ts';
import { dial, listen } from '../net/tcp.ts';
import { dialTls, listenTls } from '../net/tls.ts';
import type { Ending } from '../temp.ts';
import type { Options } from './config-text.ts';
import { clientSection, serverSection, verified } from './config-text.ts';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';

/** One connection through the daemon, seen from the outside. */
export interface Pair {
  readonly plain: Socket;
  readonly secure: TLSSocket;
  /** The end of the cable that leads to Overcoat: ends its TLS leg from outside, and sees how Overcoat ends it. */
  readonly overcoat: CableEnd;
}

export interface World {
  readonly name: string;
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  open(): Promise<Pair>;
}

/** Names of the worlds, known before they are there: `client mode, TLSv1.2` and so on. */
export const WORLD_NAMES = ['client', 'server'].flatMap((mode) => ['TLSv1.2', 'TLSv1.3'].map((version) => `${mode} mode, ${version}`));

/** @param options further options of every service */
export async function openWorlds(
  t: Ending,
  options: Options = {},
): Promise<{ readonly daemon: Daemon; readonly worlds: ReadonlyMap<string, World> }> {
  const sections: string[] = [];
  const makers: ((daemon: Daemon) => Promise<World>)[] = [];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const upstream = await listenTls(t, { minVersion: version, maxVersion: version });
    const out = await openCable(t, upstream.port);
    const backend = await listen(t);
    sections.push(
      clientSection(`client-${version}`, { connect: out.port, sslVersion: version, ...options, ...verified() }),
      serverSection(`server-${version}`, { connect: backend.port, sslVersion: version, ...options }),
    );
    makers.push(async (started) => {
      const port = await started.port(`client-${version}`);
      const open = async (): Promise<Pair> => {
        const plain = await dial(t, port);
        const [secure, { near }] = await Promise.all([upstream.next(), out.next()]);
        return { plain, secure, overcoat: near };
      };
      return { name: `client mode, ${version}`, version, open };
    });
    makers.push(async (started) => {
      const inward = await openCable(t, await started.port(`server-${version}`));
      const open = async (): Promise<Pair> => {
        const [secure, { far }] = await Promise.all([dialTls(t, inward.port, { servername: 'localhost' }), inward.next()]);
        return { plain: await backend.next(), secure, overcoat: far };
      };
      return { name: `server mode, ${version}`, version, open };
    });
  }
  const daemon = await startDaemon(t, { config: sections.join('') });
  const worlds = new Map<string, World>();
  for (const make of makers) {
    const world = await make(daemon);
    worlds.set(world.name, world);
  }
  return { daemon, worlds };
}
