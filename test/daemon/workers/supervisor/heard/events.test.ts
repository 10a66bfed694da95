/** What a worker that was taken over may tell of: its own connections, what happens in workers, and nothing that an observer trips over later. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ConnectionOwners, HeardEvents } from '../../../../../src/daemon/workers/supervisor/heard/events.ts';

const SERVICE = { name: 'svc', mode: 'client', origin: 'file', logLevel: 5, serverName: { kind: 'none' } };
const CLOSED = {
  kind: 'closed',
  reason: { kind: 'finished' },
  parties: { client: '', name: '', address: '' },
  stage: 'relay',
  endedBy: 'client',
  ending: { client: 'close', upstream: 'close' },
  toTls: 1,
  toPlain: 1,
  ms: 1,
  stageMs: {},
  firstByteMs: undefined,
};

const about = (event: object, connection: number | undefined = 1): object => ({
  event,
  context: { id: '1', connection, service: SERVICE },
  at: 1,
});
const worker = (owners = new ConnectionOwners()): HeardEvents => new HeardEvents(owners, new Set(['svc']));
const kinds = (heard: HeardEvents, said: unknown): readonly string[] => [...heard.checked(said)].map(({ event }) => event.kind);

suite('events of a process that may have been taken over', () => {
  test('its own are told on', () => {
    const said = [
      about({ kind: 'started' }),
      about({ kind: 'accepted', client: '192.0.2.1:5' }),
      about(CLOSED),
      about({ kind: 'finished', left: 0 }),
    ];
    assert.deepEqual(kinds(worker(), said), ['started', 'accepted', 'closed', 'finished']);
  });

  test('a date of a certificate that nobody can read is no lie', () => {
    const because = { kind: 'certificate', of: 'client', depth: 0, subject: 'CN=a', fault: 'expired', at: Number.NaN };
    const said = [
      about({ ...CLOSED, reason: { kind: 'failed', code: 'handshake_verification', message: '', because } }),
      about({ kind: 'certificate-shown', subject: '', issuer: '', sha256: '', expires: Number.NaN }),
    ];
    assert.deepEqual(kinds(worker(), said), ['closed', 'certificate-shown']);
  });

  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 1;
  const circle: { of?: unknown } = {};
  circle.of = circle;
  for (const [what, said] of [
    ['no list', {}],
    ['an endless list', endless],
    ['no record', [7]],
    ['no event', [{ context: { id: '' }, at: 1 }]],
    ['an event of the supervisor', [about({ kind: 'reloaded', ms: 1, changes: {} })]],
    ['a reading that never ends', [about({ kind: 'configuration-reading', source: '' }, undefined)]],
    ['the end of another process', [about({ kind: 'worker-ended', worker: 2 }, undefined)]],
    ['bytes that are no number', [about({ ...CLOSED, toTls: Number.NaN })]],
    ['an end of no kind', [about({ ...CLOSED, ending: { client: 'close', upstream: { kind: 'reset' } } })]],
    ['no ends at all', [about({ ...CLOSED, ending: undefined })]],
    ['an age that is none', [about({ ...CLOSED, ms: Number.POSITIVE_INFINITY })]],
    ['a date without end', [about({ kind: 'certificate-shown', subject: '', issuer: '', sha256: '', expires: Number.POSITIVE_INFINITY })]],
    ['an error nobody knows', [about({ ...CLOSED, reason: { kind: 'failed', code: '__proto__', message: '', because: {} } })]],
    ['a handshake without facts', [about({ kind: 'handshake-finished', verified: '', ms: 1 })]],
    ['a label without end', [about({ kind: 'alert', direction: 'sent', peer: 'client', number: 1, name: 'x'.repeat(300) })]],
    ['a text without end', [about({ kind: 'accepted', client: 'x'.repeat(200_000) })]],
    ['an endless list in one', [about({ kind: 'server-name-differs', name: '', lookedUp: endless })]],
    ['a circle', [about({ kind: 'sni-sent', name: circle })]],
    ['no plain data', [about({ kind: 'sni-sent', name: new Map() })]],
    ['no time', [{ ...about({ kind: 'started' }), at: Number.NaN }]],
    ['half a connection', [about({ kind: 'started' }, 0.5)]],
    ['a service nobody has', [{ event: { kind: 'started' }, context: { id: '1', service: { ...SERVICE, name: 'other' } }, at: 1 }]],
  ] as const)
    test(`refused: ${what}`, () => assert.throws(() => kinds(worker(), said), TypeError));

  test('of the connection of another nothing is told on, until that has ended', () => {
    const owners = new ConnectionOwners();
    const [one, other] = [worker(owners), worker(owners)];
    assert.deepEqual(kinds(one, [about({ kind: 'started' })]), ['started']);
    assert.deepEqual(kinds(other, [about({ kind: 'started' }), about({ kind: 'accepted', client: '' }), about(CLOSED)]), []);
    assert.equal(other.mayTellOf(1), false);
    assert.deepEqual(kinds(one, [about(CLOSED)]), ['closed']);
    assert.equal(other.mayTellOf(1), true);
  });

  test('what was its own is nobody’s when it has ended', () => {
    const owners = new ConnectionOwners();
    const [one, other] = [worker(owners), worker(owners)];
    kinds(one, [about({ kind: 'started' })]);
    one.forget();
    assert.deepEqual(kinds(other, [about({ kind: 'started' })]), ['started']);
  });
});
