/**
 * The types handed from step to step. The output of one step is the input of the next; a leg named here is owned by the connection's
 * life from the moment it exists, so a step that throws never has to clean up.
 */

import type { DialAddress } from '../address/dial-address.ts';
import type { Endpoint } from '../address/endpoint.ts';
import type { ServiceConfig } from '../config/config.ts';
import type { Exchange } from '../names/recognition.ts';
import type { ServiceNames } from '../names/service-names.ts';
import type { NameSource } from '../observe/events.ts';
import type { Leg } from '../sockets/leg.ts';
import type { FilesRead } from '../start-files.ts';
import type { TlsLeg } from '../tls/engine/engine.ts';
import type { ServiceTls } from '../tls/service-tls.ts';
import type { DialledSockets } from './dial/dialled-sockets.ts';
import type { Targets } from './dial/targets.ts';

/** One `[section]` at run time. A reload makes a new one; live connections keep the one they were accepted under. */
export interface Service {
  readonly config: ServiceConfig;
  readonly tls: ServiceTls;
  readonly targets: Targets;
  readonly names: ServiceNames;
  /** What it was made of, apart for TLS and for names. */
  readonly files: { readonly tls: FilesRead; readonly names: FilesRead };
  /** Server mode: the sections that are virtual hosts of this one, in the order of the file. */
  readonly virtualHosts: readonly Service[];
  /** Server mode: this service with the targets of `redirect`, for clients that fail certificate authentication. */
  readonly redirect: Service | undefined;
}

/** A client that was accepted. Whether it is let in may still be asked (`libwrap`), and at most a PROXY header has been read of it. */
export interface Accepted {
  readonly leg: Leg;
  /** The client's end as the log prints it. */
  readonly client: string;
  /** What a PROXY header said of the connection, where one was believed; it counts instead of the leg's own addresses. */
  readonly proxied?: { readonly source: Endpoint; readonly destination: Endpoint };
}

/** The client's end of its connection; undefined for a Unix socket. */
export function clientEnd({ leg, proxied }: Accepted): Endpoint | undefined {
  return proxied === undefined ? leg.remote : proxied.source;
}

/** Both ends of the client's connection, as far as they are known. */
export function clientEnds({ leg, proxied }: Accepted): {
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
} {
  return proxied ?? { source: leg.remote, destination: leg.local };
}

/** A chain of our own connections, each of which led to the next, and how many it has with the one that is dialled now. */
export interface Hops {
  readonly sockets: DialledSockets;
  readonly hops: number;
}

/** Where the client wants to go; every address is tried in turn. */
export interface Destination {
  readonly addresses: readonly DialAddress[];
  /** Set where the dialled connection may come back to us: it may be intercepted again, or its target may have a port of ours. */
  readonly loops?: Hops | undefined;
  /** Several targets of `connect`: which of them is the first, counted from 0, where `failover` has chosen it. */
  readonly entry?: number;
  /** Targets of `connect`: their addresses as they are known by then, for another round; empty where there are none. */
  readonly again?: () => Promise<readonly DialAddress[]>;
}

export interface Named extends Destination {
  /** What is sent as SNI and verified; undefined when nothing is known. Lower case, no trailing dot. */
  readonly serverName: string | undefined;
  readonly source: NameSource;
  /** The client's own end, which `transparent = source` connects from; undefined for a Unix socket. */
  readonly from?: Endpoint | undefined;
}

/** What the client's first bytes, the map and DNS have taught about one connection (client mode). */
export interface Learnt {
  readonly named: Named;
  /** The service as it is for this connection: how its upstream is judged, and the client's own ALPN. */
  readonly service: Service;
  /** Set where we answered the client in the upstream's place: the upstream is sent the same before the relay. */
  readonly exchange: Exchange | undefined;
  /** The client speaks TLS itself: its bytes are relayed as they are, without TLS of ours. */
  readonly passOn: boolean;
}

/** A leg to the upstream whose TCP connection is established. */
export interface Dialled {
  readonly leg: Leg;
  readonly address: DialAddress;
}

/** A client after TLS and its verdict. */
export interface SecuredClient {
  readonly leg: TlsLeg;
  /** Of the virtual services the one it asked for. */
  readonly service: Service;
  /** false: it failed certificate authentication, and may go to `redirect` and nowhere else. */
  readonly admitted: boolean;
  /** It only checked that a name is ours: there is nothing to relay. */
  readonly challenged: boolean;
}

/** What the relay joins. */
export interface Legs {
  readonly client: Leg;
  readonly upstream: Leg;
}
