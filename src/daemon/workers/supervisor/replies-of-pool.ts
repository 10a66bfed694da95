/** What the supervisor answers to its workers, and does for them. One of them may have been taken over: it gets what its role may ask. */
import { isIP } from 'node:net';
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
import type { ProgramAsker } from './program-quota.ts';
import { ProgramQuota } from './program-quota.ts';

const EPERM = 1;
const E2BIG = 7;
/** Of one thing that a program is told; thousands of them may wait here. Who is named at greater length is not served by a program. */
const MAX_FACT_CHARACTERS = 4096;

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
export interface Asker extends ProgramAsker {
  /** undefined: it has none yet. */
  readonly role: () => ProcessName | undefined;
}

export class RepliesOfPool {
  readonly #sources: Sources;
  /** By the number of a worker. */
  readonly #quotas = new Map<number, ProgramQuota>();

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

  /** Of some configuration that is in use, or it is not started; bounded in number and in rate. @throws NodeJS.ErrnoException */
  async startProgram(asker: Asker, exec: ExecConfig, facts: ProgramFacts): Promise<SpawnedProgram> {
    const own = this.#sources.generations.ownProgram(exec);
    const worker = asker.role();
    if (typeof worker !== 'number' || own === undefined) throw systemError('execve', EPERM);
    const told = boundedFacts(facts);
    return this.#quotas.getOrInsertComputed(worker, () => this.#quotaOf(worker)).start(asker, () => startHere(own, told));
  }

  #quotaOf(worker: number): ProgramQuota {
    const { observe, connectionLimit } = this.#sources;
    return new ProgramQuota({
      connections: connectionLimit,
      exceeded: (most) => observe({ kind: 'programs-exceeded', worker, most }, MAIN),
    });
  }

  #reply(question: Question): Promise<Reply> | Reply {
    const { generations, nameFor, filesChanged, readDesk } = this.#sources;
    switch (question.kind) {
      case 'name-for':
        return isIP(question.client) === 0 || isIP(question.address) === 0 ? { kind: 'none' } : nameFor(question.client, question.address);
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

/** A copy of what a worker says, with nothing else in it: it is kept while the program waits its turn. @throws NodeJS.ErrnoException E2BIG */
function boundedFacts({ client, subject, issuer }: ProgramFacts): ProgramFacts {
  for (const text of [client?.address, subject, issuer])
    if (text !== undefined && (typeof text !== 'string' || text.length > MAX_FACT_CHARACTERS)) throw systemError('execve', E2BIG);
  const known = client === undefined ? undefined : { address: client.address, port: Number(client.port) };
  return { client: known, subject, issuer };
}
