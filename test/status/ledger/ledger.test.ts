/** What is made of events: counts, open connections, failures, records, and that nothing secret is among them. */
// Tests: src/status/ledger/ledger.ts, src/status/ledger/looks.ts, src/status/ledger/count-event.ts, src/status/ledger/open-connection.ts, src/status/ledger/problems.ts
// Tests: src/status/ledger/certificates.ts, src/status/metrics/metrics.ts, src/status/views.ts, src/status/connection-view.ts, src/status/fresh-look.ts, src/status/ledger/redact.ts
// Tests: src/status/metrics/exposition.ts, src/status/ledger/handshake-view.ts, src/status/samples.ts, src/status/records.ts, src/status/schemas.ts, src/status/routes.ts, src/status/control.ts, src/observe/followed.ts
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { ErrorCode } from '../../../src/errors.ts';
import { ERROR_CATALOGUE } from '../../../src/errors.ts';
import type { CloseReason, ConnectionEvent, EventContext, EventOf, OvercoatEvent } from '../../../src/observe/events.ts';
import { isFollowed } from '../../../src/observe/followed.ts';
import { wantedBy } from '../../../src/observe/observers.ts';
import type { Control } from '../../../src/status/control.ts';
import { NoAnswer } from '../../../src/status/control.ts';
import type { Ending } from '../../../src/status/ledger/ledger.ts';
import { Ledger } from '../../../src/status/ledger/ledger.ts';
import type { LiveConnection } from '../../../src/status/ledger/live-connection.ts';
import type { OpenConnection } from '../../../src/status/ledger/open-connection.ts';
import { eventJson, withoutPaths } from '../../../src/status/ledger/redact.ts';
import { exposition } from '../../../src/status/metrics/exposition.ts';
import { METRICS } from '../../../src/status/metrics/metrics.ts';
import { recordOf } from '../../../src/status/records.ts';
import { samplesOf } from '../../../src/status/samples.ts';
import { Views } from '../../../src/status/views.ts';
import { printable } from '../../../src/text/printable.ts';
import { ROOT } from '../../support/overcoat/daemon.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { runProgram } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { assertRecord, assertSchema } from '../../support/schemas.ts';

const DAY_MS = 86_400_000;
const SERVICE = serviceConfig();
const NO_CHANGES = { added: [], removed: [], changed: [], renewed: [] } as const;

/** One ledger whose clock stands still until it is moved, fed with the events of connections. */
class World {
  now = 1_800_000_000_000;
  readonly ledger = new Ledger(DAY_MS, () => this.now);
  live: LiveConnection[] = [];
  readonly ended: [OpenConnection, Ending][] = [];
  readonly control: Control = {
    state: () => ({
      version: '1.0',
      openssl: '3',
      node: '26',
      pid: 1,
      source: undefined,
      startedAt: this.now,
      draining: false,
      services: [{ name: 'svc', mode: 'client', addresses: ['127.0.0.1:1'], drained: false, listens: true, silentMs: 10_000 }],
      connectionLimit: 100,
      workers: 1,
      fenced: 'nothing',
      logLevel: undefined,
    }),
    connections: async () => this.live,
    vitals: async () => [{ process: 'main', pid: 1, memoryBytes: 1, descriptors: 2, cpuSeconds: 3, delaySeconds: 0 }],
    end: async () => false,
    drain: async () => ({ ok: true }),
    resume: async () => ({ ok: true }),
    reload: async () => ({ ok: true, added: [], removed: [], changed: [] }),
    upgrade: async () => ({ ok: true, version: '', pid: 0, connections: 0 }),
    setLogLevel: () => ({ ok: true }),
  };
  readonly views = new Views(this.ledger, this.control);

  constructor() {
    this.ledger.onEnded((connection, ending) => this.ended.push([connection, ending]));
  }

  tell(connection: number | undefined, ...events: readonly OvercoatEvent[]): void {
    const context: EventContext = {
      id: String(connection ?? 'main'),
      service: SERVICE,
      ...(connection === undefined ? {} : { connection }),
    };
    for (const event of events) this.ledger.observe(event, context, this.now);
  }

  /** What `look` is told. */
  relayed(connection: number, toTls: number, toPlain: number): void {
    this.live = [{ connection, id: String(connection), service: 'svc', toTls, toPlain, ms: 1, stage: 'relay' }];
  }

  look(silentMs: number | null = 10_000): void {
    this.ledger.look(this.live, this.now, () => silentMs ?? undefined);
  }

  value(text: string, series: string): number | undefined {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  }

