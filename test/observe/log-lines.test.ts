/** Every event and its lines. The texts are what other programs search for: they change only together with docs/. */
// Tests: src/observe/
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ERROR_CATALOGUE } from '../../src/errors.ts';
import { TOLD } from '../../src/failure-cause.ts';
import type { CloseReason, EventContext, HandshakeFacts, OvercoatEvent } from '../../src/observe/events.ts';
import { linesOf, urgencyOf, urgencyOfKind } from '../../src/observe/log-lines.ts';
import { serviceConfig } from '../support/overcoat/service-config.ts';

const ABOUT: EventContext = { id: '0', service: serviceConfig() };
const CLIENT_FACTS: HandshakeFacts = {
  role: 'client',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  opensslCipher: 'TLS_AES_256_GCM_SHA384',
  bits: 256,
  group: 'X25519',
  groupBits: 253,
  resumed: false,
};

/** Everything of the event that makes no line. */
const CLOSED = {
  parties: { client: '192.0.2.9:5000', name: 'a.test', address: '192.0.2.1:443' },
  stage: 'relay',
  endedBy: 'client',
  toTls: 0,
  toPlain: 0,
  ms: 12,
  stageMs: { access: 1, relay: 11 },
  firstByteMs: 3,
} as const;
const FAILED = 'Connection failed: 192.0.2.9:5000 -> a.test (192.0.2.1:443), service [svc], stage relay,';
const closed = (reason: CloseReason, ending: 'close' | 'reset' = 'reset'): OvercoatEvent => ({
  kind: 'closed',
  reason,
  ending: { client: ending, upstream: ending },
  ...CLOSED,
  toTls: 3,
});
const finished = (facts: Partial<HandshakeFacts>): OvercoatEvent => ({
  kind: 'handshake-finished',
  facts: { ...CLIENT_FACTS, ...facts },
  requested: '',
  verified: 'pin',
  ms: 4,
});

