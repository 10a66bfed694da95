/**
 * The reader, as a process that the supervisor started: it keeps the rights of the start and does nothing but look at the files that may
 * be renewed. Which ones is said once, before the supervisor gives its own rights up: whoever takes that over later cannot have others read.
 */
import type { WatchOrder } from '../renewal/file-watch.ts';
import { FilesWatchedHere } from '../renewal/watched-files.ts';
import type { Answer, ReaderOrder } from './messages.ts';
import type { ProcessRole } from './process-role.ts';
import type { SupervisorProxy } from './supervisor-proxy.ts';

export class ReaderRole implements ProcessRole<ReaderOrder> {
  readonly #files = new FilesWatchedHere();
  #first: { readonly mayRead: ReadonlySet<string>; readonly folder: string } | undefined;

  constructor({ filesChanged }: Pick<SupervisorProxy, 'filesChanged'>) {
    this.#files.onChange(filesChanged);
  }

  async carryOut(order: ReaderOrder): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'watch-files':
        await this.#files.watch(this.#allowed(order.orders));
        return undefined;
      case 'read-files':
        return { kind: 'files-read', files: await this.#files.read() };
    }
  }

  cutOff(): void {
    this.#files.close();
  }

  async drain(): Promise<void> {
    this.#files.close();
  }

  #allowed(orders: readonly WatchOrder[]): readonly WatchOrder[] {
    this.#first ??= { mayRead: new Set(orders.flatMap(({ questions }) => questions)), folder: orders[0]?.folder ?? '/' };
    const { mayRead, folder } = this.#first;
    return orders.map((order) => ({ ...order, folder, questions: order.questions.filter((question) => mayRead.has(question)) }));
  }
}
