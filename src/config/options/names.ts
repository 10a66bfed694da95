/** The server name: what is sent as SNI and verified, and where it comes from when the client is intercepted. */

import { last } from '../option.ts';
import { portRanges } from '../values/address-values.ts';
import type { Parser } from '../values/values.ts';
import { bad, commaList, good, integer, oneOf, text } from '../values/values.ts';

type Source = 'map' | 'protocol' | 'dns' | 'hosts';

const SOURCES = oneOf({ map: 'map', protocol: 'protocol', dns: 'dns', hosts: 'hosts' } as const);
const LONGEST_SNIFF_MS = 60_000;

const sources: Parser<readonly Source[]> = (value) => {
  const parsed = commaList(SOURCES)(value);
  if (parsed.ok && new Set(parsed.value).size < parsed.value.length) return bad('a source is named twice');
  return parsed;
};

type Rewrite = { readonly kind: 'none' } | { readonly kind: 'auto' } | { readonly kind: 'url'; readonly url: string };

const rtmpRewrite: Parser<Rewrite> = (value) => {
  const word = value.toLowerCase();
  if (word === 'no') return good({ kind: 'none' });
  if (word === 'auto') return good({ kind: 'auto' });
  const url = URL.parse(value);
  const scheme = url?.protocol;
  if (url === null || (scheme !== 'rtmp:' && scheme !== 'rtmps:') || url.hostname === '' || url.pathname.length < 2) {
    return bad(`"${value}" is not an RTMP URL; write rtmp://HOST/APP, auto or no`);
  }
  return good({ kind: 'url', url: value });
};

export const NAME_OPTIONS = {
  alreadyTls: last(oneOf({ wrap: 'wrap', pass: 'pass', refuse: 'refuse' } as const), {
    scope: 'service',
    value: 'wrap | pass | refuse',
    default: 'wrap; pass in gateway and exec',
    doc: 'What to do with a client that already speaks TLS: wrap it once more, hand it through untouched, or refuse it.',
    status: 'works',
    ours: true,
  }),
  clientFirstPorts: last(portRanges, {
    scope: 'service',
    value: 'PORT[-PORT][,...]',
    default: '80, 443, 554, 1935 and others where clients speak first',
    doc: 'Destination ports where the first bytes of the client are waited for up to TIMEOUTsetup.',
    status: 'works',
    ours: true,
  }),
  dnsAmbiguous: last(oneOf({ refuse: 'refuse', last: 'last' } as const), {
    scope: 'service',
    value: 'refuse | last',
    default: 'refuse',
    doc: 'What DNS says when a client has asked several names for one address: nothing, or the last one.',
    status: 'works',
    ours: true,
  }),
  hostsFile: last(text, {
    scope: 'service',
    value: 'file',
    default: '/etc/hosts',
    doc: 'Where the name source hosts looks; read again when it has changed.',
    status: 'works',
    bytes: true,
    ours: true,
  }),
  nameMap: last(text, {
    scope: 'service',
    value: 'file',
    default: 'none',
    doc: 'Names by destination, one ADDRESS[/PREFIX][:PORT] NAME a line.',
    status: 'works',
    bytes: true,
    ours: true,
  }),
  nameMissing: last(oneOf({ refuse: 'refuse', address: 'address', pin: 'pin', send: 'send' } as const), {
    scope: 'service',
    value: 'refuse | address | pin | send',
    default: 'send; refuse in services without a file',
    doc: 'When no name is known: refuse, verify the address that was dialled, trust the first key seen and pin it, or connect without a name.',
    status: 'works',
    ours: true,
  }),
  nameSources: last(sources, {
    scope: 'service',
    value: 'map,protocol,dns,hosts',
    default: 'map,protocol,dns,hosts',
    doc: 'Where sni = auto looks for the name, in this order.',
    status: 'works',
    ours: true,
  }),
  pinStore: last(text, {
    scope: 'service',
    value: 'file',
    default: '/var/lib/overcoat/pins; for other users than root $XDG_STATE_HOME/overcoat/pins',
    doc: 'Where nameMissing = pin keeps the keys it has seen.',
    status: 'works',
    ours: true,
  }),
  rtmpRewrite: last(rtmpRewrite, {
    scope: 'service',
    value: 'no | auto | rtmp://HOST/APP',
    default: 'no',
    doc: 'Replace the address in what RTMP clients ask for (tcUrl), from connect (auto) or by this one.',
    status: 'works',
    ours: true,
  }),
  serverFirstPorts: last(portRanges, {
    scope: 'service',
    value: 'PORT[-PORT][,...]',
    default: '21, 22, 25, 110, 143, 587, 3306 and others where servers speak first',
    doc: 'Destination ports where the first bytes of the client are not waited for.',
    status: 'works',
    ours: true,
  }),
  sni: last(good, {
    scope: 'service',
    value: 'name | auto | nothing; in server mode SERVICE:PATTERN',
    default: 'the host of protocolHost, else of the first connect',
    doc: 'Client mode: name to send, nothing disables. Server mode: serve as a virtual host of that earlier service.',
    status: 'differs',
    bytes: true,
    note: 'IP addresses are never sent; auto learns the name of each connection; patterns of server mode ignore case and a trailing dot',
  }),
  TIMEOUTsniff: last(integer(0, LONGEST_SNIFF_MS, 'Illegal sniff timeout'), {
    scope: 'service',
    value: 'milliseconds',
    default: '300',
    doc: 'Wait for a first byte of the client on ports where it is not known who speaks first.',
    status: 'works',
    ours: true,
  }),
};