  async metric(series: string): Promise<number | undefined> {
    return this.value((await exposition(await samplesOf(this.views), undefined)).body, series);
  }
}

const OPENED: readonly ConnectionEvent[] = [
  { kind: 'started' },
  { kind: 'accepted', client: '192.0.2.9:4000' },
  { kind: 'original-destination', address: '198.51.100.1:1935', by: 'netfilter' },
  { kind: 'server-name', name: 'live.example.org', source: 'protocol', detail: 'rtmp' },
  { kind: 'upstream-connected', address: '198.51.100.1:443', local: '192.0.2.1:5', kept: false, ms: 20 },
  { kind: 'certificate-shown', subject: 'CN=live', issuer: 'CN=ca', sha256: '00ff', expires: 1_900_000_000_000 },
  {
    kind: 'handshake-finished',
    facts: {
      role: 'client',
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      opensslCipher: 'TLS_AES_128_GCM_SHA256',
      bits: 128,
      group: 'X25519MLKEM768',
      groupBits: 0,
      resumed: false,
    },
    requested: '',
    verified: 'chain and name',
    ms: 40,
  },
];

function closed(reason: CloseReason, toTls = 0, toPlain = 0): ConnectionEvent {
  const parties = { client: '192.0.2.9:4000', name: 'live.example.org', address: '198.51.100.1:443' };
  return {
    kind: 'closed',
    ending: { client: 'close', upstream: 'close' },
    reason,
    parties,
    stage: 'relay',
    endedBy: 'client',
    toTls,
    toPlain,
    ms: 100,
    stageMs: { relay: 99 },
    firstByteMs: 3,
  };
}

function failed(message: string, code: ErrorCode = 'handshake_verification'): ConnectionEvent {
  return {
    ...closed({ kind: 'failed', code, message, because: { kind: 'told' }, stack: undefined }),
    stage: 'handshake',
  } as ConnectionEvent;
}

