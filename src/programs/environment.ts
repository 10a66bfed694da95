/**
 * What a program of `exec` is told about its connection (stunnel(8), exec). Values come from a stranger, who chooses the names in
 * its certificate: they are environment variables and nothing else, and one we inherited never passes for one of them.
 */
import type { Endpoint } from '../address/endpoint.ts';

/** What is known of the connection the program serves. */
export interface ProgramFacts {
  readonly client: Endpoint | undefined;
  /** Of the client's certificate, where it sent one. */
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
}

/** Variables of the runtime that the launcher puts aside, under a name with this in front: they are the caller's, not meant for us. */
const PUT_ASIDE = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'] as const;
const ASIDE = 'OVERCOAT_CALLER_';
/** Of the launcher: for us, never for a program. */
const OWN = ['OVERCOAT_IGNORED_SIGNALS', 'OVERCOAT_STARTED_AS', 'NODE_COMPILE_CACHE'] as const;

/** @param inherited our own environment, with what setEnv changed in it */
export function programEnvironment({ client, subject, issuer }: ProgramFacts, inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const environment = callersEnvironment(inherited);
  put(environment, 'REMOTE_HOST', client?.address);
  put(environment, 'REMOTE_PORT', client === undefined ? undefined : String(client.port));
  put(environment, 'SSL_CLIENT_DN', subject);
  put(environment, 'SSL_CLIENT_I_DN', issuer);
  return environment;
}

/** What our caller's environment was before the launcher added to it. */
export function callersEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...inherited };
  for (const name of OWN) delete environment[name];
  for (const name of PUT_ASIDE) {
    const value = environment[`${ASIDE}${name}`];
    delete environment[`${ASIDE}${name}`];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

function put(environment: NodeJS.ProcessEnv, name: string, value: string | undefined): void {
  if (value === undefined) delete environment[name];
  else environment[name] = value.replaceAll('\0', '');
}
