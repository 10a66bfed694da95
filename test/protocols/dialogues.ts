/** One whole good dialogue of every protocol and direction: what the tests cut, split and mutate. */

import { connectClient, connectServer } from '../../src/protocols/connect.ts';
import type { Conversation } from '../../src/protocols/conversation.ts';
import { imapClient, imapServer } from '../../src/protocols/imap.ts';
import { ldapClient } from '../../src/protocols/ldap.ts';
import { nntpClient } from '../../src/protocols/nntp.ts';
import { pgsqlClient, pgsqlServer } from '../../src/protocols/pgsql.ts';
import { pop3Client, pop3Server } from '../../src/protocols/pop3.ts';
import { acceptProxyHeader } from '../../src/protocols/proxy.ts';
import { sieveClient } from '../../src/protocols/sieve.ts';
import { lmtpClient, smtpClient, smtpServer } from '../../src/protocols/smtp.ts';
import { socksClient, socksServer } from '../../src/protocols/socks.ts';
import { xmppClient } from '../../src/protocols/xmpp.ts';
import { Secret } from '../../src/secret.ts';
import type { Line } from '../support/overcoat/transcript.ts';
import { asksDns, client, dials, input, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

export interface Dialogue {
  readonly name: string;
  readonly start: () => Conversation<unknown>;
  readonly script: readonly Line[];
}

const XMPP_TO =
  "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const XMPP_FROM = XMPP_TO.replace(' to=', ' id="1" from=');
const XMPP_FEATURES = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex');
const GSS_REQUEST = Buffer.from('0000000804d21630', 'hex');
const user = { username: 'fred', password: new Secret('secret'), domain: 'DOMAIN' };

export const DIALOGUES: readonly Dialogue[] = [
  {
    name: 'smtp client',
    start: () => smtpClient(input(user)),
    script: [
      upstream('220-mail.example.org\r\n220 ESMTP\r\n'),
      toUpstream('EHLO localhost\r\n'),
      upstream('250-mail.example.org\r\n250-SIZE 10\r\n250 STARTTLS\r\n'),
      toUpstream('STARTTLS\r\n'),
      upstream('220 go\r\n'),
      tls('upstream'),
      toUpstream('EHLO localhost\r\n'),
      upstream('250 AUTH PLAIN\r\n'),
      toUpstream('AUTH PLAIN AGZyZWQAc2VjcmV0\r\n'),
      upstream('235 2.7.0 fine\r\n'),
      toClient('220-mail.example.org\r\n220 ESMTP\r\n'),
      client('EHLO sender\r\n'),
      toUpstream('EHLO sender\r\n'),
      upstream('250-mail\r\n250-STARTTLS\r\n250 SIZE 10\r\n'),
      toClient('250-mail\r\n250 SIZE 10\r\n'),
    ],
  },
  {
    name: 'lmtp client',
    start: () => lmtpClient(input()),
    script: [
      upstream('220 hi\r\n'),
      toUpstream('LHLO localhost\r\n'),
      upstream('250 STARTTLS\r\n'),
      toUpstream('STARTTLS\r\n'),
      upstream('220 go\r\n'),
      tls('upstream'),
      toClient('220 hi\r\n'),
    ],
  },
  {
    name: 'imap client',
    start: () => imapClient(),
    script: [
      upstream('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n'),
      toUpstream('overcoat STARTTLS\r\n'),
      upstream('overcoat OK go\r\n'),
      tls('upstream'),
      toClient('* OK ready\r\n'),
      client('a1 CAPABILITY\r\n'),
      toUpstream('a1 CAPABILITY\r\n'),
      upstream('* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK [CAPABILITY STARTTLS] done\r\n'),
      toClient('* CAPABILITY IMAP4rev1\r\na1 OK [CAPABILITY] done\r\n'),
    ],
  },
  {
    name: 'pop3 client',
    start: () => pop3Client(),
    script: [
      upstream('+OK <1@x>\r\n'),
      toUpstream('STLS\r\n'),
      upstream('+OK go\r\n'),
      tls('upstream'),
      toClient('+OK <1@x>\r\n'),
      client('CAPA\r\n'),
      toUpstream('CAPA\r\n'),
      upstream('+OK\r\nSTLS\r\nUSER\r\n.\r\n'),
      toClient('+OK\r\nUSER\r\n.\r\n'),
    ],
  },
  {
    name: 'nntp client',
    start: () => nntpClient(),
    script: [
      upstream('200 hi\r\n'),
      toUpstream('STARTTLS\r\n'),
      upstream('382 go\r\n'),
      tls('upstream'),
      toClient('200 hi\r\n'),
      client('CAPABILITIES\r\n'),
      toUpstream('CAPABILITIES\r\n'),
      upstream('101 x\r\nSTARTTLS\r\nREADER\r\n.\r\n'),
      toClient('101 x\r\nREADER\r\n.\r\n'),
    ],
  },
  {
    name: 'sieve client',
    start: () => sieveClient(),
    script: [
      upstream('"SIEVE" "x"\r\n"STARTTLS"\r\nOK\r\n'),
      toUpstream('STARTTLS\r\n'),
      upstream('OK "go"\r\n'),
      tls('upstream'),
      upstream('"SIEVE" "x"\r\n"STARTTLS"\r\nOK "secure"\r\n'),
      toClient('"SIEVE" "x"\r\nOK "secure"\r\n'),
    ],
  },
  {
    name: 'ldap client',
    start: () => ldapClient(),
    script: [
      toUpstream(Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex')),
      upstream(Buffer.from('301602010178110a010004000400'.replace('3016', '300c').replace('7811', '7807'), 'hex')),
      tls('upstream'),
    ],
  },
  {
    name: 'xmpp client',
    start: () => xmppClient(input()),
    script: [
      client(XMPP_TO),
      toUpstream(XMPP_TO),
      upstream(XMPP_FROM + XMPP_FEATURES),
      toUpstream("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
      upstream("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
      tls('upstream'),
      toUpstream(XMPP_TO),
      upstream(XMPP_FROM),
      toClient(XMPP_FROM),
      upstream(XMPP_FEATURES),
      toClient('<stream:features></stream:features>'),
    ],
  },
  {
    name: 'pgsql client',
    start: () => pgsqlClient(),
    script: [
      toUpstream(SSL_REQUEST),
      upstream('S'),
      tls('upstream'),
      client(GSS_REQUEST),
      toClient('N'),
      client(SSL_REQUEST),
      toClient('N'),
      client('s'), // it has not gone
    ],
  },
  {
    name: 'connect client',
    start: () => connectClient(input({ host: 'a.test:1' })),
    script: [
      toUpstream('CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\n\r\n'),
      upstream('HTTP/1.1 200 OK\r\nVia: x\r\n\r\n'),
      tls('upstream'),
    ],
  },
  {
    name: 'socks client',
    start: () => socksClient(input({ host: 'a.test:80', ...user })),
    script: [
      tls('upstream'),
      toUpstream([5, 2, 0, 2]),
      upstream([5, 2]),
      toUpstream('\x01\x04fred\x06secret'),
      upstream([1, 0]),
      toUpstream([5, 1, 0, 3, 6, ...Buffer.from('a.test'), 0, 80]),
      upstream([5, 0, 0, 3, 1, 97, 0, 1]),
    ],
  },
  {
    name: 'smtp server',
    start: () => smtpServer(),
    script: [
      dials(),
      upstream('220 mail\r\n'),
      toClient('220 mail Overcoat\r\n'),
      client('EHLO x\r\n'),
      toClient('250-mail\r\n250 STARTTLS\r\n'),
      client('STARTTLS\r\n'),
      toClient('220 2.0.0 Go ahead\r\n'),
      tls('client'),
    ],
  },
  {
    name: 'imap server',
    start: () => imapServer(),
    script: [
      dials(),
      upstream('* OK hi\r\n'),
      toClient('* OK hi\r\n'),
      client('a CAPABILITY\r\n'),
      toUpstream('overcoat CAPABILITY\r\n'),
      upstream('* CAPABILITY IMAP4rev1\r\novercoat OK x\r\n'),
      toClient('* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK CAPABILITY completed\r\n'),
      client('b STARTTLS\r\n'),
      toClient('b OK Begin TLS negotiation now\r\n'),
      tls('client'),
    ],
  },
  {
    name: 'pop3 server',
    start: () => pop3Server(),
    script: [
      dials(),
      upstream('+OK\r\n'),
      toClient('+OK\r\n'),
      client('CAPA\r\n'),
      toClient('+OK\r\nSTLS\r\n.\r\n'),
      client('STLS\r\n'),
      toClient('+OK Begin TLS\r\n'),
      tls('client'),
    ],
  },
  {
    name: 'pgsql server',
    start: () => pgsqlServer(input()),
    script: [client(GSS_REQUEST), toClient('N'), client(SSL_REQUEST), toClient('S'), tls('client')],
  },
  {
    name: 'connect server',
    start: () => connectServer(input()),
    script: [
      client('CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n'),
      asksDns('a.test', ['198.51.100.7']),
      toClient('HTTP/1.1 200 Connection established\r\n\r\n'),
      tls('client'),
      dials('a.test'),
    ],
  },
  {
    name: 'socks 5 server',
    start: () => socksServer(input()),
    script: [
      tls('client'),
      client([5, 1, 0]),
      toClient([5, 0]),
      client([5, 1, 0, 3, 6, ...Buffer.from('a.test'), 0, 80]),
      asksDns('a.test', ['198.51.100.7']),
      dials('a.test'),
      toClient([5, 0, 0, 1, 192, 0, 2, 9, 0x10, 0xe1]),
    ],
  },
  {
    name: 'socks 4a server',
    start: () => socksServer(input()),
    script: [
      tls('client'),
      client(Buffer.from('\x04\x01\0\x50\0\0\0\x01fred\0a.test\0', 'latin1')),
      asksDns('a.test', ['198.51.100.7']),
      dials('a.test'),
      toClient([0, 90, 0x10, 0xe1, 192, 0, 2, 9]),
    ],
  },
  {
    name: 'proxy header version 1',
    start: () => acceptProxyHeader(),
    script: [client('PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n')],
  },
  {
    name: 'proxy header version 2',
    start: () => acceptProxyHeader(),
    script: [client(Buffer.from('0d0a0d0a000d0a515549540a21110013c0000201c63364019c4101bb0400040000000c', 'hex'))],
  },
];
