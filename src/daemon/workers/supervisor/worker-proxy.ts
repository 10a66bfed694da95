/** A worker as the supervisor sees it: orders go in, answers, questions and events come out, and at the end there is a reason. */

import type { ExecConfig } from '../../../config/config.ts';
import type { SharedCount } from '../../../connection/accept/shared-count.ts';
import { close } from '../../../linux/libc/descriptors.ts';
import type { Observe } from '../../../observe/events.ts';
import type { ProgramFacts } from '../../../programs/environment.ts';
import type { SpawnedProgram } from '../../../programs/program.ts';
import type { Answer, FromWorker, Order, Question, Reply, StartRecord, ToWorker } from '../messages.ts';
import { checkedAnswer } from './heard/answers.ts';
import type { HeardEvents } from './heard/events.ts';
import { refuseOtherThan } from './heard/plain-data.ts';
import type { EndReason } from './last-words.ts';
import { LastWords } from './last-words.ts';
import type { WorkerProcess } from './spawn-worker.ts';

/** `why` is `heap limit reached`, `uncaught exception: TEXT`, `signal SIGSEGV`. */
export interface WorkerEnd extends EndReason {
  /** What the exception or the runtime said besides. */
  readonly details: string | undefined;
  readonly connectionsLost: number;
}

/** An order, and the descriptors that go with it. */
export interface OrderWithDescriptors {
  readonly order: Order;
  readonly descriptors?: readonly number[];
}

/** Who hears what a worker says. */
export interface WorkerListener {
  readonly observe: Observe;
  readonly heard: HeardEvents;
  reply(question: Question): Promise<Reply> | Reply;
  /** @throws NodeJS.ErrnoException */
  startProgram(exec: ExecConfig, facts: ProgramFacts): Promise<SpawnedProgram>;
}

/** Programs whose descriptors it does not take: they are ours as long. */
const MOST_KEPT = 512;
/** What it is told and does not read, in bytes of our memory. */
const MOST_UNREAD_BYTES = 67_108_864;
/** About what a small message takes, and an answer of the desk. */
const MESSAGE_BYTES = 512;
const DESK_BYTES = 65_536;
/** An order that is not answered for so long is told of: what waits for it waits as long. */
const LONG_MS = 5000;
/** They stand between a reload, or a renewal, and its end. */
const OF_A_RELOAD: ReadonlySet<Order['kind']> = new Set(['prepare', 'listen', 'replace', 'close', 'read-files']);
/** They wait for something outside. */
const TAKES_ITS_TIME: ReadonlySet<Order['kind']> = new Set(['when-empty', 'find-addresses', 'ask-service']);
/** Characters of an exception that ends it. */
const MOST_LAST_WORDS = 16_384;

const MAIN = { id: 'main', service: undefined } as const;

/** The worker ended before it answered. */
const GONE = { kind: 'gone' } as const;
export type AnswerOrGone = Answer | typeof GONE;

interface Waiting {
  readonly kind: Order['kind'];
  readonly resolve: (answer: AnswerOrGone) => void;
}

/** Its last messages may still be read when it has ended; something that holds them open (a program it started) is not waited for. */
const LAST_MESSAGES_MS = 500;

export class WorkerProxy {
  /** False: it ended before it was ready. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<WorkerEnd>;
  readonly #process: WorkerProcess;
  readonly #count: SharedCount;
  readonly #listener: WorkerListener;
  readonly #lastWords: LastWords;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #isReady = false;
  #unreadBytes = 0;
  /** The order that was told of. */
  #late: number | undefined;
  #over = false;
  #becameReady: () => void = () => undefined;

