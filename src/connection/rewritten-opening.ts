/** `rtmpRewrite`: what the upstream is to hear of an RTMP client, in the place of what the client said. */
import type { Exchange } from '../names/recognition.ts';
import { rewriteConnect } from '../names/rtmp/rewrite.ts';
import type { Sniffed } from '../names/sniffer.ts';
import type { Life } from './life.ts';
import type { Service } from './record.ts';

export interface Opening {
  /** To be repeated with the upstream before `bytes`. */
  readonly exchange: Exchange | undefined;
  /** What of the client's bytes goes to the upstream as it is. */
  readonly bytes: Uint8Array;
}

const NOTHING: Opening = { exchange: undefined, bytes: new Uint8Array(0) };

export function rewrittenOpening(sniffed: Sniffed | undefined, { names }: Service, life: Life): Opening {
  if (sniffed === undefined) return NOTHING;
  const { exchange } = sniffed;
  const skip = exchange?.skip ?? 0;
  if (names.rtmpTarget === undefined || sniffed.protocol !== 'rtmp') return { exchange, bytes: sniffed.bytes.subarray(skip) };
  // Without an exchange the client was let alone in its handshake, and has not come to `connect`.
  const rewriting =
    exchange === undefined ? ({ kind: 'unchanged', why: sniffed.why } as const) : rewriteConnect(sniffed.bytes, names.rtmpTarget);
  if (rewriting.kind === 'unchanged') {
    life.emit({ kind: 'note', level: 4, text: `The RTMP client is passed on as it is: ${rewriting.why}` });
    return { exchange, bytes: sniffed.bytes.subarray(skip) };
  }
  life.emit({ kind: 'note', level: 6, text: `RTMP: tcUrl is ${rewriting.tcUrl} from here on` });
  return { exchange, bytes: rewriting.bytes.subarray(skip) };
}
