/**
 * A worker carries out the supervisor's orders one after the other. It ends by a defect with all it has, since what threw may have
 * left anything behind: another worker takes its place.
 */
import { flushCompileCache } from 'node:module';
import { shareConnectionIds } from '../../connection/accept/connection-id.ts';
import { openSharedMemory } from '../../linux/shared-memory.ts';
import { sendErrorsTo } from '../../programs/program.ts';
import { prepareLibrary } from '../../tls/material/providers.ts';
import type { StartRecord, ToWorker } from './messages.ts';
import { sharedState, sharedStateBytes } from './shared-state.ts';
import { INHERITED } from './spawn-worker.ts';
import { SupervisorProxy } from './supervisor-proxy.ts';
import { WorkerServer } from './worker-server.ts';

/** A supervisor that does not read must not keep a broken worker alive. */
const LAST_WORDS_MS = 1000;

/** Waits for the start record. */
export function runWorker(): void {
  const endAtOnce = (): never => process.exit(1);
  process.once('disconnect', endAtOnce);
  if (!process.connected) endAtOnce();
  process.once('message', (message: ToWorker) => {
    if (message.kind === 'start') void serve(message.record).then(() => process.off('disconnect', endAtOnce));
  });
}

async function serve(record: StartRecord): Promise<void> {
  const bytes = sharedStateBytes(record.places);
  const shared = sharedState(openSharedMemory(INHERITED.memory, bytes), record.places);
  shareConnectionIds(shared.connectionIds);
  sendErrorsTo(INHERITED.programErrors);
  prepareLibrary(record.library);
  if (record.sealed) await (await import('../process/preload.ts')).preloadEverything();
  const supervisor = new SupervisorProxy(shared.settings);
  const server = new WorkerServer(supervisor, record, shared);
  endByException(server, supervisor);
  process.once('disconnect', () => void server.drain(shared.settings.drainMs).finally(() => process.exit(1)));
  takeOrders(server, supervisor);
  flushCompileCache();
  supervisor.ready();
}

function takeOrders(server: WorkerServer, supervisor: SupervisorProxy): void {
  let turn = Promise.resolve();
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'reply') return supervisor.takeReply(message.id, message.reply);
    if (message.kind !== 'order') return;
    const { id, order } = message;
    // Waiting for the last connection must hold up nothing else.
    if (order.kind === 'when-empty') void server.carryOut(order).then((answer) => supervisor.answer(id, answer));
    else turn = turn.then(async () => supervisor.answer(id, await server.carryOut(order)));
  });
}

function endByException(server: WorkerServer, supervisor: SupervisorProxy): void {
  const end = (error: unknown): void => {
    process.off('uncaughtException', end).on('uncaughtException', () => undefined);
    server.cutOff();
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
    const text = error instanceof Error ? error.message : String(error);
    supervisor.fail(text, error instanceof Error ? error.stack : undefined, () => process.exit(1));
  };
  process.on('uncaughtException', end);
}
