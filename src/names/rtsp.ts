/** RTSP (RFC 2326 section 6.1, RFC 7826 section 20.3): every request but `OPTIONS *` carries the whole URL. */
import { authorityOf, parseAuthority } from '../address/authority.ts';
import type { Recognition } from './recognition.ts';
import { NOT_MINE, needMore } from './recognition.ts';
import { mayBeRequest, parseRequestLine, readLine } from './text-lines.ts';

export function recogniseRtsp(bytes: Uint8Array): Recognition {
  if (!mayBeRequest(bytes)) return NOT_MINE;
  const line = readLine(bytes, 0);
  if (line === undefined) return needMore(bytes);
  const request = parseRequestLine(line.text);
  if (request === undefined || (request.version !== 'RTSP/1.0' && request.version !== 'RTSP/2.0')) return NOT_MINE;
  const host = parseAuthority(authorityOf(request.target) ?? '');
  if (host === undefined) return { kind: 'no-name', protocol: 'rtsp', why: 'the RTSP request holds no URL with a host', alpn: [] };
  return { kind: 'name', protocol: 'rtsp', host, alpn: [] };
}
