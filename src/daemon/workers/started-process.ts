/**
 * A process that the supervisor started: a spare until it is told its role, then a worker, the service process or the reader. What every role has
 * to do is done here.
 */
import { OvercoatError } from '../../errors.ts';
import { nameServer } from '../../linux/process/process-name.ts';
import { prepareLibrary } from '../../tls/material/providers.ts';
import { enterJail } from '../process/jail.ts';
import { dropPrivileges } from '../process/privileges.ts';
import { vitals } from '../process/vitals.ts';
import type { Answer, Confinement, Order, Role, RoleOrder } from './messages.ts';
import type { ProcessRole } from './process-role.ts';
import { ReaderRole } from './reader-role.ts';
import { ServiceRole } from './service-role.ts';
import type { WorkerSurroundings } from './worker-server.ts';
import { WorkerServer } from './worker-server.ts';

export class StartedProcess {
  readonly #surroundings: WorkerSurroundings;
  #name: readonly [string, string] = ['worker', '(spare)'];
  #role: ProcessRole<RoleOrder> | undefined;

  constructor(surroundings: WorkerSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Rejects where it cannot take its role, or has one: it is of no use then, and has to end. @param descriptors this process's from here on */
  async carryOut(order: Order, descriptors: readonly number[]): Promise<Answer> {
    if (order.kind === 'take-role') {
      if (this.#role !== undefined) throw new OvercoatError('internal', 'a process was told to take another role');
      this.#role = this.#take(order.role);
      return { kind: 'done' };
    }
    try {
      return (await this.#carryOut(order, descriptors)) ?? { kind: 'done' };
    } catch (cause) {
      const code = cause instanceof OvercoatError ? cause.code : 'internal';
      return { kind: 'failed', code, text: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  cutOff(): void {
    this.#role?.cutOff();
  }

  async drain(limitMs: number): Promise<void> {
    await this.#role?.drain(limitMs);
  }

  async #carryOut(order: Exclude<Order, { readonly kind: 'take-role' }>, descriptors: readonly number[]): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'confine':
        await confine(order.global, order.mayGainPrivileges);
        return undefined;
      case 'flush':
        return undefined;
      case 'vitals':
        return { kind: 'vitals', vitals: vitals(this.#name.join(' ')) };
      default:
        if (this.#role === undefined) throw new OvercoatError('internal', `a spare was told to ${order.kind}`);
        return this.#role.carryOut(order, descriptors);
    }
  }

  #take(role: Role): ProcessRole<RoleOrder> {
    this.#name = role.kind === 'worker' ? ['worker', String(role.slot)] : [role.kind, 'process'];
    nameServer(this.#name);
    if (role.kind === 'service') return new ServiceRole(this.#surroundings.supervisor);
    if (role.kind === 'reader') return new ReaderRole(role, this.#surroundings.supervisor);
    prepareLibrary(role.library);
    return new WorkerServer(role, this.#surroundings);
  }
}

/** The supervisor has done the same to itself, and has said what there is to say about it. */
async function confine({ chroot, setuid, setgid }: Confinement, mayGainPrivileges: boolean): Promise<void> {
  if (chroot !== undefined) enterJail(chroot);
  await dropPrivileges({ setuid, setgid }, mayGainPrivileges);
}
