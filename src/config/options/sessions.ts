/** Session resumption and pre-shared keys. */
import { last } from '../option.ts';
import type { Parser } from '../values/values.ts';
import { clearable, good, hexKey, integer, map, signedInteger, text, yesNo } from '../values/values.ts';

const MOST_SESSIONS = 10_000_000;
/** RFC 8446 section 4.6.1: no ticket lives longer than seven days. */
const LONGEST_LIFETIME_S = 604_800;
const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/** A number that is cut to `most`, since a file of stunnel's with a larger one must still start. @param negative what such a one means there */
const atMost = (most: number, negative: number, stunnelText: string): Parser<number> => {
  const parse = map(integer(0, ANY_NUMBER, stunnelText), (value) => Math.min(value, most));
  return (text) => ((signedInteger(text) ?? 0) < 0 ? good(negative) : parse(text));
};

export const SESSION_OPTIONS = {
  PSKidentity: last(clearable, {
    scope: 'service',
    value: 'text',
    default: 'the first in PSKsecrets',
    doc: 'Client mode: which key of PSKsecrets to use.',
    status: 'works',
  }),
  PSKsecrets: last(text, {
    scope: 'service',
    value: 'file',
    default: 'none',
    doc: 'Pre-shared keys, one identity:key a line, at least 16 bytes each.',
    status: 'works',
    bytes: true,
  }),
  sessionCacheSize: last(atMost(MOST_SESSIONS, 0, 'Illegal session cache size'), {
    scope: 'service',
    value: 'number',
    default: '1000',
    doc: 'Sessions kept for resumption; 0 means no limit.',
    status: 'differs',
    note: 'a server keeps sessions only where tickets are off (options = NO_TICKET) or the client takes none, and their supervisor keeps them for all workers; tickets need no room; a client counts the tickets of all its destinations',
  }),
  sessionCacheTimeout: last(atMost(LONGEST_LIFETIME_S, 0, 'Illegal session cache timeout'), {
    scope: 'service',
    value: 'seconds',
    default: '300',
    doc: 'How long a session can be resumed, at most seven days.',
    status: 'works',
    aliases: ['session'],
  }),
  sessiond: last(good, {
    scope: 'service',
    value: '[host:]port',
    default: 'none',
    doc: 'Share sessions with other servers through a cache server.',
    status: 'refused',
    note: 'its traffic is neither encrypted nor authenticated; give every server the same ticketKeySecret and ticketMacSecret instead',
  }),
  sessionResume: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'yes',
    doc: 'Resume sessions. With no, a server sends no tickets.',
    status: 'works',
  }),
  ticketKeyFile: last(text, {
    scope: 'service',
    value: 'file',
    default: 'none',
    doc: 'Server mode: secrets behind session tickets, for servers that share them: 64 hexadecimal digits a line, the newest first.',
    status: 'works',
    ours: true,
    bytes: true,
  }),
  ticketKeySecret: last(hexKey('ticketKeySecret'), {
    scope: 'service',
    value: '32 or 64 hexadecimal digits',
    default: 'random',
    doc: 'Server mode: key that encrypts session tickets, for servers that share them.',
    status: 'differs',
    note: 'keys are derived from both secrets together with everything that decides trust, so that a ticket opens this service only; stunnel servers cannot read these tickets',
    secret: true,
  }),
  ticketMacSecret: last(hexKey('ticketMacSecret'), {
    scope: 'service',
    value: '32 or 64 hexadecimal digits',
    default: 'random',
    doc: 'Server mode: key that authenticates session tickets; goes with ticketKeySecret.',
    status: 'differs',
    note: 'see ticketKeySecret',
    secret: true,
  }),
};