suite('a connection', () => {
  test('is open with all that is known of it, and no longer once it has closed', async () => {
    const world = new World();
    world.tell(7, ...OPENED);
    world.relayed(7, 30, 4);
    const page = (await world.views.connections({ offset: 0, limit: 10 })) as { readonly connections: readonly Record<string, unknown>[] };
    assertSchema('Connections', page);
    const [only] = page.connections;
    assert.deepEqual(
      [only?.['name'], only?.['client'], only?.['upstream'], only?.['peerSha256'], only?.['toTls'], only?.['stage']],
      ['live.example.org', '192.0.2.9:4000', '198.51.100.1:443', '00ff', 30, 'relay'],
    );
    assertSchema('Connection', await world.views.connection(7));
    assertSchema('Status', await world.views.status());
    assertSchema('Services', await world.views.services());
    assertSchema('Certificates', world.views.certificates());
    world.tell(7, closed({ kind: 'finished' }, 40, 4));
    assert.equal(world.ledger.open.size, 0);
    assert.equal(await world.metric('overcoat_relayed_bytes_total{service="svc",to="tls"}'), 40);
    assert.equal(await world.metric('overcoat_connections_closed_total{service="svc",reason="finished",stage="relay"}'), 1);
    assert.equal(await world.metric('overcoat_handshake_seconds_bucket{service="svc",le="0.05"}'), 1);
    assert.equal(await world.metric('overcoat_handshake_seconds_bucket{service="svc",le="0.025"}'), 0);
  });

  test('whose worker died is lost, and what it had relayed stays counted', () => {
    const world = new World();
    world.tell(1, ...OPENED);
    world.relayed(1, 1000, 50);
    world.look();
    world.now += 1000;
    world.tell(2, ...OPENED); // begins while the list is asked for
    world.live = [];
    assert.deepEqual(
      world.ledger.look([], world.now, () => undefined).map(({ connection }) => connection),
      [1],
    );
    assert.deepEqual([...world.ledger.open.keys()], [2]);
    assert.equal(world.ledger.counts.total('overcoat_relayed_bytes_total', { to: 'tls' }), 1000);
    assert.equal(world.ledger.counts.total('overcoat_connections_closed_total', { reason: 'lost' }), 1);
    assert.deepEqual(
      world.ended.map(([, { kind }]) => kind),
      ['lost'],
    );
  });

  test('that is lost before anybody has looked at it is lost where it is known to have been', () => {
    const world = new World();
    const beforeTls = OPENED.filter(({ kind }) => kind !== 'certificate-shown' && kind !== 'handshake-finished');
    world.tell(1, ...OPENED);
    world.tell(2, ...beforeTls);
    world.tell(3, ...beforeTls, { kind: 'passed-on', name: '' }, ...beforeTls.slice(-1));
    world.now += 1000;
    world.look();
    const { counts } = world.ledger;
    assert.equal(counts.total('overcoat_connections_closed_total', { reason: 'lost', stage: 'relay' }), 2);
    assert.equal(counts.total('overcoat_connections_closed_total', { reason: 'lost', stage: 'dial' }), 1);
    assert.deepEqual(
      world.ended.map(([{ connection, stage }]) => [connection, stage]),
      [
        [1, 'relay'],
        [2, 'dial'],
        [3, 'relay'],
      ],
    );
  });

  test('that carries nothing any more is silent, and a problem each time', async () => {
    const world = new World();
    world.tell(1, ...OPENED);
    world.relayed(1, 1000, 0);
    world.look();
    world.now += 9000;
    world.look();
    assert.equal(silent(world), 0);
    world.now += 1000;
    world.look();
    world.now += 1000;
    world.look();
    assert.equal(silent(world), 1);
    assert.deepEqual(
      world.ledger.problems.map(({ code, client, destination, text }) => [code, client, destination, text]),
      [['silent_connection', '192.0.2.9:4000', 'live.example.org (198.51.100.1:443)', 'connected, and nothing has moved for 10 seconds']],
    );
    world.relayed(1, 1001, 0);
    world.look();
    assert.equal(silent(world), 0);
    world.now += 20_000;
    world.look();
    assert.equal(world.ledger.problems.length, 2);
    assert.equal(world.ledger.counts.total('overcoat_silences_total', { service: 'svc' }), 2);
  });

  test('is never silent where the service says so, and not before it relays', () => {
    const world = new World();
    world.tell(1, ...OPENED);
    world.live = [{ connection: 1, id: '1', service: 'svc', toTls: 0, toPlain: 0, ms: 1, stage: 'handshake' }];
    world.now += 60_000;
    world.look();
    world.relayed(1, 0, 0);
    world.look();
    assert.equal(silent(world), 0, 'the relay begins now');
    world.now += 60_000;
    world.look(null);
    assert.equal(silent(world), 0);
    world.look();
    assert.equal(silent(world), 1);
  });

  test('among many that are silent leaves the failures where they are', () => {
    const world = new World();
    world.tell(1, ...OPENED, failed('no', 'handshake_timeout'));
    world.live = Array.from({ length: 80 }, (_, connection) => {
      world.tell(connection + 2, ...OPENED);
      return { connection: connection + 2, id: '1', service: 'svc', toTls: 0, toPlain: 0, ms: 1, stage: 'relay' } as const;
    });
    world.look();
    world.now += 10_000;
    world.look();
    const codes = world.ledger.problems.map(({ code }) => code);
    assert.equal(codes.filter((code) => code === 'silent_connection').length, 50);
    assert.ok(codes.includes('handshake_timeout'));
  });

  test('has the name of its configuration from the start, and of a learnt one what was learnt', () => {
    const ledger = new Ledger(DAY_MS);
    const names = (): readonly unknown[] => [...ledger.open.values()].map(({ name, nameSource }) => [name, nameSource]);
    const fixed = serviceConfig({ service: { serverName: { kind: 'fixed', name: 'live.example.org' } } });
    ledger.observe({ kind: 'started' }, { id: '1', connection: 1, service: fixed });
    const auto = { id: '2', connection: 2, service: serviceConfig({ service: { serverName: { kind: 'auto' } } }) };
    ledger.observe({ kind: 'started' }, auto);
    assert.deepEqual(names(), [
      ['live.example.org', 'config'],
      ['', 'none'],
    ]);
    ledger.observe({ kind: 'server-name', name: 'said.example.org', source: 'protocol', detail: 'rtmp' }, auto);
    assert.deepEqual(names()[1], ['said.example.org', 'protocol']);
  });

  test('of a server has the name that its client asked for, whatever bytes that is made of', async () => {
    const world = new World();
    const context = { id: '1', connection: 1, service: serviceConfig({ service: { mode: 'server' } }) };
    const names = (): readonly unknown[] => [...world.ledger.open.values()].map(({ name, nameSource }) => [name, nameSource]);
    const handshake = OPENED.find(({ kind }) => kind === 'handshake-finished') as EventOf<'handshake-finished'>;
    world.ledger.observe({ kind: 'started' }, context);
    world.ledger.observe({ ...handshake, requested: '' }, context);
    assert.deepEqual(names(), [['', 'none']]);
    world.ledger.observe({ kind: 'server-name-requested', name: 'a\u0000.test', service: undefined }, context);
    assert.deepEqual(names(), [[printable('a\u0000.test'), 'client']]);
    world.ledger.observe({ ...handshake, requested: 'b.test' }, context);
    assert.deepEqual(names(), [['b.test', 'client']]);
    assert.equal(await world.metric('overcoat_server_names_total{service="svc",source="client"}'), 1);
  });

  test('whose peer shows what another one has shown keeps it among the newest', () => {
    const world = new World();
    const shown = (sha256: string): ConnectionEvent => ({
      kind: 'certificate-shown',
      subject: 'CN=a',
      issuer: 'CN=ca',
      sha256,
      expires: 0,
    });
    for (const [connection, sha256] of ['aa', 'aa', 'bb', 'bb', 'aa'].entries()) {
      world.now += 1000;
      world.tell(connection, { kind: 'started' }, shown(sha256));
    }
    const began = world.now - 5000;
    assert.deepEqual(
      world.ledger.peerCertificates.map(({ sha256, lastSeen }) => [sha256, lastSeen - began]),
      [
        ['bb', 4000],
        ['aa', 5000],
      ],
    );
  });

  test('does not fall silent because the clock is set, nor grows younger', () => {
    for (const jump of [DAY_MS, -DAY_MS]) {
      let [wall, steady] = [1_800_000_000_000, 0];
      const ledger = new Ledger(
        DAY_MS,
        () => wall,
        () => steady,
      );
      const context = { id: '1', connection: 1, service: SERVICE };
      for (const event of OPENED) ledger.observe(event, context, wall);
      const live: LiveConnection = { connection: 1, id: '1', service: 'svc', toTls: 0, toPlain: 0, ms: 1, stage: 'relay' };
      ledger.look([live], wall, () => 10_000);
      wall += 5000 + jump;
      steady += 5000;
      ledger.look([{ ...live, toTls: 1000 }], wall, () => 10_000);
      const [known] = ledger.open.values();
      assert.deepEqual([known?.silent, known?.bytesPerSecond, wall - (known?.startedAt ?? 0)], [false, 200, 5000]);
      steady += 10_000;
      wall += 10_000;
      ledger.look([{ ...live, toTls: 1000 }], wall, () => 10_000);
      assert.equal(known?.silent, true);
      assert.equal(ledger.look([], wall, () => undefined).length, 1, 'nobody runs it any more');
    }
  });

  test('is silent also where a reload has taken its service away', async () => {
    const world = new World();
    let services = world.control.state().services;
    const views = new Views(world.ledger, { ...world.control, state: () => ({ ...world.control.state(), services }) });
    world.tell(1, ...OPENED);
    world.relayed(1, 1000, 0);
    await views.look(true);
    services = [];
    for (const seconds of [5, 5]) {
      world.now += seconds * 1000;
      await views.look(true);
    }
    assert.equal(silent(world), 1);
  });

  function silent(world: World): number {
    return [...world.ledger.open.values()].filter((each) => each.silent).length;
  }
});

