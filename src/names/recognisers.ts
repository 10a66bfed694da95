/**
 * All recognisers. Their order decides nothing: no two of them claim the same bytes (a test feeds every fixture to each). TLS is
 * handed in by the connection path, which owns the one ClientHello parser.
 */
import { recogniseHttp1 } from './http1.ts';
import { recogniseHttp2 } from './http2/recognise.ts';
import type { Recogniser } from './recognition.ts';
import { recogniseRtmp } from './rtmp/recognise.ts';
import { recogniseRtsp } from './rtsp.ts';
import { recogniseSocks } from './socks.ts';
import { recogniseXmpp } from './xmpp.ts';

export const RECOGNISERS: readonly Recogniser[] = [
  recogniseRtmp,
  recogniseHttp1,
  recogniseHttp2,
  recogniseRtsp,
  recogniseXmpp,
  recogniseSocks,
];
