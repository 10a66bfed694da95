/** Options that say where connections come from and where they go. */

import { last, list } from '../option.ts';
import { address, host, portMappings, target } from '../values/address-values.ts';
import { socketSetting } from '../values/socket-options.ts';
import type { Parser } from '../values/values.ts';
import { bad, decimal, good, oneOf, yesNo } from '../values/values.ts';

const TRANSPARENCY = {
  none: { destination: false, source: false },
  source: { destination: false, source: true },
  destination: { destination: true, source: false },
  both: { destination: true, source: true },
  yes: { destination: false, source: true },
  no: { destination: false, source: false },
};

/** yes is one second, a number is milliseconds, no is undefined. */
const retry: Parser<number | undefined> = (value) => {
  const milliseconds = decimal(value);
  if (milliseconds !== undefined && milliseconds >= 1 && milliseconds <= 86_400_000) return good(milliseconds);
  if (value.toLowerCase() === 'yes') return good(1000);
  if (value.toLowerCase() === 'no') return good(undefined);
  return bad(`"${value}" is neither yes, no nor milliseconds up to a day`, "The argument needs to be either 'yes' or 'no'");
};

/** Words with blanks between them; there is no quoting. */
const words: Parser<readonly string[]> = (value) => good(value.split(/[ \t]+/).filter((word) => word !== ''));

export const ENDPOINT_OPTIONS = {
  accept: list(address('', 'accept'), {
    scope: 'service',
    value: '[host:]port | /path',
    default: 'none',
    doc: 'Listen here; a port alone means all addresses, *:port all IPv4 addresses. May be repeated.',
    status: 'works',
  }),
  client: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'yes: plain in, TLS out. no: TLS in, plain out.',
    status: 'works',
  }),
  connect: list(target('connect'), {
    scope: 'service',
    value: '[host:]port | /path',
    default: 'none',
    doc: 'Where connections go; a port alone means this machine. Several are tried in turn.',
    status: 'works',
  }),
  delay: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'Look the name in connect up for every connection instead of at start.',
    status: 'works',
  }),
  exec: last(good, {
    scope: 'service',
    value: 'program',
    default: 'none',
    doc: 'Run this program, the plain side as its standard input and output, for every connection; with connect once, as the client. Never killed: its input ends.',
    status: 'works',
  }),
  execArgs: last(words, {
    scope: 'service',
    value: 'words',
    default: 'the name of the program',
    doc: 'Arguments for exec with blanks between them, the first is the name the program sees as its own.',
    status: 'works',
  }),
  failover: last(oneOf({ rr: 'rr', prio: 'prio' } as const), {
    scope: 'service',
    value: 'rr | prio',
    default: 'prio',
    doc: 'Which of several connect addresses comes first: a rotating one, or always the first.',
    status: 'works',
  }),
  ident: last(good, {
    scope: 'service',
    value: 'user',
    default: 'none',
    doc: 'Ask the ident service of the client for its user.',
    status: 'refused',
    note: 'the answer comes from the machine that is being checked, and nobody runs the service any more; use client certificates',
  }),
  libwrap: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'Admit clients by /etc/hosts.allow and /etc/hosts.deny (in a chroot those inside), with the name of the service as daemon.',
    status: 'differs',
    note: 'no program is run for a rule: where spawn, twist or any other option that would do something matches, the client is refused',
  }),
  local: last(host, {
    scope: 'service',
    value: 'address',
    default: 'none',
    doc: 'Source address of outgoing connections; wins over transparent = source.',
    status: 'works',
  }),
  portMap: last(portMappings, {
    scope: 'service',
    value: 'FROM:TO[,FROM:TO...]',
    default: 'none',
    doc: 'With transparent = destination: go to another port of the original destination.',
    status: 'works',
    ours: true,
  }),
  pty: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'Give the program of exec a pseudo-terminal, which is hung up when the peer ends.',
    status: 'differs',
    note: 'not together with chroot',
  }),
  redirect: list(target('redirect'), {
    scope: 'service',
    value: '[host:]port | /path',
    default: 'none',
    doc: 'Server mode: clients without a good certificate go here instead of being refused.',
    status: 'works',
  }),
  reset: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'yes',
    doc: 'Show an error as a TCP reset; a TLS peer whose handshake failed gets an alert instead.',
    status: 'works',
  }),
  retry: last(retry, {
    scope: 'service',
    value: 'yes | no | milliseconds',
    default: 'no',
    doc: 'Start the program of exec with connect again when it has ended, after this pause (yes: 1000).',
    status: 'works',
  }),
  socket: list(socketSetting, {
    scope: 'service',
    value: 'a|l|r:OPTION=VALUE[:VALUE]',
    default: 'a:SO_REUSEADDR=yes, l:TCP_NODELAY=yes, r:TCP_NODELAY=yes',
    doc: 'Set an option of the accepting, local or remote socket.',
    status: 'works',
  }),
  transparent: last(oneOf(TRANSPARENCY, 'Selected transparent proxy mode is not available'), {
    scope: 'service',
    value: 'none | source | destination | both',
    default: 'none',
    doc: "destination: go where the intercepted client was going. source: keep the client's own address towards the target.",
    status: 'differs',
    note: 'a connection whose destination turns out to be Overcoat itself is refused instead of looping; TPROXY works too',
  }),
};