suite('a look', () => {
  /** Views whose control says how often it was asked, and does not answer the first `failures` times. */
  const asked = (failures = 0) => {
    const world = new World();
    const counted = { looks: 0 };
    const connections = async () => {
      counted.looks += 1;
      if (counted.looks <= failures) throw new NoAnswer('no');
      return world.live;
    };
    return { counted, world, views: new Views(world.ledger, { ...world.control, connections }) };
  };

  test('is as old as it is, whatever is done to the clock of the wall', async (t) => {
    let clock = 100;
    t.mock.method(performance, 'now', () => clock);
    t.mock.timers.enable({ apis: ['Date'], now: 2 * DAY_MS });
    const { counted, views } = asked();
    await views.look();
    assert.equal(counted.looks, 1, 'the first one also in the first moments of a process');
    await views.look();
    assert.equal(counted.looks, 1, 'many readers cost no more than one');
    t.mock.timers.setTime(DAY_MS);
    clock += 500;
    await views.look();
    assert.equal(counted.looks, 2);
  });

  test('that must be had is tried again until somebody answers', async () => {
    const { counted, world, views } = asked(2);
    world.now = 1000;
    world.tell(1, ...OPENED);
    await Promise.all([views.look().catch(() => undefined), views.lookSurely()]);
    assert.equal(counted.looks, 3);
    assert.equal(world.ledger.open.size, 0);
    assert.deepEqual(
      world.ended.map(([, { kind }]) => kind),
      ['lost'],
    );
  });
});

