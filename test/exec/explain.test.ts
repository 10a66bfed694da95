import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { COMMAND_SERVICE } from '../../src/config/defaults.ts';
import { Explainer, PLAIN_SERVICE } from '../../src/exec/explain.ts';
import type { CloseReason, ConnectionEvent, HandshakeFacts } from '../../src/observe/events.ts';

const FACTS = { protocol: 'TLSv1.3', group: 'X25519MLKEM768' } as HandshakeFacts;
const DESTINATION: ConnectionEvent = { kind: 'original-destination', address: '192.0.2.1:443', by: 'netfilter' };

function closed(reason: CloseReason, toTls: number, toPlain: number): ConnectionEvent {
  const parties = { client: '127.0.0.1:1', name: '', address: '192.0.2.1:443' };
  return {
    kind: 'closed',
    reason,
    parties,
    stage: 'relay',
    endedBy: 'client',
    ending: { client: 'close', upstream: 'close' },
    toTls,
    toPlain,
    ms: 12,
    stageMs: {},
    firstByteMs: 3,
  };
}

/** What is said about one connection: at once, and at the end. */
function story(
  events: readonly ConnectionEvent[],
  service = 'exec',
): { readonly failures: readonly string[]; readonly lines: readonly string[] } {
  const failures: string[] = [];
  const explainer = new Explainer((line) => failures.push(line));
  const context = { id: '7', connection: 7, service: { ...COMMAND_SERVICE, name: service } };
  for (const event of [{ kind: 'accepted', client: '127.0.0.1:1' } as const, ...events]) explainer.observe(event, context);
  return { failures, lines: explainer.lines };
}

suite('what became of a connection', () => {
  test('that worked: where, name and its source, TLS, how verified, bytes', () => {
    const { failures, lines } = story([
      DESTINATION,
      { kind: 'server-name', name: 'www.example.org', source: 'protocol', detail: 'rtmp' },
      { kind: 'handshake-finished', facts: FACTS, requested: '', verified: 'chain and name', ms: 4 },
      closed({ kind: 'finished' }, 75, 1200),
    ]);
    assert.deepEqual(lines, [
      'www.example.org (192.0.2.1:443): TLSv1.3 X25519MLKEM768, name from the protocol, verified by chain and name, 75 bytes sent, 1200 received',
    ]);
    assert.deepEqual(failures, []);
  });

  test('that spoke TLS itself', () => {
    const { lines } = story([DESTINATION, { kind: 'passed-on', name: 'www.example.org' }, closed({ kind: 'finished' }, 75, 1200)]);
    assert.deepEqual(lines, ['www.example.org (192.0.2.1:443): TLS of its own, not verified by us, 75 bytes sent, 1200 received']);
  });

  test('that failed: at once, and not again at the end', () => {
    const because = {
      kind: 'unreachable',
      attempts: [{ address: '192.0.2.1:443', call: 'connect', text: 'Connection refused', errno: 111 }],
      triedMs: 1,
    } as const;
    const reason = { kind: 'failed', code: 'upstream_refused', message: 's_connect', because, stack: undefined } as const;
    const { failures, lines } = story([DESTINATION, closed(reason, 0, 0)]);
    assert.deepEqual(failures, [
      'Connection failed: 127.0.0.1:1 -> 192.0.2.1:443, service [exec], stage relay, upstream_refused: no connection: ' +
        '192.0.2.1:443: connection refused. Nothing listens there: start it, or correct the port; --redial SECONDS waits for it.',
    ]);
    assert.deepEqual(lines, []);
  });

  test('that was left alone', () => {
    const { lines } = story([DESTINATION, closed({ kind: 'upstream-reset' }, 3, 4)], PLAIN_SERVICE);
    assert.deepEqual(lines, ['192.0.2.1:443: connected as it is, 3 bytes sent, 4 received, reset by the server']);
  });

  test('that speaks TLS itself', () => {
    const { lines } = story([DESTINATION, { kind: 'passed-on', name: 'www.example.org' }, closed({ kind: 'finished' }, 3, 4)]);
    assert.deepEqual(lines, ['www.example.org (192.0.2.1:443): TLS of its own, not verified by us, 3 bytes sent, 4 received']);
  });

  test('cannot be made to write to the terminal by its name', () => {
    const { lines } = story([
      DESTINATION,
      { kind: 'server-name', name: 'a\u001b[2Jb\nc', source: 'protocol', detail: 'rtmp' },
      closed({ kind: 'finished' }, 0, 0),
    ]);
    assert.equal(/[\u0000-\u001f]/.test(lines.join('')), false);
  });
});
