/**
 * Readiness of descriptors, edge-triggered: each is registered once, and is announced again only when something has changed. All of them
 * hang on one handle of the runtime's loop, so timers, signals and promises go on as ever. What has more to do than one turn allows asks
 * for another one (`soon`), between which everybody else is served.
 *
 * The trap: the loop calls back from C, outside of everything the runtime does around a callback; promises that are settled there wait
 * for the next timer, however late. So that callback does nothing but ask for an immediate, which runs in the same turn of the loop.
 */
import type { Pointer } from '../native/binding.ts';
import { viewOf } from '../native/binding.ts';
import { makeCallback } from '../native/callback.ts';
import { systemError } from '../text/system-error.ts';
import { allocate, close, epoll, LoopHandle } from './system-calls.ts';

/** What `ready` is told, as a sum. The numbers are epoll's. */
export const READABLE = 0x001;
export const WRITABLE = 0x004;
/** The connection is broken: a reset, a failed connect. */
export const FAILED = 0x008;
/** The other end has said its last, or both have. */
export const ENDED = 0x2010;

export interface Watcher {
  /** Something has changed; `events` is a sum of the above. */
  ready(events: number): void;
}

export interface Task {
  run(): void;
}

export interface Poller {
  /** Announces every change of `fd`, beginning with what it is now. @throws NodeJS.ErrnoException where the kernel refuses */
  watch(fd: number, watcher: Watcher): void;
  /** As long as it has something to be accepted (level-triggered). It does not keep the process alive by itself. */
  watchListener(fd: number, watcher: Watcher): void;
  /** Stops; must be called before the descriptor is closed. */
  forget(fd: number): void;
  /** The same for a descriptor of which others hold duplicates: closing it would not end the announcements. */
  forgetShared(fd: number): void;
  /** Runs `task` once after what is at hand; between two of them everybody else is served. */
  soon(task: Task): void;
  /**
   * The same for what takes a processor long (the step of a handshake): whoever waits for a little comes first, and however many of these
   * there are, between two turns in which some of them run all others are served.
   */
  inLine(task: Task): void;
  /** How many wait in line. */
  readonly line: number;
  /** The number of the present turn: what must not have more than its part of one can tell. */
  readonly round: number;
  /** Descriptors watched now. */
  readonly watched: number;
  /** Gives back what it is made of, for a thread or a process that goes on without; the next descriptor makes it anew. */
  close(): void;
}

const EDGE = 0x80000000;
const ADD = 1;
const DELETE = 2;
const ENTRY_BYTES = process.arch === 'x64' ? 12 : 16; // packed on x86-64 only (epoll_ctl(2))
const DATA_OFFSET = ENTRY_BYTES - 8;
const EVENTS = 64;
/** Whoever asks for a turn again has it within the same turn of the loop for so long: to go round the loop is two system calls and an immediate. */
const TASKS_MS = 0.25;
/**
 * And no longer than this in all, however many they are and however many become ready between two of them: whoever did not have its turn is
 * the first of the next.
 */
const ALL_TASKS_MS = 5;
/** Who has become ready while others were served is served at once for so long: many who never stop must not keep all else waiting. */
const READY_MS = 1;
/** Those in line have so much of a turn, and what has become ready meanwhile is served next; one that has begun is let run to its end. */
const LINE_MS = 1;
/** So many places of those that have run are kept until they are taken out together. */
const LONG_LINE = 1024;

interface OpenEpoll {
  readonly fd: number;
  readonly handle: LoopHandle;
}

class EpollPoller implements Poller {
  /** Made when the first descriptor is watched: most commands have none. */
  #epoll: OpenEpoll | undefined;
  readonly #eventsAt = allocate(ENTRY_BYTES * EVENTS);
  readonly #events = viewOn(viewOf(this.#eventsAt, ENTRY_BYTES * EVENTS));
  readonly #entryBytes = new Uint8Array(ENTRY_BYTES);
  readonly #entry = viewOn(this.#entryBytes);
  readonly #watchers: (Watcher | undefined)[] = [];
  /** An event that was fetched before its descriptor was closed and its number given to another names an old generation. */
  readonly #generations: number[] = [];
  #callback: Pointer | undefined;
  #tasks: Task[] = [];
  #line: (Task | undefined)[] = [];
  /** Before it, the places of those in line that have run. A busy line is never empty, so nothing may be kept alive by one. */
  #front = 0;
  #round = 0;
  #scheduled = false;
  #watched = 0;