suite('failures', () => {
  test('have their code, who, where and remedy, newest first', () => {
    const world = new World();
    world.tell(1, ...OPENED.slice(0, 5), failed('SSL_connect: first'));
    world.tell(2, { kind: 'started' }, failed('SSL_connect: second', 'handshake_timeout'));
    const page = world.views.problems() as { readonly problems: readonly Record<string, unknown>[] };
    assertSchema('Problems', page);
    const [second, first] = page.problems;
    assert.equal(second?.['code'], 'handshake_timeout');
    assert.equal(first?.['client'], '192.0.2.9:4000');
    assert.equal(first?.['destination'], 'live.example.org (198.51.100.1:443)');
    assert.equal(first?.['remedy'], ERROR_CATALOGUE.handshake_verification.hint);
  });

  test('are kept in a bounded number, and whom they concern for a bounded time', () => {
    const world = new World();
    for (let number = 0; number < 300; number += 1) world.tell(number, ...OPENED, failed(String(number)));
    assert.equal(world.ledger.problems.length, 200);
    assert.equal(world.ledger.problems[0]?.text, '299.');
    world.now += DAY_MS + 1;
    assert.ok(world.ledger.problems.every(({ client }) => client === ''));
  });

  test('of a loop are counted as one', () => {
    const world = new World();
    world.tell(1, { kind: 'started' }, failed('loop', 'destination_loop'));
    assert.equal(world.ledger.counts.total('overcoat_loops_total', { service: 'svc' }), 1);
  });
});

suite('a fault of the machine', () => {
  const FAULTS: readonly [OvercoatEvent, ErrorCode, string][] = [
    [
      { kind: 'worker-ended', worker: 2, why: 'signal SIGSEGV', outOfMemory: false, stack: undefined, connectionsLost: 0, waitMs: 0 },
      'daemon_process',
      'Worker 2 ended: signal SIGSEGV; 0 connection(s) lost',
    ],
    [
      {
        kind: 'worker-ended',
        worker: 'service',
        why: 'signal SIGKILL, no memory',
        outOfMemory: true,
        stack: undefined,
        connectionsLost: 0,
        waitMs: 0,
      },
      'daemon_memory',
      'The service process ended: signal SIGKILL, no memory',
    ],
    [
      { kind: 'reader-lost', left: 0 },
      'daemon_reader',
      'Renewed files are not seen any more until a restart: no process is left that may read them',
    ],
    [{ kind: 'no-spare-worker', why: 'no' }, 'daemon_process', 'No spare worker can be made: no'],
    [
      { kind: 'process-refused', pid: 7 },
      'daemon_intruder',
      'Process 7 of this Overcoat, which the network reaches, asked for orders at the control socket and was refused: was it taken over?',
    ],
    [
      { kind: 'programs-exceeded', worker: 1, most: 7 },
      'daemon_programs',
      'Worker 1 asks for more programs than its connections need: no more than 7 run at once, and what comes too fast waits',
    ],
    [{ kind: 'defect', text: 'no', stack: undefined }, 'internal', 'INTERNAL ERROR: no'],
    [
      { kind: 'accept-failed', text: 'Too many open files', errno: 24, again: false },
      'daemon_descriptors',
      'accept: Too many open files (24)',
    ],
    [{ kind: 'too-many-clients', limit: 7 }, 'daemon_clients', 'Connection rejected: too many clients (>=7)'],
    [{ kind: 'log-lines-lost', count: 1, sink: 'syslog', why: 'no' }, 'daemon_log', '1 log line(s) for syslog lost: no'],
    [{ kind: 'records-lost', count: 1, sink: 'syslog', why: 'no' }, 'daemon_log', '1 record(s) could not be written to syslog: no'],
    [{ kind: 'log-reopen-failed', text: 'no' }, 'daemon_log', 'no'],
    [{ kind: 'dns-trouble', text: 'no' }, 'daemon_names', 'no'],
    [{ kind: 'interception-lost', what: 'rules' }, 'gateway_removed', 'The interception rules were lost (nft ended); putting them back'],
    [{ kind: 'interception-not-restored', what: 'guard', text: 'no' }, 'gateway_rules', 'no'],
  ];
  for (const [event, code, text] of FAULTS)
    test(`is one problem with a remedy: ${text}`, () => {
      const world = new World();
      for (let count = 0; count < 3; count += 1) {
        world.now += 1000;
        world.tell(undefined, event);
      }
      const { problems } = world.ledger;
      assert.deepEqual(
        problems.map((problem) => [problem.at, problem.code, problem.text, problem.remedy]),
        [[world.now, code, text, ERROR_CATALOGUE[code].hint]],
      );
    });

  test('is one where two events tell of it', () => {
    const world = new World();
    const end = { why: 'signal SIGKILL', outOfMemory: false, stack: undefined, connectionsLost: 0, waitMs: 0 } as const;
    world.tell(undefined, { kind: 'worker-ended', worker: 'reader', ...end });
    world.tell(undefined, { kind: 'reader-lost', left: 1 });
    assert.equal(world.ledger.problems.length, 1);
  });
});

