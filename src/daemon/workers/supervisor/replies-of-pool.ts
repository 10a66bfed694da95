/** What the supervisor answers to its workers, and does for them. One of them may have been taken over: it gets what its role may ask. */
import type { ExecConfig } from '../../../config/config.ts';
import type { NameMemory } from '../../../names/dns/memory.ts';
import type { ProcessName } from '../../../observe/daemon-events.ts';
import type { Observe } from '../../../observe/events.ts';
import type { ProgramFacts } from '../../../programs/environment.ts';
import type { SpawnedProgram } from '../../../programs/program.ts';
import { startHere } from '../../../programs/starter.ts';
import type { FilesRead } from '../../../start-files.ts';
import type { Desk } from '../../../status/desk.ts';
import { systemError } from '../../../text/system-error.ts';
import { isLine } from '../../../tls/material/key-log.ts';
import type { Question, Reply } from '../messages.ts';
import { mayAsk } from '../rights.ts';
import type { GenerationsOfPool } from './generations-of-pool.ts';
import { ProgramQuota } from './program-quota.ts';

const EPERM = 1;

const MAIN = { id: 'main', service: undefined } as const;

/** Who knows what workers ask for. */
export interface Sources {
  readonly observe: Observe;
  readonly generations: GenerationsOfPool;
  readonly nameFor: NameMemory['nameFor'];
  readonly filesChanged: (files: FilesRead) => void;
  readonly readDesk: Desk['read'];
  /** How many connections all workers may have together; undefined: any number. */
  readonly connectionLimit: () => number | undefined;
}

/** Whoever asks for programs. */
export interface Asker {
  /** undefined: it has none yet. */
  readonly role: () => ProcessName | undefined;
  readonly isOver: () => boolean;
}

export class RepliesOfPool {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Never rejects: what a process that was taken over asks must not end this one. @param asker undefined: it has no role yet */
  async replyTo(asker: ProcessName | undefined, question: Question): Promise<Reply> {
    try {
      return mayAsk(asker, question) ? await this.#reply(question) : undefined;
    } catch (cause) {
      const { message, stack } = cause as Error;
      this.#sources.observe({ kind: 'defect', text: `a question of a process of ours: ${message}`, stack }, MAIN);
      return undefined;
    }
  }

  /**
   * The programs of one process, bounded in number and in rate. @returns starts one of some configuration that is in use, and no other; it
   * throws NodeJS.ErrnoException
   */
  programsFor({ role, isOver }: Asker): (exec: ExecConfig, facts: ProgramFacts) => Promise<SpawnedProgram> {
    const { generations, observe, connectionLimit } = this.#sources;
    let worker = 0;
    const exceeded = (most: number): void => observe({ kind: 'programs-exceeded', worker, most }, MAIN);
    const quota = new ProgramQuota({ connections: connectionLimit, isOver, exceeded });
    return async (exec, facts) => {
      const own = generations.ownProgram(exec);
      const asker = role();
      if (typeof asker !== 'number' || own === undefined) throw systemError('execve', EPERM);
      worker = asker;
      return quota.start(() => startHere(own, facts));
    };
  }

  #reply(question: Question): Promise<Reply> | Reply {
    const { generations, nameFor, filesChanged, readDesk } = this.#sources;
    switch (question.kind) {
      case 'name-for':
        return nameFor(question.client, question.address);
      case 'keep-session':
        generations.sessions.put(question.cache, question.id, question.session, question.expires);
        return undefined;
      case 'find-session':
        return generations.sessions.get(question.cache, question.id);
      case 'drop-session':
        generations.sessions.drop(question.cache, question.id);
        return undefined;
      case 'log-secret':
        if (isLine(question.line)) generations.logSecret(question.path, question.line);
        return undefined;
      case 'files-changed':
        filesChanged(question.files);
        return undefined;
      case 'read-desk':
        return readDesk(question.question);
    }
  }
}
