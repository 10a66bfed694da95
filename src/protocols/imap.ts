/**
 * IMAP (RFC 3501, RFC 9051) with STARTTLS (RFC 2595). What a server says of its abilities in clear counts for nothing (RFC 3501
 * section 6.2.1), so the list in the greeting never reaches the client: it asks for one inside TLS.
 */
import type { Conversation } from './conversation.ts';
import { clientSpeaksFirst, dialUpstream, failed, finish, quoted, refuse, startTls, startTlsDirectly, write } from './conversation.ts';
import { measureUntil, readLine, startsWith, upper, writeLine } from './lines.ts';
import type { Question } from './offers.ts';
import { hideOffers, MAX_ANSWER_BYTES } from './offers.ts';

/** A client that has said something by now will not wait for a greeting: it speaks TLS from its first byte. */
const DIRECT_TLS_MS = 200;
const MAX_TAG_LENGTH = 64;
/** Untagged lines a server may send before it answers us. */
const MAX_UNTAGGED = 100;
const OUR_TAG = 'overcoat';

/** The client side. PREAUTH fails: RFC 3501 does not allow STARTTLS then, so the session would stay in clear. */
export function* imapClient(): Conversation {
  const greeting = yield* readGreeting();
  yield* writeLine('upstream', `${OUR_TAG} STARTTLS`);
  const { answer } = yield* readTagged(OUR_TAG);
  if (!isOk(answer)) throw failed(`The upstream answered STARTTLS with ${quoted(answer)}`);

  yield* startTls('upstream');
  yield* writeLine('client', greeting);
  yield* hideOffers(question);
}

/** The server side, in front of a plain upstream that is asked for its capabilities and hears nothing else before TLS. */
export function* imapServer(): Conversation {
  if (yield* clientSpeaksFirst(DIRECT_TLS_MS)) {
    yield* startTlsDirectly('client');
    return;
  }
  yield* dialUpstream();
  yield* writeLine('client', yield* readGreeting());
  for (;;) {
    const line = yield* readLine('client');
    const { tag, command } = parseCommand(line);
    if (tag === undefined)
      return yield* refuse('client', '* BAD no tag\r\n', failed(`The client sent no IMAP command but ${quoted(line)}`));
    switch (command) {
      case 'STARTTLS':
        yield* startTls('client', `${tag} OK Begin TLS negotiation now\r\n`);
        return;
      case 'CAPABILITY':
        yield* write('client', `${yield* upstreamCapabilities()}\r\n${tag} OK CAPABILITY completed\r\n`);
        break;
      case 'NOOP':
        yield* writeLine('client', `${tag} OK NOOP completed`);
        break;
      case 'LOGOUT':
        yield* finish('client', `* BYE logging out\r\n${tag} OK LOGOUT completed\r\n`);
        break;
      default:
        yield* writeLine('client', `${tag} NO [PRIVACYREQUIRED] STARTTLS first`);
    }
  }
}

/** The greeting without the list of capabilities in it. */
function* readGreeting(): Conversation<string> {
  const greeting = yield* readLine('upstream');
  if (!isOk(afterFirstWord(greeting)) || !greeting.startsWith('* ')) throw failed(`The upstream greeted with ${quoted(greeting)}`);
  return withoutCapabilityCode(greeting);
}

/** Reads up to the answer of one tag. */
function* readTagged(tag: string): Conversation<{ readonly untagged: readonly string[]; readonly answer: string }> {
  const untagged: string[] = [];
  for (;;) {
    const line = yield* readLine('upstream');
    if (line.startsWith(`${tag} `)) return { untagged, answer: line.slice(tag.length + 1) };
    if (!line.startsWith('* ') || untagged.length === MAX_UNTAGGED) throw failed(`The upstream sent no answer but ${quoted(line)}`);
    untagged.push(line);
  }
}

/** What the upstream can, plus STARTTLS, and no LOGIN until then (RFC 3501 section 6.2.3). */
function* upstreamCapabilities(): Conversation<string> {
  yield* writeLine('upstream', `${OUR_TAG} CAPABILITY`);
  const { untagged, answer } = yield* readTagged(OUR_TAG);
  const line = untagged.find(isCapabilityLine);
  if (line === undefined || !isOk(answer)) throw failed(`The upstream answered CAPABILITY with ${quoted(answer)}`);
  return `${line.split(' ').filter(isNeitherOffer).join(' ')} STARTTLS LOGINDISABLED`;
}

/** CAPABILITY, and what clients may send before it. A line that ends in a literal is none of ours. */
function question(line: string): Question | undefined {
  const { tag, command } = parseCommand(line);
  if (tag === undefined || line.endsWith('}') || (command !== 'CAPABILITY' && command !== 'NOOP' && command !== 'ID')) return undefined;
  return {
    measure: measureUntil((text) => text.startsWith(`${tag} `), MAX_ANSWER_BYTES),
    clean: (lines) => lines.map(withoutOffer),
  };
}

/**
 * A capability list, or a line with one in its response code, without STARTTLS. A server that offers it believes that we are in
 * clear; then its LOGINDISABLED comes from the same belief.
 */
function withoutOffer(line: string): string {
  const start = isCapabilityLine(line) ? 0 : upper(line).indexOf('[CAPABILITY ');
  const end = start === 0 ? line.length : line.indexOf(']', start);
  if (start < 0 || end < 0) return line;
  const words = line.slice(start, end).split(' ');
  if (!words.some((word) => upper(word) === 'STARTTLS')) return line;
  return line.slice(0, start) + words.filter(isNeitherOffer).join(' ') + line.slice(end);
}

/** stunnel in server mode hides the list by spelling its name KAPABILITY, offers and all. */
function withoutCapabilityCode(line: string): string {
  const start = line.indexOf('[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  const [name = '', ...words] = end < 0 ? [] : upper(line.slice(start + 1, end)).split(' ');
  if (name !== 'CAPABILITY' && words.every(isNeitherOffer)) return line;
  return `${line.slice(0, start)}${line.slice(end + 1).trimStart()}`;
}

/** Tag and command of a client's line; no tag when it has none that may be repeated in an answer (RFC 3501 section 9, `tag`). */
function parseCommand(line: string): { readonly tag: string | undefined; readonly command: string } {
  const [tag = '', command = ''] = line.split(' ', 2);
  return { tag: tag.length <= MAX_TAG_LENGTH && isTag(tag) ? tag : undefined, command: upper(command) };
}

function isTag(text: string): boolean {
  for (const character of text) if (character <= ' ' || character > '~' || '(){%*"\\+]'.includes(character)) return false;
  return text !== '';
}

function isCapabilityLine(line: string): boolean {
  return startsWith(line, '* CAPABILITY ');
}

function isNeitherOffer(word: string): boolean {
  const capability = upper(word);
  return capability !== 'STARTTLS' && capability !== 'LOGINDISABLED';
}

function isOk(text: string): boolean {
  return startsWith(text, 'OK') && (text.length === 2 || text[2] === ' ');
}

function afterFirstWord(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}
