/**
 * A process carries out the supervisor's orders one after the other. It ends by a defect with all it has, since what threw may have
 * left anything behind: another one takes its place.
 */
import { flushCompileCache } from 'node:module';
import { shareConnectionIds } from '../../connection/accept/connection-id.ts';
import { returnMemoryOfStart } from '../../linux/process/free-memory.ts';
import { openSharedMemory } from '../../linux/process/shared-memory.ts';
import { receiveDescriptors } from '../../linux/sockets/descriptor-passing.ts';
import { startProgramsBy } from '../../programs/starter.ts';
import { prepareLibrary } from '../../tls/material/providers.ts';
import { insideImage } from '../fence/fence.ts';
import { INHERITED } from './inherited.ts';
import type { FromWorker, Order, StartRecord, ToWorker } from './messages.ts';
import { sharedState, sharedStateBytes } from './shared-state.ts';
import { StartedProcess } from './started-process.ts';
import { SupervisorProxy } from './supervisor-proxy.ts';

/** A supervisor that does not read must not keep a broken process alive. */
const LAST_WORDS_MS = 1000;
/** They wait for something outside, which must hold up nothing else. */
const BESIDE: ReadonlySet<Order['kind']> = new Set(['when-empty', 'find-addresses', 'ask-service']);

/** Waits for the start record. */
export function runWorker(): void {
  const endAtOnce = (): never => process.exit(1);
  process.once('disconnect', endAtOnce);
  if (!process.connected) endAtOnce();
  process.send?.({ kind: 'begun' } satisfies FromWorker);
  process.once('message', (message: ToWorker) => {
    if (message.kind === 'start') void serve(message.record).then(() => process.off('disconnect', endAtOnce));
  });
}

async function serve(record: StartRecord): Promise<void> {
  if (record.fence !== undefined) insideImage(record.fence);
  const bytes = sharedStateBytes(record.places);
  const shared = sharedState(openSharedMemory(INHERITED.memory, bytes), record.places);
  shareConnectionIds(shared.connectionIds);
  if (record.library !== undefined) prepareLibrary(record.library);
  if (record.sealed) await (await import('../process/preload.ts')).preloadEverything(record.status);
  const supervisor = new SupervisorProxy(shared.settings);
  startProgramsBy(supervisor.programs.start);
  const started = new StartedProcess({ supervisor, shared, place: record.place, places: record.places });
  endByException(started, supervisor);
  process.once('disconnect', () => void started.drain(shared.settings.drainMs).finally(() => process.exit(1)));
  takeOrders(started, supervisor);
  flushCompileCache();
  supervisor.ready();
  returnMemoryOfStart();
}

function takeOrders(started: StartedProcess, supervisor: SupervisorProxy): void {
  let turn = Promise.resolve();
  /** Both may come in one turn of the event loop: what a role is needed for begins when it has been taken. */
  let role = turn;
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'reply') return supervisor.takeReply(message.id, message.reply);
    if (message.kind === 'start') return;
    if (message.kind !== 'order') return supervisor.programs.take(message, () => receiveDescriptors(INHERITED.descriptors, 1)[0] as number);
    const { id, order } = message;
    const descriptors = message.descriptors === 0 ? [] : receiveDescriptors(INHERITED.descriptors, message.descriptors);
    const carryOut = async (): Promise<void> => supervisor.answer(id, await started.carryOut(order, descriptors));
    if (BESIDE.has(order.kind)) {
      void role.then(carryOut);
      return;
    }
    turn = turn.then(carryOut);
    if (order.kind === 'take-role') role = turn;
  });
}

function endByException(started: StartedProcess, supervisor: SupervisorProxy): void {
  const end = (error: unknown): void => {
    process.off('uncaughtException', end).on('uncaughtException', () => undefined);
    started.cutOff();
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
    const text = error instanceof Error ? error.message : String(error);
    supervisor.fail(text, error instanceof Error ? error.stack : undefined, () => process.exit(1));
  };
  process.on('uncaughtException', end);
}
