/** What a process that the supervisor started has to be able to do in whichever role. Types only. */
import type { Answer } from './messages.ts';

export interface ProcessRole<RoleOrder> {
  /** @returns undefined: done. What it throws is the answer too */
  carryOut(order: RoleOrder, descriptors: readonly number[]): Promise<Answer | undefined>;
  /** The process is about to end. */
  cutOff(): void;
  /** The supervisor has died: what goes on may finish, but not for ever. */
  drain(limitMs: number): Promise<void>;
}
