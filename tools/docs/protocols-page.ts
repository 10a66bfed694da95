/** docs/protocols.md: what is said before the relay, with the table made from src/protocols/facts.ts and table.ts. */
import type { Direction, Protocol } from '../../src/protocols/table.ts';
import { PROTOCOLS } from '../../src/protocols/table.ts';

const HEADER = `# Protocols

TLS often starts in the middle of a dialogue in clear: the client says STARTTLS, the server agrees, and only then do both speak TLS.
\`protocol = NAME\` makes Overcoat hold that part of the dialogue itself, so that a program that cannot speak TLS need not know of it.

**Client direction** (\`client = yes\`): the program speaks its protocol in clear with Overcoat, which negotiates TLS with the server.
**Server direction**: clients negotiate TLS with Overcoat; the server behind it is plain and never hears of TLS.

A protocol is spoken at up to three points of a connection:
*early*, in clear with the client, before TLS; *middle*, in clear with the upstream, before TLS; *late*, inside TLS, once the peer was
verified. This table is made from \`src/protocols/facts.ts\` and \`table.ts\` by \`npm run docs\`:`;

const BODY = `## Nothing in clear

- A server that does not offer TLS, refuses it, or answers strangely ends the connection. Nothing is ever relayed in clear because a
  negotiation failed.
- Whatever is left over on a leg at the moment it switches to TLS came in clear where TLS had to begin: somebody on the way is injecting
  commands or replies. The connection ends with \`negotiation_injected\`.
- In client direction the program hears nothing, not even the server's greeting, before the server's certificate was accepted.
- In server direction the plain server hears nothing of a client without TLS: Overcoat itself answers EHLO, CAPA, CAPABILITY and the like.
  It is connected before TLS for smtp, pop3 and imap, whose servers speak first; \`redirect\` cannot be used with these.
- A dialogue may take in 64 KB and wait \`TIMEOUTbusy\` in all; \`TIMEOUTsetup\` bounds everything that waits for the client.

## Clients in their default settings

A client that asks for TLS whenever it is offered would ask for TLS inside our TLS. Therefore, in client direction:

- STARTTLS (smtp, lmtp, imap, nntp, sieve, xmpp) and STLS (pop3) are taken out of what the server offers inside TLS, and with them the
  LOGINDISABLED of an IMAP server that believes itself in clear. Servers that know that they are inside TLS do not offer it anyway; one
  behind a TLS proxy does not know. Only questions at the start of the dialogue are looked at; what comes after the first other command
  is relayed untouched.
- fetchmail demands STARTTLS in its default settings and gives up without it: say \`sslproto ''\` for it. Others have such a switch too.
- PostgreSQL clients ask for encryption by themselves; their SSLRequest and GSSENCRequest are answered \`N\`, and they go on in clear, with us.

## Client direction

| Protocol | What is said |
|---|---|
| smtp, lmtp | EHLO (LHLO) with \`protocolHost\` or \`localhost\` as the name, STARTTLS. With \`protocolUsername\` and \`protocolPassword\` we log in inside TLS: \`protocolAuthentication = plain\` or \`login\` |
| imap, pop3, nntp | STARTTLS or STLS. A greeting with PREAUTH is refused, as TLS cannot start then |
| sieve | STARTTLS; the client gets the greeting that the server repeats inside TLS |
| xmpp | a stream of our own for the domain the client names in \`to\` (or \`protocolHost\`), STARTTLS; the client's own header waits for the secure stream |
| ldap | the StartTLS extended operation |
| pgsql | SSLRequest. \`pgsql-direct\` speaks TLS from the first byte, as PostgreSQL 17 and later allow, and demands \`postgresql\` by ALPN |
| connect | the upstream is an HTTP proxy, asked for \`protocolHost = HOST:PORT\`; \`protocolHeader\` adds lines, \`protocolAuthentication = basic\` or \`ntlm\` (version 2). TLS is spoken with the target behind the proxy |
| socks | SOCKS 5 inside TLS, with user and password if they are set. \`protocolHost = HOST:PORT\`, or without it where the client was going before it was redirected |
| auto | chosen by the destination's port, as in the table; TLS at once on every other. For \`transparent = destination\`, where one service sees many ports; \`overcoat gateway\` and \`exec\` always work so |

\`\`\`
[submission]
client = yes
accept = 127.0.0.1:2525
connect = mail.example.org:587
protocol = smtp
protocolUsername = me
protocolPassword = secret
verifyChain = yes
CAfile = /etc/ssl/certs/ca-certificates.crt
checkHost = mail.example.org
\`\`\`

## Server direction

| Protocol | What is said |
|---|---|
| smtp, imap | the plain server's greeting, then our own answers until STARTTLS. A client that speaks within 200 ms, before any greeting, speaks TLS from its first byte and is let in so |
| pop3 | the plain server's greeting, CAPA, STLS |
| pgsql | SSLRequest is answered \`S\`, GSSENCRequest \`N\`; who asks for neither is told that TLS is required. A client that begins with TLS is let in so; clients with \`sslnegotiation=direct\` also need \`alpn = postgresql\`. A request to cancel a query is taken in clear, as PostgreSQL takes it from libpq before 17, unless \`pgsqlCancel = no\` or clients must show a certificate ([why](decisions/cancel-in-clear.md)) |
| connect | CONNECT in clear, answered 200, 400, 403 or 404, then TLS with the client; the target is dialled once the client was accepted |
| socks | SOCKS 4, 4a and 5 (CONNECT, and RESOLVE as Tor has it) inside TLS, answered once the target is connected |
| proxy | a PROXY header of version 1 to the plain server: the same as \`proxySend = v1\` |

### Where SOCKS and CONNECT clients may go

Not to this machine, however it is spelled (\`127.0.0.1\`, \`2130706433\`, \`0x7f.1\`, \`[::ffff:127.0.0.1]\`, \`localhost\`, ...), not to link-local
addresses, not to the addresses where clouds keep credentials, not to any of this machine's own addresses, and not to multicast. A host is
judged before any name server is asked, every address it resolves to is judged again, and only what was judged is dialled.
\`allowTargets = ADDRESS/PREFIX,...\` lists exceptions. In a file only loopback is refused, as stunnel does; the rest is for
\`overcoat server\`. Without client certificates such a service is an open proxy, and \`check\` says so.

## The PROXY protocol

\`proxySend = v1\` or \`v2\` writes a header as the first bytes on the connection to the upstream, and combines with any \`protocol\`. In server
mode it tells the plain server who the client is; version 2 also carries SNI, ALPN, TLS version, cipher and the common name of the
client's certificate, except where the server is connected before TLS (smtp, pop3, imap). In client mode it stands in clear before our
ClientHello, as HAProxy's \`send-proxy\`; with \`protocol = connect\` it is the HTTP proxy that reads it.

A server that takes no password in clear (Dovecot: \`disable_plaintext_auth\`) and is told the client's address cannot know that TLS is in front of it, except by version 2
where TLS comes first: let it trust that path (\`login_trusted_networks\`, or \`disable_plaintext_auth = no\` on a listener that only Overcoat reaches).

\`proxyAccept = ADDRESS/PREFIX,...\` reads a header of either version before everything else on an accepted connection. A listed source must
send one, any other source is refused. From then on the address in the header is the client's: in the log, for \`proxySend\`, and for
\`transparent = source\`.

## What the server presents

\`overcoat pin HOST:PORT [--protocol NAME]\` negotiates TLS the same way and shows the certificates, without trusting them. Without
\`--protocol\` it goes by the port.

## Not here

- **FTP** (AUTH TLS): its data connections have addresses of their own and would stay in clear. Use SFTP, or a client with FTPS.
- **MySQL and MariaDB, RDP, TDS**: TLS is interleaved with the protocol's own packets; their clients speak TLS themselves.
- **nntp, ldap, xmpp, sieve, lmtp in server direction**: their servers speak TLS; put \`accept\` on the port for TLS from the first byte.
- **cifs, capwin, capwinctrl** of stunnel: for products that are gone.`;

export function protocolsPage(): string {
  const table = ['| Protocol | Client | Server | Ports of auto | Standard |', '|---|---|---|---|---|', ...PROTOCOLS.map(row)].join('\n');
  return `${[HEADER, table, BODY].join('\n\n')}\n`;
}

function row({ name, client, server, ports, rfc }: Protocol): string {
  return `| \`${name}\` | ${phases(client)} | ${phases(server)} | ${ports.join(', ') || 'none'} | ${rfc} |`;
}

function phases(direction: Direction | undefined): string {
  return direction === undefined ? 'no' : direction.phases.join(', ');
}