suite('secrets', () => {
  const SECRETS = ['streamkey', 'token=abc'];
  const text = 'cannot go to rtmp://host.test/app/streamkey?token=abc now, nor "https://b.test?token=abc"';

  test('behind the host of a URL are not shown', () => {
    assert.equal(withoutPaths(text), 'cannot go to rtmp://host.test/*** now, nor "https://b.test/***"');
    assert.equal(withoutPaths('http://a.test http://b.test/'), 'http://a.test http://b.test/***');
    assert.equal(withoutPaths('to //host.test/app/key, or //host.test'), 'to //host.test/*** or //host.test');
    for (const plain of ['', '://', '//', '?', 'who? me', 'no url', 'a://', '127.0.0.1:443', '/etc/a.conf', 'a@b.test'])
      assert.equal(withoutPaths(plain), plain);
  });

  test('before the host of a URL are not shown', () => {
    assert.equal(withoutPaths('rtmp://me:secret@host.test:1935/app and //me:se@cret@b.test'), 'rtmp://host.test:1935/*** and //b.test');
  });

  test('behind a question mark are not shown, with or without a host', () => {
    assert.equal(withoutPaths('GET /app/key?token=abc HTTP/1.1'), 'GET /app/key?*** HTTP/1.1');
    assert.equal(withoutPaths('a?b?c "d?e" f?'), 'a?*** "d?***" f?');
  });

  test('are in no problem, whatever it is about, and it is one bounded line', () => {
    const world = new World();
    world.tell(1, { kind: 'started' }, failed(text));
    world.tell(undefined, { kind: 'reload-failed', code: undefined, problems: [text, '\u001b[2J\u009b\u202e\n'], usable: false });
    world.tell(undefined, { kind: 'service-flawed', code: 'config_invalid_value', option: 'connect', text });
    world.tell(2, { kind: 'started' }, failed('x'.repeat(100_000)));
    assert.equal(world.ledger.problems.length, 4);
    for (const { text: shown } of world.ledger.problems) {
      for (const secret of SECRETS) assert.ok(!shown.includes(secret), shown);
      assert.ok(shown.length <= 1024);
      assert.match(shown, /^[\x20-\x7e]*$/);
    }
  });

  test('are in no record, problem or event', () => {
    const world = new World();
    const events: OvercoatEvent[] = [...OPENED, failed(text), { kind: 'rtmp-rewritten', tcUrl: 'rtmp://host.test/app/streamkey' }];
    world.tell(1, ...events);
    const [[connection, ending] = []] = world.ended;
    assert.ok(connection !== undefined && ending !== undefined);
    const told = [world.views.problems(), recordOf(connection, ending)].map((each) => JSON.stringify(each));
    const shown = [...told, ...events.map((event) => eventJson({}, event))].join('\n');
    for (const secret of SECRETS) assert.ok(!shown.includes(secret), secret);
  });

  test('or not, no text of a peer is kept or told longer than a line', () => {
    const world = new World();
    const shown = { kind: 'certificate-shown', subject: 'x'.repeat(90_000), issuer: 'y'.repeat(90_000), sha256: '00', expires: 0 } as const;
    world.tell(1, ...OPENED.slice(0, 2), shown);
    assert.ok(JSON.stringify(world.views.certificates()).length < 2000);
    assert.ok(eventJson({}, shown).length < 4000);
  });

  test('as JSON are the same in short and in long: no stack, whatever else there is', () => {
    const [long, stack] = ['x'.repeat(5000), 'Error: at secret.ts'];
    assert.equal(eventJson({ id: 'main' }, { kind: 'defect', text: 'oops', stack }), '{"id":"main","kind":"defect","text":"oops"}');
    assert.ok(!eventJson({}, { kind: 'defect', text: long, stack }).includes('secret'));
    const plain: ConnectionEvent = { kind: 'alert', direction: 'received', peer: 'upstream', number: 42, name: '"quoted" \\ \u00e9' };
    assert.deepEqual(JSON.parse(eventJson({ id: '1' }, plain)), { id: '1', ...plain });
  });

  test('of a long hostile text cost no more than its length', () => {
    const hostile = 'a://'.repeat(250_000);
    assert.ok(withoutPaths(hostile).length <= hostile.length);
  });
});

