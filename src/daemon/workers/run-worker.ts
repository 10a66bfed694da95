/**
 * A process carries out the supervisor's orders one after the other. It ends by a defect with all it has, since what threw may have
 * left anything behind: another one takes its place.
 */
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { shareConnectionIds } from '../../connection/accept/connection-id.ts';
import { returnMemoryOfStart } from '../../linux/process/free-memory.ts';
import { openSharedMemory } from '../../linux/process/shared-memory.ts';
import { receiveDescriptors } from '../../linux/sockets/descriptor-passing.ts';
import { startProgramsBy } from '../../programs/starter.ts';
import { prepareLibrary } from '../../tls/material/providers.ts';
import { insideImage } from '../fence/fence.ts';
import { INHERITED } from './inherited.ts';
import { MessageChannel } from './message-channel.ts';
import type { Order, StartRecord, ToWorker } from './messages.ts';
import { sharedState, sharedStateBytes } from './shared-state.ts';
import { StartedProcess } from './started-process.ts';
import { SupervisorProxy } from './supervisor-proxy.ts';

/** A supervisor that does not read must not keep a broken process alive. */
const LAST_WORDS_MS = 1000;
/** They wait for something outside, which must hold up nothing else. */
const BESIDE: ReadonlySet<Order['kind']> = new Set(['when-empty', 'find-addresses', 'ask-service']);

type TakeMessage = (message: ToWorker) => void;

/** Waits for the start record. @returns the channel to the supervisor, which may have closed */
export function runWorker(): MessageChannel {
  const channel = new MessageChannel(new Socket({ fd: INHERITED.channel }), Number.POSITIVE_INFINITY);
  const endAtOnce = (): never => process.exit(1);
  channel.once('close', endAtOnce);
  const { promise: serving, resolve: serves } = Promise.withResolvers<TakeMessage>();
  channel.on('message', (heard) => {
    const message = heard as ToWorker;
    if (message.kind !== 'start') {
      void serving.then((take) => take(message));
      return;
    }
    void serve(message.record, channel).then((take) => {
      channel.off('close', endAtOnce);
      serves(take);
    });
  });
  return channel;
}

/** @returns who takes what comes after the start record */
async function serve(record: StartRecord, channel: MessageChannel): Promise<TakeMessage> {
  if (record.fence !== undefined) insideImage(record.fence);
  const bytes = sharedStateBytes(record.places);
  const shared = sharedState(openSharedMemory(INHERITED.memory, bytes), record.places);
  shareConnectionIds(shared.connectionIds);
  if (record.library !== undefined) prepareLibrary(record.library);
  if (record.sealed) await (await import('../process/preload.ts')).preloadEverything(record.status);
  const supervisor = new SupervisorProxy(shared.settings, (message, sent) => channel.send(message, sent));
  startProgramsBy(supervisor.programs.start);
  const started = new StartedProcess({ supervisor, shared, place: record.place, places: record.places });
  endByException(started, supervisor);
  channel.once('close', () => void started.drain(shared.settings.drainMs).finally(() => process.exit(1)));
  flushCompileCache();
  supervisor.ready();
  returnMemoryOfStart();
  return takeOrders(started, supervisor);
}

function takeOrders(started: StartedProcess, supervisor: SupervisorProxy): TakeMessage {
  let turn = Promise.resolve();
  /** Both may come in one turn of the event loop: what a role is needed for begins when it has been taken. */
  let role = turn;
  return (message) => {
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
  };
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
