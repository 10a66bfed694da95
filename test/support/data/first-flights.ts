/**
 * What real clients sent first, recorded by tools/record-first-flight.ts, and what has to be seen in it. The file name says the
 * client; test/names/fixtures/README.md says how each was made.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirstProtocol } from '../../../src/names/recognition.ts';

export interface FirstFlight {
  readonly file: string;
  readonly bytes: Buffer;
  /** undefined: no recogniser may claim it. */
  readonly protocol: FirstProtocol | undefined;
  /** A name or address; undefined: recognised, and names nothing. */
  readonly host: string | undefined;
  readonly alpn: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../../names/fixtures');

type Expected = readonly [protocol: FirstProtocol | undefined, host?: string | undefined, alpn?: readonly string[]];

const LIVE: Expected = ['rtmp', 'live.example.org'];
const WEB: Expected = ['http/1', 'www.example.org', ['http/1.1']];
const WEB2: Expected = ['http/2', 'www.example.org', ['h2']];
const CAMERA: Expected = ['rtsp', 'cam.example.org'];
const TARGET: Expected = ['socks', 'www.example.org'];

const EXPECTED: Readonly<Record<string, Expected>> = {
  'connect-curl': ['connect', 'www.example.org', ['http/1.1']],
  'http-curl-1.0': ['http/1', 'www.example.org'],
  'http-curl-absolute': WEB,
  'http-curl-get': WEB,
  'http-curl-post': WEB,
  'http-curl-upgrade-h2c': WEB,
  'http-wget': WEB,
  'http2-curl': WEB2,
  'http2-nghttp': WEB2,
  'http2-node': WEB2,
  'other-psql': [undefined],
  'other-ssh': [undefined],
  'rtmp-ffmpeg-address': ['rtmp', '127.0.0.1'],
  'rtmp-ffmpeg-play': LIVE,
  'rtmp-ffmpeg-publish': LIVE,
  'rtmp-gstreamer-rtmp2sink': LIVE,
  'rtmp-gstreamer-rtmpsink': LIVE,
  'rtmp-librtmp-play': LIVE,
  'rtmp-librtmp-player-hash': LIVE,
  'rtmp-nginx-push': LIVE,
  'rtmp-obs': LIVE,
  'rtmpe-librtmp': ['rtmp'],
  'rtmpt-ffmpeg': ['http/1', undefined, ['http/1.1']],
  'rtmpt-librtmp': ['http/1', undefined, ['http/1.1']],
  'rtsp-curl': ['rtsp'],
  'rtsp-ffmpeg': CAMERA,
  'rtsp-gstreamer': CAMERA,
  'socks4-curl': ['socks', '127.0.0.1'],
  'socks4a-curl': TARGET,
  'socks5-address-curl': ['socks', '127.0.0.1'],
  'socks5-name-curl': TARGET,
  'socks5-password-curl': ['socks'],
  'tls-curl': ['tls', 'www.example.org', ['h2', 'http/1.1']],
  'tls-openssl': ['tls', 'www.example.org'],
  'tls-openssl-no-sni': ['tls'],
  'websocket-python': WEB,
  'xmpp-slixmpp': ['xmpp', 'chat.example.org', ['xmpp-client']],
};

/** All recordings. Throws when the folder and the table above do not agree, so that none is left out. */
export function firstFlights(): readonly FirstFlight[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.bin'));
  const missing = Object.keys(EXPECTED).filter((name) => !files.includes(`${name}.bin`));
  if (missing.length > 0) throw new Error(`recordings missing: ${missing.join(', ')}`);
  return files.map((file) => {
    const expected = EXPECTED[file.slice(0, -'.bin'.length)];
    if (expected === undefined) throw new Error(`nothing is expected of ${file}`);
    const [protocol, host, alpn = []] = expected;
    return { file, bytes: readFileSync(join(FOLDER, file)), protocol, host, alpn };
  });
}

/** The recordings of one recogniser. */
export function flightsOf(...protocols: readonly FirstProtocol[]): readonly FirstFlight[] {
  const found = firstFlights().filter(({ protocol }) => protocol !== undefined && protocols.includes(protocol));
  if (found.length === 0) throw new Error(`no recording of ${protocols.join(', ')}`);
  return found;
}
