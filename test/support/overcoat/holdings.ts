/**
 * Preloaded into a daemon under test (`--import`, with `--expose-gc`): says what it holds of the TLS library, after a collection, to whoever
 * connects to the Unix socket that HOLDINGS_AT names. The program itself knows nothing of it.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';

/** The variable with the path of the socket. */
export const HOLDINGS_AT = 'OVERCOAT_TEST_HOLDINGS_AT';

export interface Holdings {
  /** SSL objects. */
  readonly connections: number;
  readonly sessions: number;
  readonly contexts: number;
  readonly residentMb: number;
}

/** Asks the daemon. */
export async function holdings(path: string): Promise<Holdings> {
  const socket = connect(path).setEncoding('utf8');
  const [text] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return JSON.parse(text) as Holdings;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is dropped is freed in a turn of its own after the collection that finds it. */
async function collected(): Promise<Holdings> {
  for (let count = 0; count < 3; count += 1) {
    globalThis.gc?.();
    await turn();
  }
  return {
    connections: handlesAlive('connection'),
    sessions: handlesAlive('session'),
    contexts: handlesAlive('context'),
    residentMb: process.memoryUsage.rss() / 2 ** 20,
  };
}

const path = process.env[HOLDINGS_AT];
if (path !== undefined) {
  createServer((socket) => {
    socket.on('error', () => undefined);
    void collected().then((held) => socket.end(JSON.stringify(held)));
  })
    .listen(path)
    .unref();
}
