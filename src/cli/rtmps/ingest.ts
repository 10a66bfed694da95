/** Where a stream goes, and what has to be entered in an encoder that only speaks RTMP, so that it gets there. */
import { splitHostPort } from '../../address/authority.ts';
import { hostName } from '../../address/host-name.ts';
import { isEveryHost } from '../../address/ip.ts';
import type { Address, TcpAddress } from '../../config/config.ts';
import type { Parser } from '../../config/values/values.ts';
import { bad, good } from '../../config/values/values.ts';
import { parseRtmpTarget } from '../../names/rtmp/rewrite.ts';
import type { Preset } from './presets.ts';

/** An RTMPS server and the application on it. */
export interface Ingest {
  readonly url: string;
  readonly connect: TcpAddress;
  readonly app: string;
}

const RTMPS_PORT = 443;

/** `rtmps://HOST[:PORT]/APP`; the stream key is the encoder's affair and does not belong here. */
export const ingest: Parser<Ingest> = (text) => {
  const target = parseRtmpTarget(text);
  if (target?.scheme !== 'rtmps') return bad(`"${text}" is no RTMPS URL; write rtmps://HOST[:PORT]/APP`);
  if (target.app === undefined)
    return bad(`"${text}" names no application; write rtmps://HOST[:PORT]/APP, the stream key belongs into the encoder`);
  const { host, port } = splitHostPort(target.authority);
  if (hostName(host) === undefined) return bad(`"${host}" is no host name, by which the server could be verified`);
  const number = port === undefined ? RTMPS_PORT : Number(port);
  if (!(number > 0 && number < 65_536)) return bad(`"${port}" is no port`);
  return good({ url: text, connect: { kind: 'tcp', host, port: number }, app: target.app });
};

/**
 * What is printed before the stream begins.
 * @param accept where the encoder connects
 * @returns lines
 */
export function instructions({ url, app }: Ingest, preset: Preset | undefined, accept: Address): readonly string[] {
  const server = `rtmp://${placeOf(accept)}/${app}`;
  return [
    ...(preset === undefined ? [] : [`${preset.title}; the stream key: ${preset.where}.`]),
    `Streams go to ${url}, over verified TLS.`,
    'Enter in the encoder, the stream key as it is:',
    `  OBS            Settings, Stream, Service: Custom; Server: ${server}; Stream Key: KEY`,
    `  ffmpeg         ffmpeg -re -i FILE -c copy -f flv ${server}/KEY`,
    `  nginx-rtmp     push ${server}/KEY;`,
    `  hardware       URL or server: ${server}   stream name or key: KEY`,
  ];
}

function placeOf(accept: Address): string {
  if (accept.kind === 'unix') return accept.path;
  const host = isEveryHost(accept.host) ? 'THIS-MACHINE' : accept.host;
  const name = host.includes(':') ? `[${host}]` : host;
  return accept.port === 1935 ? name : `${name}:${accept.port}`;
}
