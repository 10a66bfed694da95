/**
 * A file beside the rules that hand connections to its services: a port of `portMap` that they lack is taken as well, or said; rules of `gateway up`
 * that somebody removes while it serves are put back.
 */
import type { Config, LogLevel } from '../config/config.ts';
import type { Launch } from '../daemon/launch.ts';
import type { ServiceMapping } from '../gateway/mapped-services.ts';

/** @returns what a daemon calls with each configuration before it serves it */
export function arrangeMappedPorts(): NonNullable<Launch['arrange']> {
  let arranged: readonly ServiceMapping[] = [];
  let listenPorts: readonly number[] = [];
  let started = false;
  let watching = false;
  return async ({ global, services }, tell) => {
    const say = (level: LogLevel, text: string): void => tell({ kind: 'message', level, text });
    listenPorts = services.flatMap(listenPortsOf);
    if (!watching && listenPorts.length > 0 && process.getuid?.() === 0) {
      watching = true;
      (await import('../gateway/machine/installed-watch.ts')).watchInstalled((port) => listenPorts.includes(port), tell);
    }
    const mappings = services.flatMap(mappingsOf);
    const isOneOf = (all: readonly ServiceMapping[]) => (one: ServiceMapping) =>
      all.some(({ from, listenPort }) => from === one.from && listenPort === one.listenPort);
    const fresh = mappings.filter((mapping) => !isOneOf(arranged)(mapping));
    const gone = arranged.filter((mapping) => !isOneOf(mappings)(mapping));
    const confined = started && (global.chroot !== undefined || global.setuid !== undefined);
    started = true;
    if (fresh.length + gone.length === 0 || (confined && fresh.length === 0)) return;
    const { interceptMapped, notIntercepted, stillTaken } = await import('../gateway/mapped-services.ts');
    if (confined) throw notIntercepted(fresh, new Error('this process has given up its rights; a restart takes it'));
    const { taken, byHand } = await interceptMapped(mappings);
    arranged = mappings;
    for (const port of taken) say(5, `Port ${port} is intercepted from now on: portMap names it`);
    for (const { from } of stillTaken(gone))
      say(5, `Port ${from} stays intercepted although portMap no longer names it, until \`overcoat gateway down\``);
    for (const { from, listenPort } of byHand.filter(isOneOf(fresh))) {
      say(
        4,
        `portMap: port ${from} has to be among those that reach port ${listenPort} by the rules of this machine, else it is forwarded in clear`,
      );
    }
  };
}

/** Where a service accepts what rules hand over. */
function listenPortsOf({ transparent, connect, accept }: Config['services'][number]): readonly number[] {
  if (!transparent.destination || connect.length > 0) return [];
  return [...new Set(accept.flatMap((address) => (address.kind === 'tcp' ? [address.port] : [])))];
}

function mappingsOf(service: Config['services'][number]): readonly ServiceMapping[] {
  const { portMap } = service;
  return listenPortsOf(service).flatMap((listenPort) => portMap.map(({ from, to }) => ({ from, to, listenPort })));
}