  /** @param count whose own number is that of this worker */
  constructor(process: WorkerProcess, record: StartRecord, count: SharedCount, listener: WorkerListener) {
    this.#process = process;
    this.#count = count;
    this.#listener = listener;
    this.#lastWords = new LastWords(process.child.stderr, record.fence !== undefined);
    process.channel.on('message', (message) => this.#hear(message as FromWorker));
    process.channel.on('error', (cause) => this.#endSenseless(cause));
    this.ended = this.#watchEnd();
    const ready = new Promise<boolean>((resolve) => {
      this.#becameReady = () => resolve(true);
    });
    this.ready = Promise.race([ready, this.ended.then(() => false)]);
    this.#tell({ kind: 'start', record });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** It does not take the descriptors it is sent. */
  get isBehind(): boolean {
    return this.#process.descriptors.kept > MOST_KEPT;
  }

  /** undefined: it could not be started. */
  get pid(): number | undefined {
    return this.#process.child.pid;
  }

  order({ order, descriptors = [] }: OrderWithDescriptors): Promise<AnswerOrGone> {
    if (this.#over) return Promise.resolve(GONE);
    const id = this.#asked;
    this.#asked += 1;
    if (descriptors.length > 0) this.#process.descriptors.send(descriptors);
    if (!TAKES_ITS_TIME.has(order.kind)) void this.ready.then(() => setTimeout(() => this.#missAnswer(id), LONG_MS).unref());
    return new Promise((resolve) => {
      this.#waiting.set(id, { kind: order.kind, resolve });
      this.#tell({ kind: 'order', id, order, descriptors: descriptors.length });
    });
  }

  /** Where this process was held up itself, the answer is there and is still to be read: after the timers that are due the loop reads. */
  #missAnswer(id: number): void {
    if (this.#waiting.has(id)) setImmediate(() => this.#tellLate(id));
  }

  /** Said once, until that one is answered. The process is not ended for it: a machine that was suspended is late as a whole. */
  #tellLate(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || this.#late !== undefined) return;
    this.#late = id;
    const held = OF_A_RELOAD.has(waiting.kind) ? ', and a reload or a renewal waits for it' : '';
    const fix = `if it is stopped (\`ps -o stat= ${this.pid}\` says T), \`kill -CONT ${this.pid}\`; if it hangs, \`kill -9 ${this.pid}\`: another takes its place`;
    const text = `Process ${this.pid} of ours has not answered for ${LONG_MS / 1000} s${held}; ${fix}`;
    this.#listener.observe({ kind: 'message', level: 4, text }, MAIN);
  }

  /** Ends it now. One that may not be killed (it still has another user) ends when it finds its channel closed. */
  terminate(): void {
    this.#process.channel.close();
    this.#process.child.kill('SIGKILL');
  }

  #hear(message: FromWorker): void {
    if (this.#over) return;
    try {
      this.#take(message);
    } catch (cause) {
      this.#endSenseless(cause as Error);
    }
  }

  /** One that says what makes no sense was taken over, or is broken: it is ended, and the supervisor is not. */
  #endSenseless({ message, stack }: Error): void {
    this.#listener.observe({ kind: 'defect', text: `what a process of ours said: ${message}`, stack }, MAIN);
    this.terminate();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#becameReady();
        return;
      case 'events':
        for (const { event, context, at } of this.#listener.heard.checked(message.events)) this.#listener.observe(event, context, at);
        return;
      case 'question':
        refuseOtherThan('number', message.id);
        void this.#reply(message.id, message.question);
        return;
      case 'start-program':
        refuseOtherThan('number', message.id);
        void this.#tellOfProgram(message.id, this.#listener.startProgram(message.exec, message.facts));
        return;
      case 'failed':
        this.#lastWords.exception = boundedWords(message);
        return;
      case 'answer': {
        const waiting = this.#waiting.get(message.id);
        if (waiting === undefined) throw new TypeError('an answer to nothing');
        const answer = checkedAnswer(waiting.kind, message.answer);
        this.#waiting.delete(message.id);
        if (message.id === this.#late) this.#late = undefined;
        waiting.resolve(this.#ownOf(answer));
      }
    }
  }

  /** Another's connections are not for it to tell of. */
  #ownOf(answer: Answer): Answer {
    if (answer.kind !== 'listed') return answer;
    return { ...answer, connections: answer.connections.filter(({ connection }) => this.#listener.heard.mayTellOf(connection)) };
  }

  async #reply(id: number, question: Question): Promise<void> {
    const reply = await this.#listener.reply(question);
    const bytes = reply instanceof Uint8Array ? reply.byteLength : 0;
    this.#tell({ kind: 'reply', id, reply }, question.kind === 'read-desk' ? DESK_BYTES : MESSAGE_BYTES + bytes);
  }

  /** The worker has our end of it, and hears how it ends. Nothing else of its message is kept as long. */
  async #tellOfProgram(id: number, program: Promise<SpawnedProgram>): Promise<void> {
    try {
      const { pid, fd, exited } = await program;
      this.#process.descriptors.send([fd]);
      close(fd);
      this.#tell({ kind: 'program-started', id, pid });
      this.#tell({ kind: 'program-ended', id, exit: await exited });
    } catch (cause) {
      const { message, code } = cause as NodeJS.ErrnoException;
      this.#tell({ kind: 'program-failed', id, text: message, code });
    }
  }

  /** What cannot be sent any more is answered by the end. @param bytes about what it takes until it is read */
  #tell(message: ToWorker, bytes = MESSAGE_BYTES): void {
    const { channel } = this.#process;
    if (!channel.connected) return;
    this.#unreadBytes += bytes;
    channel.send(message, () => {
      this.#unreadBytes -= bytes;
    });
    if (this.#unreadBytes > MOST_UNREAD_BYTES) this.#endDeaf();
  }

  /** It hangs or was taken over, and this process would grow with each thing it asks. */
  #endDeaf(): void {
    this.#listener.observe({ kind: 'message', level: 3, text: 'A process of ours does not read what it is told, and is ended' }, MAIN);
    this.terminate();
  }

  #watchEnd(): Promise<WorkerEnd> {
    const { child, descriptors } = this.#process;
    const { promise, resolve } = Promise.withResolvers<EndReason>();
    child.on('error', ({ message }) => resolve({ why: message, outOfMemory: false })); // it could not be started, or not be ended
    child.once('exit', (code, signal) => {
      const end = (): void => resolve(this.#lastWords.reason(code, signal));
      const timer = setTimeout(end, LAST_MESSAGES_MS);
      child.once('close', () => {
        clearTimeout(timer);
        end();
      });
    });
    return promise.then((reason) => {
      const connectionsLost = this.#count.own;
      this.#count.own = 0;
      this.#over = true;
      descriptors.close();
      this.#listener.heard.forget();
      for (const { resolve: answer } of this.#waiting.values()) answer(GONE);
      this.#waiting.clear();
      return { ...reason, details: this.#lastWords.details, connectionsLost };
    });
  }
}

/** @throws TypeError */
function boundedWords({ text, stack }: Extract<FromWorker, { readonly kind: 'failed' }>): {
  readonly text: string;
  readonly stack: string | undefined;
} {
  refuseOtherThan('string', text);
  if (stack !== undefined) refuseOtherThan('string', stack);
  return { text: text.slice(0, MOST_LAST_WORDS), stack: stack?.slice(0, MOST_LAST_WORDS) };
}
