/** All commands, in the order of the help. What is known of one is loaded when somebody asks for it, so that starting is quick. */
import { mostSimilar } from '../../text/similar.ts';
import type { CommandName } from './command.ts';
import type { CommandTable } from './table.ts';

const TABLES: Readonly<Record<CommandName, () => Promise<CommandTable>>> = {
  run: async () => (await import('../tables/run.ts')).RUN,
  check: async () => (await import('../tables/check.ts')).CHECK,
  client: async () => (await import('../tables/client.ts')).CLIENT,
  server: async () => (await import('../tables/server.ts')).SERVER,
  rtmps: async () => (await import('../tables/rtmps.ts')).RTMPS,
  gateway: async () => (await import('../tables/gateway.ts')).GATEWAY,
  exec: async () => (await import('../tables/exec.ts')).EXEC,
  status: async () => (await import('../tables/status.ts')).STATUS,
  connections: async () => (await import('../tables/connections.ts')).CONNECTIONS,
  top: async () => (await import('../tables/top.ts')).TOP,
  end: async () => (await import('../tables/end.ts')).END,
  drain: async () => (await import('../tables/drain.ts')).DRAIN,
  reload: async () => (await import('../tables/reload.ts')).RELOAD,
  upgrade: async () => (await import('../tables/upgrade.ts')).UPGRADE,
  log: async () => (await import('../tables/log.ts')).LOG,
  pin: async () => (await import('../tables/pin.ts')).PIN,
  certs: async () => (await import('../tables/certs.ts')).CERTS,
  options: async () => (await import('../tables/options.ts')).OPTIONS,
  doctor: async () => (await import('../tables/doctor.ts')).DOCTOR,
  support: async () => (await import('../tables/support.ts')).SUPPORT,
  demo: async () => (await import('../tables/demo.ts')).DEMO,
};

export const COMMAND_NAMES = Object.keys(TABLES) as readonly CommandName[];

export function isCommand(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(TABLES, word);
}

export function loadCommand(name: CommandName): Promise<CommandTable> {
  return TABLES[name]();
}

export function loadCommands(): Promise<readonly CommandTable[]> {
  return Promise.all(COMMAND_NAMES.map(loadCommand));
}

/** The command that was probably meant by a word that is none. */
export function similarCommand(word: string): string | undefined {
  return mostSimilar(word, [...COMMAND_NAMES, 'help', 'version']);
}
