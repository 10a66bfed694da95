/**
 * Which protocols are looked for in a client's first bytes, and how long for the first of them. Looking costs time where the server
 * speaks first, so it is done only where something depends on it.
 */
import type { PortRange, ServiceConfig } from '../config/config.ts';
import { recogniseHttp1 } from './http1.ts';
import { recogniseHttp2 } from './http2/recognise.ts';
import { RECOGNISERS } from './recognisers.ts';
import type { Recogniser } from './recognition.ts';
import { recogniseRtmp } from './rtmp/recognise.ts';
import { recogniseXmpp } from './xmpp.ts';

export interface SniffPlan {
  readonly recognisers: readonly Recogniser[];
  /** Wait for the first byte, in milliseconds; undefined: as long as for everything else the client has to send. */
  readonly firstByteMs: number | undefined;
}

/** Those whose clients speak a protocol that ALPN has a name for. */
const WITH_ALPN: readonly Recogniser[] = [recogniseHttp1, recogniseHttp2, recogniseXmpp];

/**
 * @param port where the client was going, before any portMap; undefined for a Unix socket
 * @param wanted `name`: nothing is known yet; `rest`: the name is known, or must not come from the protocol
 * @returns undefined when the client need not be looked at
 */
export function planSniff(
  config: ServiceConfig,
  port: number | undefined,
  wanted: 'name' | 'rest',
  tls: Recogniser,
): SniffPlan | undefined {
  const auto = config.serverName.kind === 'auto';
  if (auto && port !== undefined && covers(config.names.serverFirstPorts, port)) return undefined;
  const recognisers = wanted === 'name' ? [...RECOGNISERS, tls] : restOf(config, tls);
  if (recognisers.length === 0) return undefined;
  // A service with nothing but tcUrls to rewrite has RTMP clients, who speak first.
  const clientFirst = !auto || (port !== undefined && covers(config.names.clientFirstPorts, port));
  return { recognisers, firstByteMs: clientFirst ? undefined : config.names.sniffMs };
}

/** What matters besides the name: whether it is TLS already, the client's own ALPN, the tcUrl to rewrite. */
function restOf({ serverName, alreadyTls, names, tls: { alpn }, rtmpRewrite }: ServiceConfig, tls: Recogniser): readonly Recogniser[] {
  const auto = serverName.kind === 'auto';
  return [
    ...(auto && alreadyTls !== 'wrap' ? [tls] : []),
    ...(auto && alpn.length === 0 && names.sources.includes('protocol') ? WITH_ALPN : []),
    ...(rtmpRewrite.kind === 'none' ? [] : [recogniseRtmp]),
  ];
}

function covers(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ from, to }) => port >= from && port <= to);
}
