/**
 * The load generator: plays the clients and the backend of the proxy under measurement. Its own CPU is not counted; it must only
 * not be the bottleneck, which the report shows by the throughput it reaches without a proxy in between.
 */
import { readFileSync } from 'node:fs';
import { openBackend } from './backend.ts';
import { Clients } from './clients.ts';
import type { LoadReply, LoadRequest } from './protocol.ts';

const [mode = 'client', certFile = '', keyFile = '', caFile = ''] = process.argv.slice(2);
const backend = openBackend(mode === 'client', readFileSync(certFile), readFileSync(keyFile));
const clients = new Clients(mode === 'server', readFileSync(caFile));

process.on('message', (request: LoadRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) } satisfies LoadReply),
  );
});

function answer(request: LoadRequest): Promise<LoadReply> {
  switch (request.kind) {
    case 'backend':
      return backend.then((port) => ({ port }));
    case 'bulk':
      return clients.bulk(request);
    case 'connections':
      return clients.connections(request);
    case 'latency':
      return clients.latency(request);
    case 'idle':
      return clients.idle(request);
    case 'stall':
      return clients.stall(request);
    case 'streams':
      return clients.streams(request);
  }
}
