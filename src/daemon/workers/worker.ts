/**
 * Where a worker thread begins. It carries out orders one after the other and ends only by a defect, and then with all it has: what
 * threw may have left anything behind, so another worker takes its place.
 */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { shareConnectionIds } from '../../connection/accept/connection-id.ts';
import { MainProxy } from './main-proxy.ts';
import type { StartRecord, ToWorker } from './messages.ts';
import { WorkerServer } from './worker-server.ts';

if (parentPort === null) throw new Error('a worker is started by the main thread only');
const record = workerData as StartRecord;
shareConnectionIds(record.connectionIds);
if (record.sealed) await (await import('../process/preload.ts')).preloadEverything();
const main = new MainProxy(parentPort, record.logLevel);
const server = new WorkerServer(main, record);

process.on('uncaughtExceptionMonitor', () => {
  server.cutOff();
  main.flush();
});

let turn = Promise.resolve();
parentPort.on('message', (message: ToWorker) => {
  if (message.kind === 'reply') return main.takeReply(message.id, message.reply);
  const { id, order } = message;
  // Waiting for the last connection must hold up nothing else.
  if (order.kind === 'when-empty') void server.carryOut(order).then((answer) => main.answer(id, answer));
  else turn = turn.then(async () => main.answer(id, await server.carryOut(order)));
});
flushCompileCache();
main.ready();
