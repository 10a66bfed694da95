/**
 * Looks now and then at what the kernel has counted of the traffic that goes past us, and makes events of it: a warning once for each host
 * that speaks a known protocol in clear, and the figures for the status. Bounded, whatever the hosts do.
 */
import type { DaemonEvent, UnwrappedFlow } from '../observe/daemon-events.ts';
import { clearProtocol } from './known-ports.ts';
import type { Counted, Flow } from './unwrapped.ts';
import { protocolOfFlow, remedyOf } from './unwrapped.ts';

/** Flows that are told; the kernel's sets hold more. */
const MAX_TOLD = 50;
/** Hosts and ports that are warned of. */
const MAX_WARNED = 1000;
/** A connection that carries something has more: the three of its opening, and what it sends. */
const LEAST_PACKETS = 4;

export class TrafficWatch {
  readonly #tell: (event: DaemonEvent) => void;
  readonly #warned = new Set<string>();
  #bytes: ReadonlyMap<string, number> = new Map();
  #restBytes = 0;

  constructor(tell: (event: DaemonEvent) => void) {
    this.#tell = tell;
  }

  /** @param counted what the sets hold now */
  look({ flows, restBytes }: Counted): void {
    for (const flow of flows) this.#warn(flow);
    const grown = this.#growth(flows, restBytes);
    this.#bytes = new Map(flows.map((flow) => [keyOf(flow), flow.bytes]));
    this.#restBytes = restBytes;
    if (grown.length === 0) return;
    this.#tell({ kind: 'unwrapped-counted', flows: flows.slice(0, MAX_TOLD).map(told), grown });
  }

  #warn(flow: Flow): void {
    const known = clearProtocol(flow.transport, flow.port);
    const key = keyOf(flow);
    if (known === undefined || flow.packets < LEAST_PACKETS || this.#warned.size >= MAX_WARNED || this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#tell({ kind: 'sent-in-clear', host: flow.host, port: flow.port, protocol: known.name, remedy: known.remedy });
  }

  /** Bytes since the last look. An entry that was forgotten meanwhile, or whose table was made anew, begins again. */
  #growth(flows: readonly Flow[], restBytes: number): readonly { readonly protocol: string; readonly bytes: number }[] {
    const grown = new Map<string, number>();
    const add = (protocol: string, now: number, before: number): void => {
      const bytes = now >= before ? now - before : now;
      if (bytes > 0) grown.set(protocol, (grown.get(protocol) ?? 0) + bytes);
    };
    for (const flow of flows) add(protocolOfFlow(flow), flow.bytes, this.#bytes.get(keyOf(flow)) ?? 0);
    add('other', restBytes, this.#restBytes);
    return [...grown].map(([protocol, bytes]) => ({ protocol, bytes }));
  }
}

function told(flow: Flow): UnwrappedFlow {
  const { host, transport, port, bytes } = flow;
  return { host, transport, port, protocol: protocolOfFlow(flow), bytes, remedy: remedyOf(flow) };
}

function keyOf({ host, transport, port }: Flow): string {
  return `${host} ${transport} ${port}`;
}
