/** Every event and its lines. The texts are what other programs search for: they change only together with docs/. */
// Tests: src/observe/
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMAND_SERVICE, FILE_SERVICE } from '../../src/config/defaults.ts';
import type { CloseReason, EventContext, HandshakeFacts, OvercoatEvent } from '../../src/observe/events.ts';
import { linesOf, urgencyOf } from '../../src/observe/log-lines.ts';
import { serviceConfig } from '../support/service-config.ts';

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
const CLOSED = { stage: 'relay', endedBy: 'client', toTls: 0, toPlain: 0, ms: 12, stageMs: new Map(), firstByteMs: 3 } as const;
const closed = (reason: CloseReason): OvercoatEvent => ({ kind: 'closed', reason, ...CLOSED, toTls: 3 });
const finished = (facts: Partial<HandshakeFacts>): OvercoatEvent => ({
  kind: 'handshake-finished',
  facts: () => ({ ...CLIENT_FACTS, ...facts }),
  verified: 'pin',
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
    { kind: 'upstream-connected', address: '192.0.2.1:443', local: '10.0.0.1:53871', kept: false },
    '5 s_connect: connected 192.0.2.1:443',
    '5 Service [svc] connected remote server from 10.0.0.1:53871',
  ],
  [
    { kind: 'connect-failed', address: '127.0.0.1:1', text: 'Connection refused', errno: 111 },
    '3 s_connect: connect 127.0.0.1:1: Connection refused (111)',
  ],
  [{ kind: 'connect-timeout', address: '192.0.2.1:1' }, '3 s_connect: s_poll_wait 192.0.2.1:1: TIMEOUTconnect exceeded'],
  [{ kind: 'resolve-failed', host: 'a\nb', text: 'no' }, '3 Error resolving "a\\x0ab": no'],
  [{ kind: 'no-more-addresses' }, '3 No more addresses to connect'],
  [
    { kind: 'upstream-connected', address: '192.0.2.1:80', local: '10.0.0.1:53871', kept: true },
    '5 s_connect: connected 192.0.2.1:80',
    '6 persistence: 192.0.2.1:80 cached',
    '5 Service [svc] connected remote server from 10.0.0.1:53871',
  ],
  [{ kind: 'sni-sent', name: 'a.test' }, '6 SNI: sending servername: a.test'],
  [{ kind: 'sni-disabled' }, '6 SNI: extension disabled'],
  [{ kind: 'certificate-accepted', depth: 0, subject: 'CN=a' }, '5 Certificate accepted at depth=0: CN=a'],
  [{ kind: 'certificate-accepted', depth: 1, subject: 'CN=ca' }, '6 Certificate accepted at depth=1: CN=ca'],
  [{ kind: 'certificate-rejected', depth: 0, subject: 'CN=a', why: 'CERT' }, '4 Rejected by CERT at depth=0: CN=a'],
  [{ kind: 'certificate-note', level: 4, text: 'CERT: Subject checks failed' }, '4 CERT: Subject checks failed'],
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
  [{ kind: 'note', level: 7, text: 'a note' }, '7 a note'],
  [closed({ kind: 'finished' }), '5 Connection closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'close-timeout' }), '5 Connection closed: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'client-reset' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'upstream-reset' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'idle' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [closed({ kind: 'shutdown' }), '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket'],
  [
    closed({ kind: 'failed', code: 'handshake_failed', message: 'SSL_connect: error', cause: undefined }),
    '3 SSL_connect: error',
    '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket',
  ],
  [
    closed({ kind: 'failed', code: 'upstream_refused', message: 'was said before', cause: undefined }),
    '5 Connection reset: 3 byte(s) sent to TLS, 0 byte(s) sent to socket',
  ],
  [{ kind: 'service-bound', address: '127.0.0.1:443' }, '6 Service [svc] bound to 127.0.0.1:443'],
  [
    { kind: 'bind-failed', address: '127.0.0.1:443', text: 'Address already in use', errno: 98 },
    '5 Binding service [svc] to 127.0.0.1:443: Address already in use (98)',
  ],
  [{ kind: 'service-bind-failed' }, '3 Binding service [svc] failed'],
  [{ kind: 'configuration-successful' }, '5 Configuration successful'],
  [{ kind: 'program-client-starting' }, '7 Starting exec+connect service [svc]'],
  [{ kind: 'program-client-retried' }, '6 Retrying an exec+connect section'],
  [{ kind: 'accepting' }, '6 Accepting new connections'],
  [{ kind: 'configuration-failed' }, '3 Configuration failed'],
  [{ kind: 'reload-failed' }, '3 Failed to reload the configuration file'],
  [{ kind: 'log-reopened' }, '5 Log file reopened'],
  [{ kind: 'signal', signal: 'SIGTERM' }, '5 Terminated'],
  [{ kind: 'signal', signal: 'SIGINT' }, '3 Received SIGINT; terminating'],
  [{ kind: 'signal', signal: 'SIGQUIT' }, '3 Received SIGQUIT; terminating'],
  [{ kind: 'signal', signal: 'SIGHUP' }, '7 Received SIGHUP'],
  [{ kind: 'accept-failed', text: 'Too many open files', errno: 24 }, '3 accept: Too many open files (24)'],
  [{ kind: 'connection-limit', limit: 107 }, '7 Clients allowed=107'],
  [{ kind: 'connection-limit', limit: undefined }, '7 No limit detected for the number of clients'],
  [{ kind: 'too-many-clients', limit: 107 }, '4 Connection rejected: too many clients (>=107)'],
  [{ kind: 'access-checked', client: '192.0.2.1:5', permitted: true }, '7 Service [svc] permitted by libwrap from 192.0.2.1:5'],
  [{ kind: 'access-checked', client: '192.0.2.1:5', permitted: false }, '4 Service [svc] REFUSED by libwrap from 192.0.2.1:5'],
  [{ kind: 'program-started', path: '/bin/cat', pid: 42 }, '6 Local mode child started (PID=42)'],
  [{ kind: 'program-ended', pid: 42, code: 3, signal: null }, '6 Child process 42 finished with code 3'],
  [{ kind: 'program-ended', pid: 42, code: null, signal: 'SIGKILL' }, '6 Child process 42 terminated on SIGKILL'],
  [
    { kind: 'program-failed', path: '/nowhere', text: 'No such file or directory', errno: 2 },
    '3 exec /nowhere: No such file or directory (2)',
  ],
  [
    { kind: 'connection-listed', id: '7', service: 'svc', toTls: 1, toPlain: 2 },
    '0 Active connection 7: Service [svc], 1 byte(s) sent to TLS, 2 byte(s) sent to socket',
  ],
  [{ kind: 'connections-listed', count: 1 }, '0 Listed 1 active connection(s)'],
  [{ kind: 'message', level: 2, text: 'a message' }, '2 a message'],
];

describe('log lines', () => {
  for (const [event, ...lines] of CASES)
    it(`of ${event.kind}: ${lines[0]}`, () => {
      const written = linesOf(event, ABOUT);
      assert.deepEqual(
        written.map(({ level, text }) => `${level} ${text}`),
        lines,
      );
      assert.ok(
        written.every(({ level }) => level >= urgencyOf(event)),
        'no line is more urgent than its event',
      );
      assert.ok(written.some(({ level }) => level === urgencyOf(event)) || event.kind === 'closed', 'the urgency is that of a line');
    });

  it('of a missing staple are an error for a file, as for stunnel, and not for a command', () => {
    const missing: OvercoatEvent = { kind: 'ocsp', step: 'staple', received: false };
    const text = 'OCSP: No OCSP stapling response received';
    assert.deepEqual(linesOf(missing, { id: '0', service: FILE_SERVICE }), [{ level: 3, text }]);
    assert.deepEqual(linesOf(missing, { id: '0', service: COMMAND_SERVICE }), [{ level: 6, text }]);
    assert.equal(urgencyOf(missing), 3);
  });

  it('of a defect carry the stack on one line at debug', () => {
    const cause = new Error('broken');
    const [first, second, third] = linesOf(closed({ kind: 'failed', code: 'internal', message: 'broken', cause }), ABOUT);
    assert.deepEqual(first, { level: 3, text: 'INTERNAL ERROR: broken' });
    assert.equal(second?.level, 7);
    assert.match(second?.text ?? '', /^Error: broken \| +at .* \| /);
    assert.ok(!second?.text.includes('\n'));
    assert.equal(third?.level, 5);
  });

  it('escape and cut what a peer chose', () => {
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
