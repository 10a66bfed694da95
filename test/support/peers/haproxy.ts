/** Debian's HAProxy (package haproxy) with a configuration of the test's own, in the foreground. */
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { listeningPorts } from '../net/listening-ports.ts';
import type { Place } from '../program.ts';
import { Program, thisMachine } from '../program.ts';
import { writeFiles } from '../temp.ts';

/** Starts HAProxy with the given sections; resolves once its ports are open. */
export async function startHaproxy(sections: string, directory: string, place: Place = thisMachine): Promise<Program> {
  const timeouts = 'defaults\ntimeout connect 20s\ntimeout client 20s\ntimeout server 20s\n';
  const { 'haproxy.cfg': file } = writeFiles(directory, { 'haproxy.cfg': `global\nlog stderr format raw daemon\n${timeouts}${sections}` });
  const haproxy = new Program(['haproxy', '-db', '-V', '-f', join(file)], { place });
  await haproxy.saw(/^Using \S+ as the polling mechanism/m);
  const ports = [...sections.matchAll(/^\s*bind \S*:(\d+)/gm)].map(([, port]) => Number(port));
  await eventually('HAProxy listens, which it does not tell', () => {
    const open = listeningPorts(haproxy.pid);
    return ports.every((port) => open.has(port));
  });
  return haproxy;
}
