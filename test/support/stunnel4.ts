/** Debian's stunnel (package stunnel4) as a real peer: a configuration of the test's own, in the foreground, without a pid file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './program.ts';
import { Program, thisMachine } from './program.ts';

export interface StunnelOptions {
  /** Folder for the configuration file. */
  readonly directory: string;
  readonly place?: Place;
}

/** Starts stunnel with the given sections; resolves once it listens. Its log is the program's output (level 6, info). */
export async function startStunnel(sections: string, { directory, place = thisMachine }: StunnelOptions): Promise<Program> {
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'stunnel.conf');
  writeFileSync(config, `foreground = yes\ndebug = 6\nsyslog = no\npid =\n${sections}\n`);
  const stunnel = new Program(['stunnel4', config], { place });
  await stunnel.saw(/Accepting new connections/); // "Configuration successful" comes before it has bound anything
  return stunnel;
}