const CASES: readonly (readonly [event: OvercoatEvent, ...lines: string[]])[] = [
  [{ kind: 'started' }, '7 Service [svc] started'],
  [{ kind: 'finished', left: 2 }, '7 Service [svc] finished (2 left)'],
  [{ kind: 'failover', strategy: 'rr', entry: 2 }, '6 failover: round-robin, starting at entry #2'],
  [{ kind: 'failover', strategy: 'prio', entry: 0 }, '6 failover: priority, starting at entry #0'],
  [{ kind: 'former-target', address: '192.0.2.1:80', outcome: 'reused' }, '6 persistence: 192.0.2.1:80 reused'],
  [{ kind: 'former-target', address: '192.0.2.1:80', outcome: 'not-available' }, '6 persistence: 192.0.2.1:80 not available'],
  [{ kind: 'former-target', address: '', outcome: 'unknown' }, '5 persistence: No cached address found'],
  [{ kind: 'peer-certificate', required: true }, '6 Peer certificate required'],
  [{ kind: 'peer-certificate', required: false }, '6 Peer certificate not required'],
  [{ kind: 'ocsp', step: 'staple', received: true }, '6 OCSP: OCSP stapling response received'],
  [{ kind: 'ocsp', step: 'staple', received: false }, '6 OCSP: No OCSP stapling response received'],
  [{ kind: 'ocsp', step: 'staple-ignored', why: 'too old' }, '6 OCSP: OCSP stapling response ignored: too old'],
  [
    { kind: 'ocsp', step: 'asking', origin: 'configured', url: 'http://a.test/' },
    '5 OCSP: Connecting the configured responder "http://a.test/"',
  ],
  [{ kind: 'ocsp', step: 'asking', origin: 'AIA', url: 'http://a.test/' }, '5 OCSP: Connecting the AIA responder "http://a.test/"'],
  [{ kind: 'ocsp', step: 'no-url' }, '6 OCSP: No AIA responder URL'],
  [{ kind: 'ocsp', step: 'answer', status: 'good' }, '6 OCSP: Status: good', '5 OCSP: Certificate accepted'],
  [{ kind: 'ocsp', step: 'answer', status: 'revoked' }, '6 OCSP: Status: revoked', '3 OCSP: Certificate revoked'],
  [{ kind: 'ocsp', step: 'answer', status: 'unknown' }, '6 OCSP: Status: unknown', '4 OCSP: Unknown verification status'],
  [{ kind: 'ocsp', step: 'no-answer', why: 'malformed response' }, '3 OCSP: No valid answer: malformed response'],
  [{ kind: 'ocsp', step: 'no-issuer' }, '3 OCSP: The issuer of the certificate is not known'],
  [{ kind: 'ocsp', step: 'root' }, '7 OCSP: Ignoring the root certificate'],
  [{ kind: 'ocsp', step: 'verdict', status: 'good', required: true }, '5 OCSP: Accepted (good)'],
  [{ kind: 'ocsp', step: 'verdict', status: 'revoked', required: false }, '3 OCSP: Rejected (revoked)'],
  [{ kind: 'ocsp', step: 'verdict', status: 'inconclusive', required: true }, '3 OCSP: Rejected (OCSPrequire = yes)'],
  [{ kind: 'ocsp', step: 'verdict', status: 'inconclusive', required: false }, '5 OCSP: Accepted (OCSPrequire = no)'],
  [{ kind: 'accepted', client: '127.0.0.1:53870' }, '5 Service [svc] accepted connection from 127.0.0.1:53870'],
  [
    { kind: 'proxied', client: '192.0.2.1:40001', by: '127.0.0.1:1' },
    '5 Service [svc] accepted connection from 192.0.2.1:40001 (PROXY header of 127.0.0.1:1)',
  ],
  [{ kind: 'original-destination', address: '192.0.2.1:80', by: 'netfilter' }, '6 Original destination: 192.0.2.1:80 (netfilter)'],
  [{ kind: 'server-name', name: 'a.test', source: 'protocol', detail: 'rtmp' }, '5 Server name: a.test (protocol: rtmp)'],
  [{ kind: 'server-name', name: 'a.test', source: 'map', detail: '' }, '5 Server name: a.test (map)'],
  [{ kind: 'server-name', name: '', source: 'none', detail: 'nobody said it' }, '5 Server name: unknown (nobody said it)'],
  [{ kind: 'passed-on', name: '' }, '5 Client speaks TLS: handed through, not verified by us'],
  [{ kind: 'passed-on', name: 'a.test' }, '5 Client speaks TLS: handed through, not verified by us (a.test)'],
  [{ kind: 'connecting', address: '192.0.2.1:443' }, '6 s_connect: connecting 192.0.2.1:443'],
  [
    { kind: 'upstream-connected', address: '192.0.2.1:443', local: '10.0.0.1:53871', kept: false, ms: 3 },
    '5 s_connect: connected 192.0.2.1:443',
    '5 Service [svc] connected remote server from 10.0.0.1:53871',
  ],
  [
    { kind: 'connect-failed', address: '127.0.0.1:1', call: 'connect', text: 'Connection refused', errno: 111 },
    '3 s_connect: connect 127.0.0.1:1: Connection refused (111)',
  ],
  [
    { kind: 'connect-failed', address: '192.0.2.1:1', call: 'bind', text: 'Cannot assign requested address', errno: 99 },
    '3 s_connect: bind: Cannot assign requested address (99)',
  ],
  [
    { kind: 'connect-refused', address: '[2001:db8::1]:1', code: 'upstream_refused', text: 'local = 192.0.2.1: no' },
    '3 local = 192.0.2.1: no',
  ],
  [{ kind: 'connect-timeout', address: '192.0.2.1:1' }, '3 s_connect: s_poll_wait 192.0.2.1:1: TIMEOUTconnect exceeded'],
  [{ kind: 'resolve-failed', host: 'a\nb', text: 'no' }, '3 Error resolving "a\\x0ab": no'],
  [{ kind: 'no-more-addresses' }, '3 No more addresses to connect'],
  [
    { kind: 'upstream-connected', address: '192.0.2.1:80', local: '10.0.0.1:53871', kept: true, ms: 3 },
    '5 s_connect: connected 192.0.2.1:80',
    '6 persistence: 192.0.2.1:80 cached',
    '5 Service [svc] connected remote server from 10.0.0.1:53871',
  ],
  [{ kind: 'sni-sent', name: 'a.test' }, '6 SNI: sending servername: a.test'],
  [{ kind: 'sni-disabled' }, '6 SNI: extension disabled'],
  [{ kind: 'certificate-accepted', depth: 0, subject: 'CN=a' }, '5 Certificate accepted at depth=0: CN=a'],
  [{ kind: 'certificate-accepted', depth: 1, subject: 'CN=ca' }, '6 Certificate accepted at depth=1: CN=ca'],
  [{ kind: 'certificate-unverified' }, '6 Certificate verification disabled'],
  [{ kind: 'certificate-rejected', depth: 0, subject: 'CN=a', why: 'CERT' }, '4 Rejected by CERT at depth=0: CN=a'],
  [{ kind: 'certificate-checked', check: 'subject', outcome: 'failed', text: 'Subject checks failed' }, '4 CERT: Subject checks failed'],
  [
    { kind: 'certificate-checked', check: 'chain', outcome: 'failed', text: 'certificate has expired' },
    '4 CERT: Pre-verification error: certificate has expired',
  ],
  [
    { kind: 'certificate-checked', check: 'chain', outcome: 'ignored', text: 'certificate has expired' },
    '6 CERT: Pre-verification error ignored: certificate has expired',
  ],
  [
    { kind: 'certificate-checked', check: 'pin', outcome: 'passed', text: 'Pinned public key matched' },
    '6 CERT: Pinned public key matched',
  ],
  [
    { kind: 'pin-checked', destination: '192.0.2.1:443', digest: 'NEW', outcome: 'learnt' },
    '5 PIN: Key sha256:NEW of 192.0.2.1:443 trusted on first use',
  ],
  [
    { kind: 'pin-checked', destination: '192.0.2.1:443', digest: 'NEW', outcome: 'known', expiresInDays: 9 },
    '4 PIN: The certificate of 192.0.2.1:443 expires in 9 days',
  ],
  [
    { kind: 'pin-checked', destination: '192.0.2.1:443', digest: 'NEW', outcome: 'mismatch', pinned: ['OLD', 'OLDER'] },
    '4 PIN: 192.0.2.1:443 shows the key sha256:NEW, pinned is sha256:OLD, sha256:OLDER',
    '4 PIN: If the change is genuine: overcoat pin --remove 192.0.2.1:443',
  ],
  [
    { kind: 'pin-checked', destination: '192.0.2.1:443', digest: 'NEW', outcome: 'unusable', why: 'disk full' },
    '4 PIN: The pin store cannot be used: disk full',
  ],
  [{ kind: 'server-name-requested', name: '', service: undefined }, '5 SNI: no servername received'],
  [
    { kind: 'server-name-requested', name: 'a.test', service: undefined },
    '6 SNI: requested servername: a.test',
    '3 SNI: no pattern matched servername: a.test',
  ],
  [
    { kind: 'server-name-requested', name: 'a.test', service: 'other' },
    '6 SNI: requested servername: a.test',
    '5 SNI: switched to service [other]',
  ],
  [{ kind: 'server-name-unverified', why: 'no source knows it' }, '4 No server name is known, so none is verified: no source knows it'],
  [
    { kind: 'server-name-differs', name: 'a.test', lookedUp: ['b.test', 'c.test'] },
    '4 The client names a.test, but had looked up b.test and c.test for this address',
  ],
  [{ kind: 'rtmp-rewritten', tcUrl: 'rtmp://a.test/live' }, '6 RTMP: tcUrl is rtmp://a.test/live from here on'],
  [{ kind: 'rtmp-rewritten', tcUrl: 'rtmp://a.test/live?key' }, '6 RTMP: tcUrl is rtmp://a.test/live?*** from here on'],
  [{ kind: 'rtmp-unchanged', why: 'it speaks RTMPE' }, '4 The RTMP client is passed on as it is: it speaks RTMPE'],
  [{ kind: 'redirected' }, '5 Redirecting connection'],
  [{ kind: 'alert', direction: 'received', peer: 'client', number: 48, name: 'unknown_ca' }],
  [{ kind: 'certificate-shown', subject: 'CN=a.test', issuer: 'CN=ca', sha256: '00ff', expires: 1_800_000_000_000 }],
  [{ kind: 'tls-cut-off', by: 'upstream', taken: 'for a failure' }, '3 TLS closed without close_notify: the stream was cut off'],
  [{ kind: 'tls-cut-off', by: 'client', taken: 'for its end' }, '6 TLS socket closed (SSL_read)'],
  [{ kind: 'tls-error-queued', text: 'error:0A000086:SSL routines::a reason' }, '3 error queue: error:0A000086:SSL routines::a reason'],
  [{ kind: 'tls-broken', text: 'error:0A000086:SSL routines::a reason' }, '3 SSL_read: error:0A000086:SSL routines::a reason'],
  [{ kind: 'client-vanished', errno: 107 }, '3 getpeerbyname (local_rfd): Transport endpoint is not connected (107)'],
  [
    finished({}),
    '6 TLS connected: new session negotiated',
    '6 TLSv1.3 ciphersuite: TLS_AES_256_GCM_SHA384 (256-bit encryption)',
    '6 Peer temporary key: X25519, 253 bits',
  ],
  [
    finished({ role: 'server', resumed: true, group: 'X25519MLKEM768', groupBits: 0 }),
    '6 TLS accepted: previous session reused',
    '6 TLSv1.3 ciphersuite: TLS_AES_256_GCM_SHA384 (256-bit encryption)',
    '6 Peer temporary key: X25519MLKEM768',
  ],
  [
    finished({ group: '', groupBits: 0 }),
    '6 TLS connected: new session negotiated',
    '6 TLSv1.3 ciphersuite: TLS_AES_256_GCM_SHA384 (256-bit encryption)',
  ],
  [{ kind: 'limit-exceeded', limit: 'TIMEOUTidle', action: 'sending reset' }, '6 TIMEOUTidle exceeded: sending reset'],
  [closed({ kind: 'finished' }, 'close'), '5 Connection closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'close-timeout' }, 'close'), '5 Connection closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'client-reset' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'upstream-reset' }, 'close'), '5 Connection closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'upstream-reset' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [
    { ...closed({ kind: 'client-reset' }), ending: { client: 'close', upstream: 'reset' } } as OvercoatEvent,
    '5 Connection reset/closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket',
  ],
  [closed({ kind: 'idle' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'ordered' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'shutdown' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [
    closed({ kind: 'failed', code: 'handshake_failed', message: 'SSL_connect: error', because: TOLD, stack: undefined }),
    '3 SSL_connect: error',
    '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket',
    `3 ${FAILED} handshake_failed: SSL_connect: error. ${ERROR_CATALOGUE.handshake_failed.hint}`,
  ],
  [
    closed({ kind: 'failed', code: 'upstream_refused', message: 'was said before', because: TOLD, stack: undefined }),
    '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket',
    `3 ${FAILED} upstream_refused: was said before. Check that the upstream is running and reachable from here.`,
  ],
  [{ kind: 'redialling', inMs: 250, leftMs: 9_750 }, '4 No address answers: trying again in 0.3 s, for 9.8 s more while the client waits'],
  [{ kind: 'service-bound', address: '127.0.0.1:443' }, '6 Service [svc] bound to 127.0.0.1:443'],
  [
    { kind: 'bind-failed', address: '127.0.0.1:443', text: 'Address already in use', errno: 98, holder: undefined },
    '5 Binding service [svc] to 127.0.0.1:443: Address already in use (98)',
  ],
  [
    { kind: 'bind-failed', address: '127.0.0.1:443', text: 'Address already in use', errno: 98, holder: 'first' },
    '5 Binding service [svc] to 127.0.0.1:443: Address already in use (98)',
    '5 Service [first] has 127.0.0.1:443 already',
  ],
  [
    { kind: 'listening-without-tproxy' },
    '6 Service [svc] listens without IP_TRANSPARENT (needs CAP_NET_ADMIN): REDIRECT and DNAT work, TPROXY does not',
  ],
  [{ kind: 'socket-option-set', option: 'SO_KEEPALIVE', socket: 'local' }, '7 Option SO_KEEPALIVE set on local socket'],
  [
    { kind: 'socket-option-refused', option: 'IP_TTL', socket: 'remote', text: 'Invalid argument', errno: 22 },
    '3 IP_TTL: Invalid argument (22)',
    '4 Failed to set remote socket options',
  ],
  [{ kind: 'dns-forwarder-bound', address: '127.0.0.1', port: 53 }, '5 DNS forwarder bound to 127.0.0.1:53'],
  [{ kind: 'dns-trouble', text: 'nobody answers' }, '4 nobody answers'],
  [{ kind: 'service-initializing' }, '6 Initializing service [svc]'],
  [
    { kind: 'service-flawed', code: 'config_key_material', option: 'cert', text: 'a.pem: it expired' },
    '4 Service [svc]: cert: a.pem: it expired',
  ],
  [{ kind: 'service-flawed', code: 'config_conflict', option: '', text: 'the same name' }, '4 Service [svc]: the same name'],
  [{ kind: 'configuration-reading', source: '/etc/a.conf' }, '5 Reading configuration from file /etc/a.conf'],
  [{ kind: 'configuration-warning', text: 'it is not safe' }, '4 it is not safe'],
  [{ kind: 'expiry-known', of: 'certificate', name: 'CN=a', expires: 1 }],
  [{ kind: 'target-lookup-delayed' }, '6 Cannot resolve connect target - delaying DNS lookup'],
  [{ kind: 'start-option-kept', option: 'pid' }, '4 pid counts at start only: it stays as it was until a restart'],
  [
    { kind: 'reloaded', ms: 12.4, changes: { added: [], removed: [], changed: [], renewed: [] } },
    '5 Reloaded in 12 ms: no service has changed',
  ],
  [
    {
      kind: 'reloaded',
      ms: 12,
      changes: {
        added: ['a', 'b'],
        removed: ['c'],
        changed: ['d'],
        renewed: [{ service: 'd', expired: Date.UTC(2026, 0, 1), expires: Date.UTC(2027, 0, 1) }],
      },
    },
    '5 Reloaded in 12 ms: added [a] [b]; removed [c]; changed [d]; certificate of [d] renewed until 2027-01-01 (was 2026-01-01)',
  ],
  [
    {
      kind: 'files-renewed',
      services: ['a', 'b'],
      renewed: [{ service: 'a', expired: 0, expires: Date.UTC(2027, 0, 1) }],
      files: ['/c', '/k'],
    },
    '5 Renewed from /c, /k: certificate of [a] renewed until 2027-01-01 (was 1970-01-01); read again for [b]',
  ],
  [
    { kind: 'files-refused', code: 'config_key_material', text: 'key = /k: no' },
    '3 Service [svc]: changed files not taken, the former ones serve on: key = /k: no',
  ],
  [
    { kind: 'expiry-near', of: 'revocation-list', name: 'CN=ca', expires: Date.UTC(2027, 0, 1), daysLeft: 3, services: ['a'] },
    '4 The revocation list of CN=ca ends in 3 day(s), on 2027-01-01: fetch a new one; used by [a]',
  ],
  [
    { kind: 'list-fetched', url: 'http://ca/', expires: Date.UTC(2027, 0, 1) },
    '5 Service [svc]: revocation list fetched from http://ca/, until 2027-01-01',
  ],
  [
    { kind: 'list-not-fetched', url: 'http://ca/', text: 'HTTP status 404' },
    '3 Service [svc]: revocation list not fetched from http://ca/: HTTP status 404',
  ],
  [
    { kind: 'certificate-awaited', names: ['a.test', 'b.test'], directory: 'https://d/' },
    '4 Service [svc]: no certificate for a.test, b.test yet: handshakes fail until https://d/ has issued it',
  ],
  [
    { kind: 'certificate-issued', names: ['a.test'], directory: 'https://d/', expires: Date.UTC(2027, 0, 1) },
    '5 Service [svc]: certificate for a.test issued by https://d/, until 2027-01-01',
  ],
  [
    { kind: 'certificate-not-issued', names: ['a.test'], directory: 'https://d/', text: 'no', againMs: 900, near: false },
    '3 Service [svc]: no new certificate for a.test from https://d/: no; next try in 1 seconds, the former one serves on',
  ],
  [
    { kind: 'certificate-not-issued', names: ['a.test'], directory: 'https://d/', text: 'no', againMs: 900, near: true },
    '3 Service [svc]: no new certificate for a.test from https://d/: no; next try in 1 seconds; the time is running out',
  ],
  [{ kind: 'draining', connections: 3, limitMs: 1500 }, '5 Waiting up to 2 seconds for 3 connection(s) to finish'],
  [{ kind: 'cutting-off', connections: 2 }, '5 Cutting off 2 connection(s)'],
  [{ kind: 'interception-lost', what: 'rules' }, '3 The interception rules were lost (nft ended); putting them back'],
  [
    { kind: 'interception-lost', what: 'guard' },
    '4 The table overcoat_guard was removed by somebody else (a firewall reload?); putting it back. Let that one leave it alone: no `flush ruleset`',
  ],
  [{ kind: 'interception-not-restored', what: 'rules', text: 'no' }, '2 The interception rules cannot be put back: no'],
  [{ kind: 'interception-not-restored', what: 'guard', text: 'no' }, '3 no'],
  [
    { kind: 'interception-lost', what: 'tables' },
    '3 The rules of `overcoat gateway up` were removed by somebody else (a firewall reload?): what passed meanwhile went in clear; putting them back. ' +
      'Let that one leave the tables overcoat and overcoat_guard alone: no `flush ruleset`',
  ],
  [{ kind: 'interception-not-restored', what: 'tables', text: 'no' }, '2 The interception rules cannot be put back: no'],
  [
    { kind: 'undoing-lost' },
    '3 The helper that undoes the changes of the gateway has ended: when this process has ended, run `overcoat gateway down` as root',
  ],
  [
    { kind: 'device-renamed', device: 'eth0', to: 'lan0' },
    '4 The device eth0 is called lan0 now: what comes from it is still taken, until it is unplugged; start again with --from lan0',
  ],
  [
    { kind: 'device-gone', device: 'eth0' },
    '3 The device eth0 is gone: nothing comes from it. It is taken again when one of this name is back; one of another name wants --from NAME',
  ],
  [{ kind: 'device-back', device: 'eth0' }, '5 The device eth0 is back, and taken as before'],
  [
    { kind: 'tracking-full', count: 1000, max: 1000 },
    "3 The kernel's table of connections is full (1000 of 1000), new ones are dropped: sysctl -w net.netfilter.nf_conntrack_max=2000",
  ],
  [
    { kind: 'sent-in-clear', host: '192.168.1.20', port: 1935, protocol: 'RTMP', remedy: 'wrap it with --ports 1935' },
    '4 192.168.1.20 sends RTMP in clear to port 1935; wrap it with --ports 1935',
  ],
  [{ kind: 'unwrapped-counted', flows: [], grown: [] }],
  [
    { kind: 'datagrams-refused' },
    '4 The command sent datagrams (UDP as of QUIC, or ICMP), which are refused inside; what falls back to TCP is wrapped. Said once',
  ],
  [{ kind: 'given-up', why: 'Worker 0 cannot be replaced: no memory' }, '1 Worker 0 cannot be replaced: no memory'],
  [{ kind: 'defect', text: 'broken', stack: 'Error: broken\n    at here' }, '2 INTERNAL ERROR: broken', '7 Error: broken |     at here'],
  [{ kind: 'defect', text: 'broken', stack: undefined }, '2 INTERNAL ERROR: broken'],
  [
    { kind: 'worker-ended', worker: 1, why: 'heap limit reached', outOfMemory: true, stack: undefined, connectionsLost: 3, waitMs: 0 },
    '2 Worker 1 ended: heap limit reached; 3 connection(s) lost',
  ],
  [
    {
      kind: 'worker-ended',
      worker: 1,
      why: 'uncaught exception: no',
      outOfMemory: false,
      stack: 'Error: no\n    at x',
      connectionsLost: 0,
      waitMs: 500,
    },
    '2 Worker 1 ended: uncaught exception: no; 0 connection(s) lost; it ended before, so the next one begins in 500 ms',
    '7 Error: no |     at x',
  ],
  [{ kind: 'worker-replaced', worker: 1, ms: 41.6 }, '5 Worker 1 replaced after 42 ms'],
  [{ kind: 'worker-failed', worker: 1, text: 'it cannot listen' }, '3 Worker 1: it cannot listen'],
  [
    { kind: 'process-refused', pid: 7 },
    '2 Process 7 of this Overcoat, which the network reaches, asked for orders at the control socket and was refused: was it taken over?',
  ],
  [
    { kind: 'programs-exceeded', worker: 1, most: 7 },
    '3 Worker 1 asks for more programs than its connections need: no more than 7 run at once, and what comes too fast waits',
  ],
  [
    { kind: 'staple-not-fetched', text: 'http://o.test:81/: Connection refused' },
    '4 Service [svc]: no OCSP staple for our own certificate: http://o.test:81/: Connection refused',
  ],
  [
    { kind: 'reader-lost', left: 1 },
    '4 Renewed files are seen by the last process that may read them: no other can be made before a restart',
  ],
  [{ kind: 'reader-lost', left: 0 }, '3 Renewed files are not seen any more until a restart: no process is left that may read them'],
  [{ kind: 'spare-worker-ready' }, '7 A spare worker is ready'],
  [{ kind: 'no-spare-worker', why: 'exit code 1' }, '4 No spare worker can be made: exit code 1'],
  [{ kind: 'service-bind-failed' }, '3 Binding service [svc] failed'],
  [{ kind: 'configuration-successful' }, '5 Configuration successful'],
  [{ kind: 'program-client-starting' }, '7 Starting exec+connect service [svc]'],
  [{ kind: 'program-client-retried' }, '6 Retrying an exec+connect section'],
  [{ kind: 'accepting' }, '6 Accepting new connections'],
  [{ kind: 'configuration-failed' }, '3 Configuration failed'],
  [
    { kind: 'reload-failed', code: undefined, problems: ['line 1: no', 'line 2: no'], usable: false },
    '3 line 1: no',
    '3 line 2: no',
    '3 Configuration failed',
    '3 Failed to reload the configuration file',
  ],
  [
    { kind: 'reload-failed', code: 'start_bind', problems: ['no port'], usable: true },
    '3 no port',
    '3 Failed to reload the configuration file',
  ],
  [{ kind: 'upgrading' }, '6 Starting the program file in the place of this process'],
  [{ kind: 'upgraded', version: '1.2.3', pid: 77, ms: 312.4 }, '5 Process 77 serves in the place of this one after 312 ms (version 1.2.3)'],
  [{ kind: 'upgrade-failed', problems: ['no'] }, '3 no', '3 Failed to upgrade: this process serves on'],
  [{ kind: 'log-reopened' }, '5 Log file reopened'],
  [{ kind: 'log-reopen-failed', text: 'Cannot open log file: x' }, '3 Cannot open log file: x'],
  [
    { kind: 'records-lost', count: 3, sink: '/r', why: 'No space left on device (28)' },
    '4 3 record(s) could not be written to /r: No space left on device (28)',
  ],
  [{ kind: 'log-lines-lost', count: 3, sink: 'syslog', why: 'disk full' }, '4 3 log line(s) for syslog lost: disk full'],
  [{ kind: 'signal', signal: 'SIGTERM' }, '5 Terminated'],
  [{ kind: 'signal', signal: 'SIGINT' }, '3 Received SIGINT; terminating'],
  [{ kind: 'signal', signal: 'SIGQUIT' }, '3 Received SIGQUIT; terminating'],
  [{ kind: 'signal', signal: 'SIGHUP' }, '7 Received SIGHUP'],
  [{ kind: 'accept-failed', text: 'Too many open files', errno: 24, again: false }, '3 accept: Too many open files (24)'],
  [{ kind: 'accept-failed', text: 'Too many open files', errno: 24, again: true }, '7 accept: Too many open files (24)'],
  [{ kind: 'connection-limit', limit: 107 }, '7 Clients allowed=107'],
  [{ kind: 'connection-limit', limit: undefined }, '7 No limit detected for the number of clients'],
  [{ kind: 'too-many-clients', limit: 107 }, '4 Connection rejected: too many clients (>=107)'],
  [{ kind: 'turned-away', limit: 'clientsPerAddress' }],
  [
    { kind: 'access-checked', client: '192.0.2.1:5', permitted: true, problem: undefined },
    '7 Service [svc] permitted by libwrap from 192.0.2.1:5',
  ],
  [
    { kind: 'access-checked', client: '192.0.2.1:5', permitted: false, problem: undefined },
    '4 Service [svc] REFUSED by libwrap from 192.0.2.1:5',
  ],
  [
    { kind: 'access-checked', client: '192.0.2.1:5', permitted: false, problem: '/etc/hosts.deny line 2: no' },
    '3 /etc/hosts.deny line 2: no',
    '4 Service [svc] REFUSED by libwrap from 192.0.2.1:5',
  ],
  [{ kind: 'program-started', path: '/bin/cat', pid: 42 }, '6 Local mode child started (PID=42)'],
  [{ kind: 'program-ended', pid: 42, code: 3, signal: null }, '6 Child process 42 finished with code 3'],
  [{ kind: 'program-ended', pid: 42, code: null, signal: 'SIGKILL' }, '6 Child process 42 terminated on SIGKILL'],
  [
    { kind: 'program-failed', path: '/nowhere', text: 'No such file or directory', errno: 2 },
    '3 exec /nowhere: No such file or directory (2)',
  ],
  [
    { kind: 'connection-listed', connection: 7, id: '7', service: 'svc', toTls: 1, toPlain: 2 },
    '0 Active connection 7: Service [svc], 1 byte(s) sent to TLS, 2 byte(s) sent to socket',
  ],
  [{ kind: 'connections-listing' }, '0 Active connections:'],
  [{ kind: 'connections-listed', count: 1 }, '0 Listed 1 active connection(s)'],
  [{ kind: 'message', level: 2, text: 'a message' }, '2 a message'],
];

const OVER = { kind: 'over-limit', limit: 'clientsPerAddress', source: '192.0.2.1', most: 4 } as const;

suite('log lines', () => {
  test('of a flood are those of one client, and say how many there were before', () => {
    const refused = (told: boolean) => ({
      kind: 'failed' as const,
      code: 'access_too_many_clients' as const,
      message: 'clientsPerAddress = 4 for 192.0.2.1',
      because: { ...OVER, told, untold: 7 },
      stack: undefined,
    });
    const [end, failure, ...more] = linesOf(closed(refused(true)), ABOUT);
    assert.deepEqual([end?.level, failure?.level, more], [5, 4, []]);
    assert.match(failure?.text ?? '', /192\.0\.2\.1 has 4 connection\(s\) open, as many as clientsPerAddress allows; 7 more were refused/);
    assert.equal(linesOf(closed(refused(false)), ABOUT).length, 1);
  });

  for (const [event, ...lines] of CASES)
    test(`of ${event.kind}: ${lines[0] ?? 'none'}`, () => {
      const written = linesOf(event, ABOUT);
      assert.deepEqual(
        written.map(({ level, text }) => `${level} ${text}`),
        lines,
      );
      assert.ok(
        written.every(({ level }) => level >= urgencyOf(event)),
        'no line is more urgent than its event',
      );
      assert.ok(
        lines.length === 0 ? urgencyOf(event) > 7 : written.some(({ level }) => level === urgencyOf(event)) || event.kind === 'closed',
        'the urgency is that of a line',
      );
      assert.ok(urgencyOfKind(event.kind) <= urgencyOf(event), 'no event is more urgent than its kind');
    });

  for (const [event] of CASES)
    test(`never need more than data: ${event.kind} is the same as JSON and in another process`, () => {
      const data: unknown = JSON.parse(JSON.stringify(event));
      assert.deepEqual(structuredClone(event), event);
      assert.deepEqual(linesOf(data as OvercoatEvent, ABOUT), linesOf(event, ABOUT));
    });

  test('of a defect carry the stack on one line at debug', () => {
    const { stack } = new Error('broken');
    const [first, second, third] = linesOf(closed({ kind: 'failed', code: 'internal', message: 'broken', because: TOLD, stack }), ABOUT);
    assert.deepEqual(first, { level: 3, text: 'INTERNAL ERROR: broken' });
    assert.equal(second?.level, 7);
    assert.match(second?.text ?? '', /^Error: broken \| +at .* \| /);
    assert.ok(!second?.text.includes('\n'));
    assert.equal(third?.level, 5);
  });

  test('escape and cut what a peer chose', () => {
    const hostile = `\n2026.01.01 00:00:00 LOG5[0]: forged \u001b[2J${'x'.repeat(1_000_000)}`;
    const events: readonly OvercoatEvent[] = [
      { kind: 'server-name', name: hostile, source: 'protocol', detail: 'rtmp' },
      { kind: 'server-name', name: '', source: 'none', detail: hostile },
      { kind: 'passed-on', name: hostile },
      { kind: 'sni-sent', name: hostile },
      { kind: 'certificate-accepted', depth: 0, subject: hostile },
      { kind: 'certificate-rejected', depth: 0, subject: hostile, why: 'CERT' },
      { kind: 'resolve-failed', host: hostile, text: 'no' },
    ];
    for (const event of events)
      for (const { text } of linesOf(event, ABOUT)) {
        assert.ok(!text.includes('\n') && !text.includes('\u001b'), event.kind);
        assert.ok(text.length < 320, event.kind);
      }
  });
});
