/**
 * SMTP (RFC 5321) with STARTTLS (RFC 3207), and LMTP (RFC 2033), which differs in its hello. In client mode the client hears the
 * server's greeting only once the server has proved who it is; stunnel passes it on before.
 */

import { reveal } from '../secret.ts';
import { encodeText } from '../text/raw-text.ts';
import type { Conversation } from './conversation.ts';
import { clientSpeaksFirst, dialUpstream, failed, finish, quoted, startTls, startTlsDirectly, write } from './conversation.ts';
import type { ConversationInput } from './input.ts';
import { measureUntil, readLine, upper, verbOf, writeLine } from './lines.ts';
import type { Question } from './offers.ts';
import { hideOffers, MAX_ANSWER_BYTES } from './offers.ts';
import type { Reply } from './replies.ts';
import { expectReply, formatReply, parseReplyLine } from './replies.ts';

/** A client that has said something by now will not wait for a greeting: it speaks TLS from its first byte. */
const DIRECT_TLS_MS = 200;

export function smtpClient(input: ConversationInput): Conversation {
  return mailClient('EHLO', input);
}

export function lmtpClient(input: ConversationInput): Conversation {
  return mailClient('LHLO', input);
}

/** The client side: RFC 3207 section 4, then authentication where the service has a user (RFC 4954). */
function* mailClient(hello: 'EHLO' | 'LHLO', { config }: ConversationInput): Conversation {
  const name = config.host ?? 'localhost';
  const greeting = yield* expectReply('upstream', 220, 'the connection');
  yield* writeLine('upstream', `${hello} ${name}`);
  const offers = yield* expectReply('upstream', 250, hello);
  yield* writeLine('upstream', 'STARTTLS');
  yield* expectReply('upstream', 220, offers.lines.some(isStartTls) ? 'STARTTLS' : 'STARTTLS (which it does not offer)');

  yield* startTls('upstream');
  if (config.username !== undefined && config.password !== undefined) {
    yield* writeLine('upstream', `${hello} ${name}`);
    yield* expectReply('upstream', 250, hello);
    yield* authenticate(config.username, reveal(config.password), config.authentication === 'login' ? 'LOGIN' : 'PLAIN');
  }
  yield* write('client', formatReply(greeting));
  yield* hideOffers((line) => (verbOf(line) === hello ? HELLO_QUESTION : undefined));
}

/** RFC 4616 (PLAIN), and the LOGIN mechanism that was never made a standard. */
function* authenticate(username: string, password: string, mechanism: 'PLAIN' | 'LOGIN'): Conversation {
  const secret = base64(mechanism === 'PLAIN' ? `\0${username}\0${password}` : password);
  if (mechanism === 'PLAIN') {
    yield* writeLine('upstream', `AUTH PLAIN ${secret}`);
  } else {
    yield* writeLine('upstream', 'AUTH LOGIN');
    yield* expectReply('upstream', 334, 'AUTH LOGIN');
    yield* writeLine('upstream', base64(username));
    yield* expectReply('upstream', 334, 'the user name');
    yield* writeLine('upstream', secret);
  }
  yield* expectReply('upstream', 235, `AUTH ${mechanism}`, [secret, password]);
}

/** The server side, in front of a plain upstream that never hears a byte of a client without TLS: we answer until STARTTLS. */
export function* smtpServer(): Conversation {
  if (yield* clientSpeaksFirst(DIRECT_TLS_MS)) {
    yield* startTlsDirectly('client');
    return;
  }
  yield* dialUpstream();
  const greeting = yield* expectReply('upstream', 220, 'the connection');
  const domain = greeting.lines[0]?.split(' ', 1)[0] || 'localhost';
  yield* write('client', formatReply(renamed(greeting, domain)));
  for (;;) {
    const line = yield* readLine('client');
    switch (verbOf(line)) {
      case 'EHLO':
        yield* write('client', `250-${domain}\r\n250 STARTTLS\r\n`);
        break;
      case 'HELO':
        yield* writeLine('client', `250 ${domain}`);
        break;
      case 'NOOP':
      case 'RSET':
        yield* writeLine('client', '250 2.0.0 OK');
        break;
      case 'STARTTLS':
        if (!isStartTls(line)) throw failed(`The client sent ${quoted(line)}: STARTTLS has no parameters`);
        yield* startTls('client', '220 2.0.0 Go ahead\r\n');
        return;
      case 'QUIT':
        yield* finish('client', `221 2.0.0 ${domain} closing\r\n`);
        break;
      default:
        yield* writeLine('client', '530 5.7.0 Must issue a STARTTLS command first');
    }
  }
}

/** The upstream's greeting says who answers for it, as stunnel's does. */
function renamed({ code, lines }: Reply, domain: string): Reply {
  const [first = '', ...more] = lines;
  const rest = first.slice(domain.length).trim();
  return { code, lines: [rest === '' ? `${domain} Overcoat` : `${domain} Overcoat for ${rest}`, ...more] };
}

const HELLO_QUESTION: Question = {
  measure: measureUntil((line) => parseReplyLine(line)?.last !== false, MAX_ANSWER_BYTES),
  clean: (lines) => withoutStartTls(lines),
};

/** RFC 5321 section 4.2.1: all lines but the last have a `-` behind the code, so the last one kept loses it. */
function withoutStartTls(lines: readonly string[]): readonly string[] {
  const kept = lines.filter((line) => !isStartTls(line.slice(4)));
  return kept.map((line, index) => (index === kept.length - 1 ? `${line.slice(0, 3)} ${line.slice(4)}` : line));
}

function isStartTls(line: string): boolean {
  return upper(line.trim()) === 'STARTTLS';
}

function base64(text: string): string {
  return encodeText(text).toString('base64');
}
