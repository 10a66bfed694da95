/**
 * The reader, as a process that the supervisor started: it keeps the rights of the start and does nothing but look at the files that may
 * be renewed. Which ones is said with its role, before the supervisor gives its own rights up: whoever takes that over later cannot have
 * others read.
 */
import { freeFormerServices } from '../reload/former-services.ts';
import type { WatchOrder } from '../renewal/file-watch.ts';
import { FilesWatchedHere } from '../renewal/watched-files.ts';
import type { Answer, ReaderOrder, Role } from './messages.ts';
import type { ProcessRole } from './process-role.ts';
import type { SupervisorProxy } from './supervisor-proxy.ts';

export class ReaderRole implements ProcessRole<ReaderOrder> {
  readonly #files = new FilesWatchedHere();
  readonly #mayRead: ReadonlySet<string>;
  readonly #folder: string;

  constructor({ mayRead, folder }: Extract<Role, { readonly kind: 'reader' }>, { filesChanged }: Pick<SupervisorProxy, 'filesChanged'>) {
    this.#mayRead = new Set(mayRead);
    this.#folder = folder;
    this.#files.onChange(filesChanged);
  }

  async carryOut(order: ReaderOrder): Promise<Answer | undefined> {
    switch (order.kind) {
      case 'watch-files':
        await this.#files.watch(order.orders.map((each) => this.#allowed(each)));
        freeFormerServices(); // what was read and watched for those before
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

  #allowed(order: WatchOrder): WatchOrder {
    return { ...order, folder: this.#folder, questions: order.questions.filter((question) => this.#mayRead.has(question)) };
  }
}
