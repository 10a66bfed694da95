/**
 * A program (`exec`) in place of one of the two ends of a connection. With `connect` it is the client, started by the daemon;
 * otherwise it is the upstream, started for every client. From here on its end of the socket pair is a leg like any other.
 */

import type { ExecConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import type { ProgramFacts } from '../../programs/environment.ts';
import type { Program } from '../../programs/starter.ts';
import { startProgram } from '../../programs/starter.ts';
import { describeSystemError } from '../../text/system-error.ts';
import { issuerText, subjectText } from '../../tls/certificate/subject-text.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Dialled, Service } from '../record.ts';
import { clientEnd } from '../record.ts';

/** The program stands where an upstream would be. */
export function upstreamIsProgram({ exec, connect }: Service['config']): boolean {
  return exec !== undefined && connect.length === 0;
}

/** The program stands where a client would be, and nothing is listened on. */
export function clientIsProgram({ exec, connect }: Service['config']): boolean {
  return exec !== undefined && connect.length > 0;
}

/**
 * Starts the program as the upstream of a client.
 * @param secured the client's TLS, as far as it has come: its certificate is what the program is told about
 * @throws OvercoatError `exec_program`
 */
export async function dialProgram(accepted: Accepted, secured: TlsLeg | undefined, service: Service, life: Life): Promise<Dialled> {
  life.enter('dial');
  const certificate = secured?.certificate;
  const facts: ProgramFacts = {
    client: clientEnd(accepted),
    subject: certificate === undefined ? undefined : subjectText(certificate),
    issuer: certificate === undefined ? undefined : issuerText(certificate),
  };
  const exec = execOf(service);
  const { leg } = await start(exec, facts, life);
  life.own('upstream', leg);
  return { leg, address: { kind: 'unix', path: exec.path } };
}

/**
 * Starts the program as the client of the service's upstream.
 * @throws OvercoatError `exec_program`
 */
export async function acceptProgram(service: Service, life: Life): Promise<{ readonly accepted: Accepted; readonly program: Program }> {
  const exec = execOf(service);
  const program = await start(exec, { client: undefined, subject: undefined, issuer: undefined }, life);
  life.own('client', program.leg);
  return { accepted: { leg: program.leg, client: exec.path }, program };
}

function execOf({ config }: Service): ExecConfig {
  if (config.exec === undefined) throw new OvercoatError('internal', 'the service has no program');
  return config.exec;
}

async function start(exec: ExecConfig, facts: ProgramFacts, life: Life): Promise<Program> {
  try {
    const program = await startProgram(exec, facts);
    life.emit({ kind: 'program-started', path: exec.path, pid: program.pid });
    void program.exited.then(({ code, signal }) => life.emit({ kind: 'program-ended', pid: program.pid, code, signal }));
    return program;
  } catch (cause) {
    const { text, errno } = describeSystemError(cause);
    life.emit({ kind: 'program-failed', path: exec.path, text, errno });
    throw new OvercoatError('exec_program', `exec ${exec.path}: ${text} (${errno})`, cause);
  }
}