  #open(): OpenEpoll {
    const fd = epoll.create();
    if (fd < 0) throw systemError('epoll_create1', fd);
    this.#epoll = { fd, handle: new LoopHandle(fd, this.#readable()) };
    return this.#epoll;
  }

  /** The same for every loop handle: what C may call is never taken back. */
  #readable(): Pointer {
    this.#callback ??= makeCallback('readiness', 'void (void *, int, int)', 0, () => {
      this.#schedule();
      return undefined;
    });
    return this.#callback;
  }

  close(): void {
    if (this.#epoll === undefined) return;
    this.#epoll.handle.close();
    close(this.#epoll.fd);
    this.#epoll = undefined;
    this.#watchers.length = 0;
    this.#watched = 0;
    this.#tasks = [];
    this.#line = [];
    this.#front = 0;
  }

  get line(): number {
    return this.#line.length - this.#front;
  }

  get round(): number {
    return this.#round;
  }

  get watched(): number {
    return this.#watched;
  }

  watch(fd: number, watcher: Watcher): void {
    this.#add(fd, watcher, (READABLE | WRITABLE | ENDED | EDGE) >>> 0);
  }

  watchListener(fd: number, watcher: Watcher): void {
    this.#add(fd, watcher, READABLE);
  }

  #add(fd: number, watcher: Watcher, events: number): void {
    const { fd: epollFd, handle } = this.#epoll ?? this.#open();
    const generation = ((this.#generations[fd] ?? 0) + 1) >>> 0;
    this.#generations[fd] = generation;
    this.#entry.setUint32(0, events, true);
    this.#entry.setInt32(DATA_OFFSET, fd, true);
    this.#entry.setUint32(DATA_OFFSET + 4, generation, true);
    const added = epoll.control(epollFd, ADD, fd, this.#entryBytes);
    if (added < 0) throw systemError('epoll_ctl', added);
    this.#watchers[fd] = watcher;
    this.#watched += 1;
    if (this.#watched === 1) handle.keepAlive(true);
  }

  forget(fd: number): void {
    if (this.#watchers[fd] === undefined) return;
    this.#watchers[fd] = undefined;
    this.#watched -= 1;
    if (this.#watched === 0) this.#epoll?.handle.keepAlive(false);
  }

  forgetShared(fd: number): void {
    if (this.#epoll !== undefined) epoll.control(this.#epoll.fd, DELETE, fd, this.#entryBytes);
    this.forget(fd);
  }

  soon(task: Task): void {
    this.#tasks.push(task);
    this.#schedule();
  }

  inLine(task: Task): void {
    this.#line.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  /** Between two tasks those who became ready meanwhile come first: a short message does not wait for a queue of long ones. */
  readonly #run = (): void => {
    this.#round += 1;
    try {
      this.#turn();
      if (this.#tasks.length > 0) this.#runTasks();
      if (this.#front < this.#line.length) this.#runLine();
    } finally {
      this.#scheduled = false; // whatever was thrown here: a turn that is never asked for again would be the end of every connection
      if (this.#tasks.length > 0 || this.line > 0) this.#schedule();
    }
  };

  #runTasks(): void {
    const begunAt = performance.now();
    do {
      const tasks = this.#tasks;
      this.#tasks = [];
      let at = 0;
      try {
        while (at < tasks.length) {
          const task = tasks[at] as Task;
          at += 1;
          guarded(task);
          this.#turn();
          if (performance.now() - begunAt >= ALL_TASKS_MS) return;
        }
      } finally {
        if (at < tasks.length) this.#tasks = [...tasks.slice(at), ...this.#tasks]; // also where the turn has thrown: they ask for no other
      }
    } while (this.#tasks.length > 0 && performance.now() - begunAt < TASKS_MS);
  }

  #runLine(): void {
    const until = performance.now() + LINE_MS;
    do {
      const task = this.#line[this.#front] as Task;
      this.#line[this.#front] = undefined;
      this.#front += 1;
      guarded(task);
    } while (this.#front < this.#line.length && performance.now() < until);
    if (this.#front === this.#line.length || this.#front > LONG_LINE) {
      this.#line = this.#line.slice(this.#front);
      this.#front = 0;
    }
  }

  /** What is left is announced again: the loop is told of this epoll for as long as it has something. */
  #turn(): void {
    const begunAt = performance.now();
    let count: number;
    do {
      if (this.#epoll === undefined) return;
      count = epoll.wait(this.#epoll.fd, this.#eventsAt, EVENTS);
      for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
        const fd = this.#events.getInt32(at + DATA_OFFSET, true);
        const watcher = this.#watchers[fd];
        if (watcher === undefined || this.#generations[fd] !== this.#events.getUint32(at + DATA_OFFSET + 4, true)) continue;
        try {
          watcher.ready(this.#events.getUint32(at, true));
        } catch (error) {
          throwLater(error);
        }
      }
    } while (count === EVENTS && performance.now() - begunAt < READY_MS);
  }
}

function viewOn(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function guarded(task: Task): void {
  try {
    task.run();
  } catch (error) {
    throwLater(error);
  }
}

/** An exception nobody expected becomes `uncaughtException`, and the others of this turn are still served. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** The one of this process. */
export const poller: Poller = new EpollPoller();
