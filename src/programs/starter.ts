/**
 * Who starts the programs of this process: itself, or, for a worker, its supervisor, since a worker may be fenced in and its programs are
 * not. Only what is known of the connection is handed on; what a program is and what else it is told is not a worker's to say.
 */
import type { ExecConfig } from '../config/config.ts';
import type { Leg } from '../sockets/leg.ts';
import type { ProgramFacts } from './environment.ts';
import { programEnvironment } from './environment.ts';
import type { ProgramExit, SpawnedProgram } from './program.ts';
import { spawnProgram } from './program.ts';
import { programLeg } from './program-end.ts';

/** @throws NodeJS.ErrnoException as `spawnProgram` */
export type ProgramStarter = (exec: ExecConfig, facts: ProgramFacts) => Promise<SpawnedProgram>;

export interface Program {
  readonly pid: number;
  /** Its end is the end of what the program writes. */
  readonly leg: Leg;
  /** Never rejects. */
  readonly exited: Promise<ProgramExit>;
}

/** In this process, with its environment. */
export const startHere: ProgramStarter = (exec, facts) => spawnProgram({ exec, environment: programEnvironment(facts, process.env) });

let starter = startHere;

/** From here on somebody else starts them. */
export function startProgramsBy(other: ProgramStarter): void {
  starter = other;
}

/** @throws NodeJS.ErrnoException when it cannot be started: not there, not executable, no descriptors left */
export async function startProgram(exec: ExecConfig, facts: ProgramFacts): Promise<Program> {
  const { pid, fd, exited } = await starter(exec, facts);
  return { pid, leg: programLeg(fd, exec.pty), exited };
}