suite('a record', () => {
  for (const [what, reason] of [
    ['of a good end', { kind: 'finished' }],
    ['of a failure', { kind: 'failed', code: 'upstream_refused', message: 'no', because: { kind: 'told' }, stack: undefined }],
    ['of an order', { kind: 'ordered' }],
  ] as const)
    test(`${what} is what its schema says`, () => {
      const world = new World();
      world.tell(1, ...OPENED, closed(reason, 5, 6));
      const [[connection, ending] = []] = world.ended;
      assert.ok(connection !== undefined && ending !== undefined);
      const record = recordOf(connection, ending) as Record<string, unknown>;
      assertRecord(record);
      assert.deepEqual([record['reason'], record['toTls'], record['seconds']], [reason.kind, 5, 0.1]);
      assertRecord(recordOf(connection, undefined));
      assertRecord(recordOf(connection, { kind: 'lost', ms: 5 }));
    });
});

test('handshakes are told by version and group, with how long they took', () => {
  const world = new World();
  world.tell(1, ...OPENED, { kind: 'alert', direction: 'received', peer: 'upstream', name: 'unknown_ca' } as never);
  world.tell(2, ...OPENED, failed('no', 'handshake_failed'));
  const view = world.views.handshakes();
  assertSchema('Handshakes', view);
  assert.deepEqual(view, {
    handshakes: [
      { service: 'svc', role: 'client', version: 'TLSv1.3', group: 'X25519MLKEM768', postQuantum: true, resumed: false, count: 2 },
    ],
    alerts: [{ service: 'svc', direction: 'received', peer: 'upstream', alert: 'unknown_ca', count: 1 }],
    failures: [{ service: 'svc', code: 'handshake_failed', count: 1 }],
    times: [
      { service: 'svc', of: 'handshake', count: 2, half: 0.05, most: 0.05 },
      { service: 'svc', of: 'dial', count: 2, half: 0.025, most: 0.025 },
    ],
  });
});

test('a step of the history is taken from what was relayed', async () => {
  const world = new World();
  world.tell(1, ...OPENED);
  world.relayed(1, 1000, 10);
  await world.views.step();
  const history = world.views.history(0);
  assertSchema('History', history);
  assert.deepEqual(history.services, [{ name: 'svc', toTls: [0], toPlain: [0] }]);
});

test('every source of a name has a place in the schemas', () => {
  for (const source of ['config', 'map', 'protocol', 'dns', 'hosts', 'address', 'none'] as const) {
    const world = new World();
    world.tell(1, ...OPENED, { kind: 'server-name', name: 'a.test', source, detail: '' }, closed({ kind: 'finished' }));
    const [[connection, ending] = []] = world.ended;
    assert.ok(connection !== undefined);
    assertRecord(recordOf(connection, ending));
  }
});

suite('readiness', () => {
  test('ends with a certificate of ours that has expired', () => {
    const world = new World();
    assert.deepEqual(world.views.readiness(), { ready: true, reasons: [] });
    world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name: 'CN=a', expires: 1000 });
    assert.deepEqual(world.views.readiness().reasons, ['the certificate CN=a of service [svc] has expired']);
    world.tell(undefined, { kind: 'configuration-reading', source: 'x' }); // a reload says again which there are
    assert.equal(world.views.readiness().ready, false, 'the old configuration is still in force');
    world.tell(undefined, { kind: 'reloaded', ms: 1, changes: NO_CHANGES });
    assert.equal(world.views.readiness().ready, true);
  });

  test('knows the certificates in force, whatever a reload that failed has read', () => {
    const world = new World();
    const names = () => world.ledger.expiries.map(({ name }) => name);
    world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name: 'CN=a', expires: 1000 });
    for (const read of [[], ['CN=b']]) {
      world.tell(undefined, { kind: 'configuration-reading', source: 'x' });
      for (const name of read) world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name, expires: 2000 });
      assert.deepEqual(names(), ['CN=a']);
      world.tell(undefined, { kind: 'reload-failed', code: undefined, problems: ['no'], usable: false });
      assert.deepEqual(names(), ['CN=a']);
    }
    world.tell(undefined, { kind: 'configuration-reading', source: 'x' });
    world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name: 'CN=c', expires: 3000 });
    world.tell(undefined, { kind: 'reloaded', ms: 1, changes: NO_CHANGES });
    assert.deepEqual(names(), ['CN=c']);
  });

  test('takes renewed files as they are told, and keeps those of files that were refused', async () => {
    const world = new World();
    const names = () => world.ledger.expiries.map(({ name }) => name);
    world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name: 'CN=a', expires: 1000 });
    world.tell(undefined, { kind: 'files-refused', code: 'config_key_material', text: 'the key does not fit' });
    assert.deepEqual(names(), ['CN=a']);
    assert.deepEqual(
      world.ledger.problems.map(({ code, service }) => [code, service]),
      [['config_key_material', SERVICE.name]],
    );
    world.tell(undefined, { kind: 'files-renewed', services: [SERVICE.name], renewed: [], files: ['/cert'] });
    world.tell(undefined, { kind: 'expiry-known', of: 'authority', name: 'CN=b', expires: 2000 });
    assert.deepEqual(names(), ['CN=b']);
    assert.equal(world.views.readiness().ready, true, 'an authority is no certificate of ours');
    for (const result of ['refused', 'taken']) {
      assert.equal(await world.metric(`overcoat_renewals_total{service="${SERVICE.name}",result="${result}"}`), 1);
    }
  });
});

