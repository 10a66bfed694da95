/** Debian's stunnel (package stunnel4) as a real peer: a configuration of the test's own, in the foreground, without a pid file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { listeningPorts } from '../net/listening-ports.ts';
import { optionLines } from '../overcoat/config-text.ts';
import type { Place } from '../program.ts';
import { Program, thisMachine } from '../program.ts';

export interface StunnelOptions {
  /** Folder for the configuration file. */
  readonly directory: string;
  readonly place?: Place;
}

/** Starts stunnel with the given sections; resolves once it listens. Its log is the program's output (level 6, info). */
export async function startStunnel(sections: string, options: StunnelOptions): Promise<Program> {
  const stunnel = runStunnel(optionLines({ foreground: true, debug: 6, syslog: false, pid: '' }) + sections, options);
  await stunnel.saw(/Configuration successful/);
  const ports = [...sections.matchAll(/^\s*accept\s*=\s*(?:\S*:)?([1-9]\d*)\s*$/gm)].map(([, port]) => Number(port));
  await eventually('stunnel listens, which it does only after these words', () => {
    const open = listeningPorts(stunnel.pid);
    return ports.every((port) => open.has(port));
  });
  return stunnel;
}

/** Starts stunnel with this file, word for word. */
export function runStunnel(text: string, { directory, place = thisMachine }: StunnelOptions): Program {
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'stunnel.conf');
  writeFileSync(config, text);
  return new Program(['stunnel4', config], { place });
}
