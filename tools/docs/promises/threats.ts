/** Attacks and faults that Overcoat is built against, what happens, and the tests that show it. */
import type { Shown } from './shown-by.ts';

export interface Threat {
  readonly what: string;
  /** Where it was seen, in other programs; empty where it is our own thought. */
  readonly seen: string;
  readonly happens: string;
  readonly shown: readonly Shown[];
}

export interface ThreatArea {
  readonly title: string;
  readonly rows: readonly Threat[];
}

const tests = (...names: string[]): readonly Shown[] => [{ tests: names }];

export const THREATS: readonly ThreatArea[] = [
  {
    title: 'Routing',
    rows: [
      {
        what: 'A direct connection to the port that intercepts',
        seen: 'linkerd2-proxy #525, #527',
        happens: 'closed at once with one line, nothing is dialled',
        shown: tests('netns/gateway-loops', 'netns/original-destination'),
      },
      {
        what: 'A rule catches our own connections, or a ring of machines leads back',
        seen: 'linkerd2-proxy-init #45',
        happens: 'refused at the first re-entry',
        shown: tests('netns/gateway-loops', 'behaviour/rings'),
      },
      {
        what: 'A destination on this machine, its links or a cloud’s credentials: by address, name, SOCKS, CONNECT, in any spelling',
        seen: 'linkerd2 #6495',
        happens: 'refused before DNS and again for each address that comes of it, unless `allowTargets` opens it',
        shown: tests('behaviour/refused-targets', 'protocols/target-rules', 'fuzz/text'),
      },
      {
        what: 'A plain listener that other machines reach',
        seen: '',
        happens: 'refused by commands and `--strict`; a file warns',
        shown: tests('config/exposure'),
      },
      {
        what: 'A client names another host than it dials (Host, tcUrl, SNI)',
        seen: 'CVE-2009-0801, VU#435052',
        happens: 'the address it dialled is connected; the name serves for SNI and verification alone',
        shown: tests('behaviour/server-names', 'netns/server-names'),
      },
      {
        what: 'The gateway is killed and its rules stay',
        seen: '',
        happens: 'taken ports refuse, the next start takes the table over, `down` leaves nothing',
        shown: tests('netns/gateway-lifecycle', 'netns/parent-death'),
      },
      {
        what: 'Somebody else flushes the rules, renames a device or fills the table of connections',
        seen: '',
        happens: 'put back within half a second, or refused, and said; nothing leaves in clear',
        shown: tests('netns/gateway-faults', 'gateway/rules/table-contents', 'gateway/machine/device-watch'),
      },
    ],
  },
  {
    title: 'Before anybody is authenticated',
    rows: [
      {
        what: 'Silent clients, and ones that send a byte now and then, in every phase',
        seen: 'CVE-2026-25949',
        happens: 'one deadline over all phases ends them, others do not notice',
        shown: tests('behaviour/slow-negotiations', 'behaviour/slow-first-bytes', 'behaviour/hostile-clients'),
      },
      {
        what: 'One source that takes everything: connections, handshakes',
        seen: '',
        happens: 'refused before TLS from a bound on, counted over all workers, told of',
        shown: tests('behaviour/source-limits', 'connection/access/sources'),
      },
      {
        what: 'Oversized and deeply nested input: AMF, chunks, headers, SOCKS names, PROXY headers, lines of mail',
        seen: 'CVE-2022-0711, CVE-2025-11230',
        happens: 'closed; at most 64 KB are kept for a connection, no exception leaves a parser',
        shown: tests('fuzz/protocols', 'fuzz/recognisers', 'fuzz/driver'),
      },
      {
        what: 'A PROXY header from a stranger, or none where one is due',
        seen: '',
        happens: 'taken from listed addresses alone; required means required',
        shown: tests('behaviour/proxy-headers', 'protocols/proxy'),
      },
      {
        what: 'Commands in the same segment as STARTTLS',
        seen: 'CVE-2011-0411, CVE-2014-3556',
        happens: 'the connection ends; they reach neither TLS nor the other side',
        shown: tests('behaviour/hostile-dialogues'),
      },
      {
        what: 'Replies in clear behind the one that begins TLS',
        seen: 'CVE-2021-38371, CVE-2021-22947, CVE-2026-1642',
        happens: 'the connection ends; nothing of them reaches the client',
        shown: tests('behaviour/hostile-dialogues', 'protocols/cuts'),
      },
      {
        what: 'STARTTLS stripped, refused, missing; PREAUTH; endless replies; NUL in replies',
        seen: 'CVE-2021-22946',
        happens: 'the connection ends; nothing goes on in clear',
        shown: tests('behaviour/hostile-dialogues', 'protocols/cuts'),
      },
      {
        what: 'A certificate of one protocol shown to a client of another',
        seen: 'CVE-2021-3618',
        happens: 'where a service names protocols (`alpn`), another one gets no_application_protocol',
        shown: tests('peers/alerts', 'peers/tls-options'),
      },
    ],
  },
  {
    title: 'Certificates',
    rows: [
      {
        what: 'NUL in names, wildcards in the wrong place, addresses as names, common names, kinds mixed up',
        seen: 'CVE-2021-44531, CVE-2022-21656, CVE-2022-3602',
        happens: 'RFC 9525, on the bytes of the certificate',
        shown: tests('tls/certificate/certificate-names', 'tls/certificate/certificate-facts'),
      },
      {
        what: 'Expired, not yet valid, self-signed, unknown, for another purpose, weak, beyond a path length or name constraint',
        seen: 'CVE-2022-21657',
        happens: 'refused with the reason, in the log and as an alert',
        shown: tests('tls/verdict/verify', 'tls/certificate/leaf-checks', 'tls/verdict/certificate-profile', 'peers/alerts'),
      },
      {
        what: 'Revoked; a list or response that is stale, forged, replayed, of another signer; a responder that is away',
        seen: 'CVE-2026-28755',
        happens: 'revoked is refused everywhere; without a verdict as `OCSPrequire` says, with a line',
        shown: tests('tls/revocation/crl-check', 'tls/revocation/ocsp-check', 'behaviour/list-url'),
      },
      {
        what: 'Another key than the pinned one, also after a reload and with a resumed session',
        seen: '',
        happens: 'refused',
        shown: tests('tls/verdict/pin', 'behaviour/pin', 'tls/engine/client-sessions'),
      },
      {
        what: 'A session that was earned under another trust',
        seen: 'CVE-2020-8172, CVE-2022-21654, CVE-2025-68121',
        happens: 'judged anew, or a full handshake',
        shown: tests('openssl/sessions', 'tls/verdict/verify', 'tls/engine/client-sessions'),
      },
      {
        what: 'Downgrades: version, signature, fallback',
        seen: '',
        happens: 'refused, with the reason',
        shown: tests('peers/raw-tls', 'peers/raw-tls-client', 'peers/tls-options'),
      },
      {
        what: '`redirect` lets somebody through without a certificate',
        seen: 'CVE-2015-3644, CVE-2021-20230',
        happens: 'never, afresh or resumed, by ticket or id',
        shown: tests('behaviour/redirect'),
      },
      {
        what: 'A ticket of one service, or another name, at a service that asks for more',
        seen: 'CVE-2025-23419, GHSA-gv8r-9rw9-9697, CVE-2026-48928',
        happens: 'opens the service that gave it and no other',
        shown: tests('behaviour/virtual-hosts', 'openssl/virtual-hosts'),
      },
      {
        what: 'A certificate that ends while its session lives',
        seen: 'golang/go#77217',
        happens: 'refused when the session is resumed',
        shown: tests('tls/verdict/verify'),
      },
    ],
  },
  {
    title: 'Streams',
    rows: [
      {
        what: 'A stream is cut without close_notify',
        seen: '',
        happens: 'told in the log; with `strictClose` a reset at the other side',
        shown: tests('behaviour/strict-close', 'openssl/connection/tls-leg'),
      },
      {
        what: 'Resets, half-closes and ends behind data that waits',
        seen: '',
        happens: 'each reaches the other side as what it is',
        shown: tests('behaviour/endings', 'sockets/reset-behind-end'),
      },
      {
        what: 'Floods of renegotiations, key updates, one-byte and empty records',
        seen: 'CVE-2011-1473, CVE-2009-3555',
        happens: 'served or ended, within bounds',
        shown: tests('behaviour/floods', 'openssl/renegotiation', 'behaviour/hostile-clients'),
      },
      {
        what: 'A peer that does not read',
        seen: '',
        happens: 'the other side is paused, memory stays bounded, `TIMEOUTidle` ends it',
        shown: tests('behaviour/stalled-readers'),
      },
    ],
  },
  {
    title: 'The process',
    rows: [
      {
        what: 'An exception in a callback of the TLS library; `__proto__` as a key from outside',
        seen: 'CVE-2026-21637, CVE-2026-21710',
        happens: 'that connection is refused; keys from outside are those of a Map',
        shown: tests('openssl/context/callbacks', 'names/rtmp/amf0'),
      },
      {
        what: 'Input that is slow to parse',
        seen: '',
        happens: 'no pattern is matched against network input; each parser’s work is bounded',
        shown: tests('fuzz/protocols', 'fuzz/recognisers'),
      },
      {
        what: 'A worker crashes, aborts, overflows its stack or heap, or is killed',
        seen: 'CVE-2025-59466',
        happens: 'its connections are reset, the others go on, another takes its place with back-off',
        shown: tests('behaviour/workers', 'daemon/faults'),
      },
      {
        what: 'A worker, a reader or the service process hangs, or is stopped',
        seen: '',
        happens:
          'told after five seconds, with what to do; what was ordered goes on when it is ended or goes on, and a stop does not wait for it',
        shown: tests('behaviour/faults'),
      },
      {
        what: 'Descriptors run out',
        seen: '',
        happens: 'clients are turned away or wait; nothing spins, and it is over when they leave',
        shown: tests('behaviour/too-many-clients'),
      },
      {
        what: 'Line breaks, escapes and long text in names that reach the log',
        seen: '',
        happens: 'escaped and cut: one event stays one line',
        shown: tests('observe/log-lines', 'text/printable'),
      },
      {
        what: 'A full disk, a pipe nobody reads, no system log',
        seen: '',
        happens: 'traffic goes on; lost lines are counted and said',
        shown: tests('observe/line-writer', 'behaviour/process-options', 'linux/log/syslog', 'linux/log/log-socket'),
      },
      {
        what: 'Keys that others may read, that do not belong to the certificate, or that are encrypted where nobody can be asked',
        seen: '',
        happens: 'said with the reason and the fix; `--strict` refuses',
        shown: tests('behaviour/key-files', 'tls/material/exposed-files', 'tls/material/key-material'),
      },
      {
        what: 'Clocks that jump',
        seen: '',
        happens: 'waits go by the monotonic clock, validity by the wall clock',
        shown: tests('behaviour/faults', 'status/ledger/clock-jumps', 'sockets/wheel', 'daemon/renewal/expiry-warnings'),
      },
      {
        what: 'DNS that is silent, empty, endless or changes',
        seen: '',
        happens: 'a bounded wait; other services are not delayed',
        shown: tests('names/dns/forwarder', 'names/dns/ask', 'fuzz/dns', 'behaviour/upstream'),
      },
      {
        what: 'An upstream that is down, accepts and hangs, or fails in TLS',
        seen: '',
        happens: 'the next target; the client sees a reset, never an orderly end',
        shown: tests('behaviour/upstream', 'behaviour/failures'),
      },
      {
        what: 'Reloads under load, and with something broken',
        seen: '',
        happens: 'nobody refused; a broken one is refused whole',
        shown: tests('behaviour/reload-under-load', 'behaviour/reload', 'behaviour/reload-in-handshakes'),
      },
      {
        what: 'SIGTERM with streams open, and again',
        seen: '',
        happens: 'they finish within the drain; the second one cuts them',
        shown: tests('behaviour/signals', 'behaviour/reload-under-load'),
      },
      {
        what: 'A worker that was taken over reads, writes, connects, starts or traces what it should not',
        seen: 'Landlock of ghostunnel',
        happens: 'refused by the kernel in every thread, from before its image starts (`confine`)',
        shown: tests('behaviour/confine', 'daemon/fence/needs', 'linux/fence/seccomp'),
      },
      {
        what: 'A worker that was taken over gives orders at the control socket, or has programs started without end',
        seen: '',
        happens:
          'refused by who listens, in number and in rate, and told; with `confine = strict` it makes no Unix socket at all; with `confine = no` it may start a program of its own, which nobody knows as ours',
        shown: tests('behaviour/confine-orders', 'daemon/workers/supervisor/program-quota', 'daemon/watch/reached-processes'),
      },
      {
        what: 'A worker that was taken over says to the supervisor what is no message, has no end, makes no sense or is about another’s connections',
        seen: '',
        happens:
          'it is ended, and another takes its place; what it says is bounded and held against its form, and about connections of others nothing is taken. It may lie about its own, and about addresses of names it is asked for',
        shown: tests(
          'daemon/workers/message-channel',
          'daemon/workers/supervisor/heard/events',
          'daemon/workers/supervisor/heard/answers',
          'behaviour/workers',
        ),
      },
      {
        what: 'The kernel ends a process for want of memory',
        seen: '',
        happens: 'a worker first; it is said to have been that, and another takes its place',
        shown: tests('behaviour/faults', 'linux/process/memory-kills'),
      },
      {
        what: 'A peer that was switched off',
        seen: '',
        happens: 'keepalive ends the connection on both legs',
        shown: tests('netns/half-open'),
      },
      {
        what: 'Rights that are left over',
        seen: '',
        happens: 'none: users, groups and capabilities of every thread',
        shown: tests('behaviour/privileges'),
      },
      {
        what: 'Keys or plain text in memory that was freed, or another connection’s bytes',
        seen: '',
        happens: 'freed handles throw; a leftover in the shared output ends the process before a byte leaves',
        shown: tests('openssl/seeded-faults', 'openssl/library/output'),
      },
      {
        what: 'A package or the runtime is changed, or has a known fault',
        seen: 'hijacked npm packages',
        happens: 'checksums, one registry, no install scripts, a kept list of faults',
        shown: [{ tests: ['tools/supply', 'tools/dependencies-current'] }, { run: 'check' }],
      },
      {
        what: 'Control socket and status port asked by others: other addresses, pages of other sites, names that somebody owns, floods',
        seen: '',
        happens: 'only the owner tells anything; readers need what is configured; bounded',
        shown: tests('behaviour/status', 'behaviour/status-readers'),
      },
    ],
  },
  {
    title: 'Of the runtime',
    rows: [
      {
        what: 'The environment switches verification off, loads code or opens a debugger',
        seen: 'NODE_TLS_REJECT_UNAUTHORIZED, NODE_OPTIONS, SIGUSR1',
        happens: 'a start refuses the first; the launchers clear the second and disable the third',
        shown: tests('behaviour/key-files', 'bin/launchers', 'behaviour/signals'),
      },
      {
        what: 'A handshake that times out stays open; a peer that leaves in it is not seen',
        seen: '`handshakeTimeout` of node:tls',
        happens: 'TLS runs on our own descriptors: one deadline, and an end is an end',
        shown: tests('behaviour/leaving-in-the-handshake', 'behaviour/limits'),
      },
      {
        what: 'Resets look like orderly ends',
        seen: '`destroy()` of node:tls sends close_notify',
        happens: 'a reset sends RST and no close_notify',
        shown: tests('behaviour/endings', 'openssl/connection/tls-leg'),
      },
      {
        what: 'A fault in Node.js or OpenSSL itself',
        seen: '',
        happens: 'kept in a list with what it means here ([SECURITY.md](../SECURITY.md#faults-of-the-runtime))',
        shown: [{ tests: ['tools/supply'] }, { run: 'check' }],
      },
    ],
  },
];
