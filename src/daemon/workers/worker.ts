/**
 * Where a worker thread begins. It carries out orders one after the other and ends only by a defect, and then with all it has: what
 * threw may have left anything behind, so another worker takes its place.
 */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { shareConnectionIds } from '../../connection/accept/connection-id.ts';
import { MainThread } from './main-thread.ts';
import type { Birth, ToWorker } from './messages.ts';
import { Station } from './station.ts';

if (parentPort === null) throw new Error('a worker is started by the main thread only');
const birth = workerData as Birth;
shareConnectionIds(birth.connectionIds);
if (birth.sealed) await (await import('../process/preload.ts')).preloadEverything();
const main = new MainThread(parentPort, birth.logLevel);
const station = new Station(main, birth);

process.on('uncaughtExceptionMonitor', () => {
  station.cutOff();
  main.flush();
});

let turn = Promise.resolve();
parentPort.on('message', (message: ToWorker) => {
  if (message.kind === 'reply') return main.takeReply(message.id, message.reply);
  const { id, order } = message;
  // Waiting for the last connection must hold up nothing else.
  if (order.kind === 'when-empty') void station.carryOut(order).then((answer) => main.answer(id, answer));
  else turn = turn.then(async () => main.answer(id, await station.carryOut(order)));
});
flushCompileCache();
main.ready();
