/** Waits, and how connections end. */
import { last } from '../option.ts';
import { atMost, handshakesPerSecond } from '../values/limit-values.ts';
import { seconds, stunnelSeconds, yesNo } from '../values/values.ts';

export const LIMIT_OPTIONS = {
  TIMEOUTbusy: last(stunnelSeconds('Illegal busy timeout'), {
    scope: 'service',
    value: 'seconds',
    default: '300',
    doc: 'Wait for expected data during negotiation and handshake.',
    status: 'works',
  }),
  TIMEOUTclose: last(stunnelSeconds('Illegal close timeout'), {
    scope: 'service',
    value: 'seconds',
    default: '60',
    doc: 'Wait for the other side after one side has ended.',
    status: 'works',
  }),
  TIMEOUTconnect: last(stunnelSeconds('Illegal connect timeout'), {
    scope: 'service',
    value: 'seconds',
    default: '10',
    doc: 'Wait for each address that is tried; 0 counts as 1.',
    status: 'works',
  }),
  TIMEOUTidle: last(stunnelSeconds('Illegal idle timeout'), {
    scope: 'service',
    value: 'seconds',
    default: '43200',
    doc: 'Close a connection on which nothing moves for so long.',
    status: 'differs',
    note: 'this and every other wait ends after 24 days at the latest (2147483 seconds)',
  }),
  TIMEOUTsetup: last(seconds('Illegal setup timeout'), {
    scope: 'service',
    value: 'seconds',
    default: 'none; 10 in services without a file',
    doc: 'One limit for everything that waits for the client before data can flow.',
    status: 'works',
    ours: true,
  }),
  clientsPerAddress: last(atMost, {
    scope: 'service',
    value: 'number',
    default: 'none; 500 for `overcoat server`',
    doc: 'Connections that one address may have open at once (an IPv6 /64 counts as one address); more are refused. 0: any number.',
    status: 'works',
    ours: true,
  }),
  handshakesPerSecond: last(handshakesPerSecond, {
    scope: 'service',
    value: 'ALL[,EACH]',
    default: 'none',
    doc: 'Clients let in within a second: all together, and of one address; more are refused. 0 for either: any number.',
    status: 'works',
    ours: true,
  }),
  redial: last(seconds('Illegal redial time'), {
    scope: 'service',
    value: 'seconds',
    default: '0',
    doc: 'Where no address of the target answers, try all of them again for so long while the client waits.',
    status: 'works',
    ours: true,
  }),
  silentAfter: last(seconds('Illegal time of silence'), {
    scope: 'service',
    value: 'seconds',
    default: '10',
    doc: 'A connection that carries nothing for so long is shown as silent and told as a problem (a frozen sender); 0: never.',
    status: 'works',
    ours: true,
  }),
  strictClose: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'Pass a TLS stream that was cut off on as a reset, and a reset as a cut-off stream.',
    status: 'works',
    ours: true,
  }),
};