suite('metrics', () => {
  test('are read by promtool, in both formats', { skip: requires({ packages: ['prometheus'] }) }, async () => {
    const world = new World();
    world.tell(1, ...OPENED);
    world.tell(2, { kind: 'started' }, failed('x'));
    world.tell(3, { kind: 'alert', direction: 'received', peer: 'client', number: 48, name: 'unknown_ca' });
    world.tell(undefined, { kind: 'expiry-known', of: 'certificate', name: 'CN="a"\\b\n', expires: 1000 });
    const { body } = await exposition(await samplesOf(world.views), undefined);
    const { code, stdout, stderr } = await runProgram(['promtool', 'check', 'metrics'], { input: body });
    assert.deepEqual([code, `${stdout}${stderr}`], [0, '']);
    const open = await exposition(await samplesOf(world.views), 'application/openmetrics-text; version=1.0.0');
    assert.match(open.type, /^application\/openmetrics-text/);
    assert.ok(open.body.endsWith('# EOF\n'));
    assert.ok(open.body.includes('# TYPE overcoat_connections_accepted counter\n'));
  });

  test('are all in the page, and the page has no other', async () => {
    const world = new World();
    const { body } = await exposition(await samplesOf(world.views), undefined);
    const named = body.split('\n').flatMap((line) => (line.startsWith('# TYPE ') ? [line.split(' ')[2]] : []));
    assert.deepEqual(named, Object.keys(METRICS));
  });

  test('tell of the connections of a service that a reload has taken away, for as long as they are open', async () => {
    const world = new World();
    world.tell(1, ...OPENED);
    const control = { ...world.control, state: () => ({ ...world.control.state(), services: [] }) };
    const active = async () =>
      world.value(
        (await exposition(await samplesOf(new Views(world.ledger, control)), undefined)).body,
        'overcoat_connections_active{service="svc"}',
      );
    assert.equal(await active(), 1);
    world.tell(1, closed({ kind: 'finished' }));
    assert.equal(await active(), undefined);
  });

  test('are there at 0 before anything was counted, where an alert or the dashboard looks for an increase', async () => {
    const { body } = await exposition(await samplesOf(new World().views), undefined);
    const examples = ['prometheus/overcoat.rules.yml', 'grafana/overcoat.json'].map((path) =>
      readFileSync(join(ROOT, 'examples', path), 'utf8'),
    );
    const wanted = examples.flatMap((text) => [...text.matchAll(/increase\((\w+)/g)].map(([, name = '']) => name));
    assert.ok(wanted.length > 5);
    for (const name of wanted.filter((each) => each !== 'overcoat_alerts_total'))
      assert.match(body, new RegExp(`^${name}(\\{.*\\})? 0$`, 'm'), name);
    for (const limit of ['descriptors', 'clientsPerAddress', 'handshakesPerSecond'])
      assert.ok(body.includes(`overcoat_clients_turned_away_total{service="svc",limit="${limit}"} 0\n`), limit);
    const world = new World();
    world.tell(undefined, { kind: 'turned-away', limit: 'clientsPerAddress' });
    assert.equal(await world.metric(`overcoat_clients_turned_away_total{service="svc",limit="clientsPerAddress"}`), 1);
    assert.equal(await world.metric(`overcoat_clients_turned_away_total{service="svc",limit="descriptors"}`), 0);
  });

  test('are wanted as events only of the kinds that are followed', () => {
    const world = new World();
    for (const kind of ['handshake-finished', 'certificate-shown', 'closed'] as const)
      assert.equal(wantedBy(world.ledger.observe, kind, { id: '', service: undefined }), true);
    assert.equal(wantedBy(world.ledger.observe, 'ocsp', { id: '', service: undefined }), false);
    assert.equal(isFollowed('rtmp-rewritten'), false);
  });
});
