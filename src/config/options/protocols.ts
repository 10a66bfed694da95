/** Negotiation before or around the TLS start. */

import type { Prefix } from '../../address/block.ts';
import { last, list } from '../option.ts';
import { protocolName } from '../protocol-names.ts';
import { prefixes } from '../values/address-values.ts';
import type { Parser } from '../values/values.ts';
import { anyText, bad, clearable, good, oneOf, yesNo } from '../values/values.ts';

const NO_BLOCKS: readonly never[] = [];

/** One line of a request, or nothing: anything else would be a second header, or the end of all. */
const headerLine: Parser<string> = (value) => {
  for (const character of value) if (character < ' ' && character !== '\t') return bad('a header has no control characters');
  return value !== '' && value.indexOf(':') < 1 ? bad('write NAME: VALUE') : good(value);
};

const proxySources: Parser<readonly Prefix[] | undefined> = (value) => (value.toLowerCase() === 'no' ? good(undefined) : prefixes(value));

export const PROTOCOL_OPTIONS = {
  allowTargets: last((value) => (value.toLowerCase() === 'none' ? good(NO_BLOCKS) : prefixes(value)), {
    scope: 'service',
    value: 'ADDRESS/PREFIX[,...]',
    default: 'none',
    doc: 'As a SOCKS or CONNECT server: targets allowed although they are on this machine or otherwise special.',
    status: 'works',
    ours: true,
  }),
  pgsqlCancel: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'yes',
    doc: 'Server mode of pgsql: a query may be cancelled in clear, as libpq before 17 and PostgreSQL itself do it.',
    status: 'works',
    note: 'no unless it is written, where clients must show a certificate or have a PSK',
    ours: true,
  }),
  protocol: last(protocolName, {
    scope: 'service',
    value: 'name',
    default: 'none: TLS at once',
    doc: 'What is spoken before TLS starts (STARTTLS and its kin), or in the place of connect.',
    status: 'differs',
    note: 'cifs, capwin and capwinctrl are refused; lmtp, sieve, xmpp, pgsql-direct and auto exist besides; nothing goes on in clear when the negotiation fails',
  }),
  protocolAuthentication: last(
    oneOf({ basic: 'basic', ntlm: 'ntlm', plain: 'plain', login: 'login' } as const, 'Unknown authentication type'),
    {
      scope: 'service',
      value: 'basic | ntlm | plain | login',
      default: 'basic (plain for smtp)',
      doc: 'Client mode: how to log in, basic or ntlm for connect, plain or login for smtp.',
      status: 'differs',
      note: 'an unknown word is an error; stunnel silently takes the default',
    },
  ),
  protocolDomain: last(clearable, {
    scope: 'service',
    value: 'text',
    default: 'none',
    doc: 'Client mode: domain for NTLM.',
    status: 'works',
  }),
  protocolHeader: list(headerLine, {
    scope: 'service',
    value: 'NAME: VALUE',
    default: 'none',
    doc: 'Client mode: header to send with CONNECT. May be repeated.',
    status: 'works',
  }),
  protocolHost: last(clearable, {
    scope: 'service',
    value: 'host:port | host',
    default: 'none',
    doc: 'Client mode: final target for connect and socks, own name for smtp and lmtp, domain for xmpp.',
    status: 'works',
  }),
  protocolPassword: last(anyText, {
    scope: 'service',
    value: 'text',
    default: 'none',
    doc: 'Client mode: password for connect, socks, smtp and lmtp.',
    status: 'works',
    bytes: true,
    secret: true,
  }),
  protocolUsername: last(anyText, {
    scope: 'service',
    value: 'text',
    default: 'none',
    doc: 'Client mode: user for connect, socks, smtp and lmtp.',
    status: 'works',
    bytes: true,
  }),
  proxyAccept: last(proxySources, {
    scope: 'service',
    value: 'no | ADDRESS/PREFIX[,...]',
    default: 'no',
    doc: 'These sources must begin with a PROXY header (v1 or v2), any other source is refused.',
    status: 'works',
    ours: true,
  }),
  proxySend: last(oneOf({ no: 'no', v1: 'v1', v2: 'v2' } as const), {
    scope: 'service',
    value: 'no | v1 | v2',
    default: 'no',
    doc: 'Send a PROXY header: to the plain server in server mode, before TLS in client mode.',
    status: 'works',
    ours: true,
  }),
};
