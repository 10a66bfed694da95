/** What is printed of the answers of a running process. */
// Tests: src/text/units.ts, src/cli/control/columns.ts, src/cli/control/status-screen.ts, src/cli/control/top-screen.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConnectionAnswer, Overview, StatusAnswer } from '../../../src/cli/control/answers.ts';
import { columns } from '../../../src/cli/control/columns.ts';
import { statusScreen } from '../../../src/cli/control/status-screen.ts';
import { firstShown, topQuery, topScreen } from '../../../src/cli/control/top-screen.ts';

const STATUS: StatusAnswer = {
  version: '1.0',
  pid: 7,
  source: '/etc/a.conf',
  uptimeSeconds: 3700,
  ready: true,
  reasons: [],
  workers: 2,
  fenced: 'nothing',
  open: 3,
  silent: 1,
  bytesPerSecond: 750_000,
  accepted: 5,
  failed: 1,
};

function connection(number: number, changes: Partial<ConnectionAnswer> = {}): ConnectionAnswer {
  return {
    connection: number,
    service: 'live',
    client: `192.0.2.1:${number}`,
    name: 'live.test',
    originalDestination: '',
    upstream: '198.51.100.1:443',
    seconds: 10,
    stage: 'relay',
    toTls: 1000,
    toPlain: 5,
    bytesPerSecond: 0,
    silent: false,
    silentSeconds: 0,
    ...changes,
  };
}

test('columns are as wide as what is in them, numbers to the right, and nothing moves the cursor', () => {
  assert.deepEqual(
    columns(
      ['A', ' N'],
      [
        ['long one', '5'],
        ['\u001b[2J', '10'],
      ],
    ),
    ['A          N', 'long one   5', '\\x1b[2J   10'],
  );
});

suite('status', () => {
  const overview: Overview = {
    status: STATUS,
    services: [
      {
        name: 'live',
        mode: 'client',
        addresses: ['127.0.0.1:1935'],
        drained: false,
        open: 3,
        silent: 1,
        bytesPerSecond: 750_000,
        accepted: 5,
        failed: 1,
      },
      { name: 'old', mode: 'server', addresses: [], drained: true, open: 0, silent: 0, bytesPerSecond: 0, accepted: 0, failed: 0 },
    ],
    problems: [
      {
        at: 'T',
        code: 'upstream_refused',
        service: 'live',
        client: '192.0.2.1:5',
        destination: 'a.test',
        text: 'no',
        remedy: 'Look there.',
      },
      { at: 'T', code: 'daemon_process', service: '', client: '', destination: '', text: 'gone', remedy: 'Report it.' },
    ],
    certificates: [
      { of: 'certificate', service: 'live', name: 'CN=a', daysLeft: 3 },
      { of: 'certificate', service: 'live', name: 'CN=b', daysLeft: 300 },
      { of: 'certificate', service: 'live', name: 'CN=c', daysLeft: -2 },
    ],
  };

  test('says services, what ends soon, and failures with what to do', () => {
    const text = statusScreen(overview);
    for (const line of [
      'Overcoat 1.0, process 7, for 1h 1m, /etc/a.conf',
      'Ready.',
      '3 open, 1 of them silent, 6.0 Mbit/s, 5 accepted, 1 failed, 2 worker(s)',
      'live     client  127.0.0.1:1935     3       1  6.0 Mbit/s         5       1',
      'old      server  drained            0       0     0 bit/s         0       0',
      '  certificate CN=a of [live]: 3 day(s) left',
      '  certificate CN=c of [live]: ended 2 day(s) ago',
      '  T upstream_refused [live] 192.0.2.1:5 to a.test',
      '  T daemon_process',
      '      Look there.',
    ])
      assert.ok(text.split('\n').includes(line), `${line}\n---\n${text}`);
    assert.ok(!text.includes('CN=b'));
  });

  test('says why it is not ready', () => {
    const text = statusScreen({ ...overview, status: { ...STATUS, ready: false, reasons: ['service [old] is drained'] } });
    assert.ok(text.includes('Not ready: service [old] is drained.\n'));
  });

  test('the status names what hosts of a gateway send in clear, with what to do', () => {
    const flow = {
      host: '192.168.1.20',
      transport: 'tcp',
      port: 1935,
      protocol: 'RTMP',
      bytes: 3_000_000,
      remedy: 'wrap it with --ports 1935',
    };
    const others = [
      { ...flow, port: 443, protocol: 'encrypted' },
      { ...flow, transport: 'udp', port: 7, protocol: 'other', remedy: '' },
    ];
    const text = statusScreen({ status: { ...STATUS, unwrapped: [flow, ...others] }, services: [], problems: [], certificates: [] });
    assert.match(
      text,
      /^Sent past Overcoat in clear:\n {2}192\.168\.1\.20 sent 3\.0 MB to port 1935 \(RTMP\); wrap it with --ports 1935\n {2}192\.168\.1\.20 sent 3\.0 MB to UDP port 7\n/m,
    );
    assert.doesNotMatch(text, /443/);
  });
});

suite('top', () => {
  const view = { sort: 'rate', inverted: false, selected: 0, help: false, notice: '', width: 104, height: 24, color: false } as const;
  const all = [
    connection(1, { bytesPerSecond: 5, seconds: 100 }),
    connection(2, { bytesPerSecond: 50, toTls: 1_000_000 }),
    connection(3, { bytesPerSecond: 0, silent: true, silentSeconds: 70 }),
  ];

  test('asks for the lines it has, sorted', () => {
    assert.equal(topQuery(view), 'sort=rate&order=desc&offset=0&limit=20');
    assert.equal(topQuery({ ...view, inverted: true }), 'sort=rate&order=asc&offset=0&limit=20');
    assert.equal(topQuery({ ...view, sort: 'age' }), 'sort=started&order=asc&offset=0&limit=20');
    assert.equal(topQuery({ ...view, sort: 'age', inverted: true }), 'sort=started&order=desc&offset=0&limit=20');
    assert.equal(topQuery({ ...view, sort: 'bytes', selected: 100, height: 6 }), 'sort=bytes&order=desc&offset=99&limit=2');
  });

  test('has what is selected in sight, and marks it', () => {
    const [height, selected] = [6, 2];
    const lines = topScreen(STATUS, all.slice(firstShown(selected, height)), { ...view, height, selected });
    assert.deepEqual(
      lines.slice(3, -1).map((line) => line.slice(0, 3)),
      ['  2', '> 3'],
    );
    assert.ok(topScreen(STATUS, all, { ...view, help: true }).some((line) => line.includes('end the selected connection')));
  });

  test('moves the cursor only where it means to', () => {
    const hostile = '\u001b[2J\u009b\u202e\n';
    const status = { ...STATUS, version: hostile, ready: false, reasons: [hostile], open: hostile as unknown as number };
    const lines = topScreen(status, [connection(1, { service: hostile, name: hostile, client: hostile, stage: hostile })], view);
    for (const line of lines) assert.match(line, /^[\x20-\x7e]*$/);
  });

  test('fits any terminal', () => {
    for (const [width, height] of [
      [100, 24],
      [20, 5],
      [1, 1],
    ] as const) {
      const lines = topScreen(
        STATUS,
        Array.from({ length: 5000 }, (_, index) => connection(index)),
        { ...view, width, height },
      );
      assert.ok(lines.length <= height && lines.every((line) => line.length <= width), `${width}x${height}`);
    }
  });

  test('marks what is silent, in colour only where that is wanted', () => {
    assert.ok(topScreen(STATUS, all, view).some((line) => line.includes('silent for 1m 10s')));
    assert.ok(topScreen(STATUS, all, view).every((line) => !line.includes('\u001b')));
    assert.ok(topScreen(STATUS, all, { ...view, color: true }).some((line) => line.startsWith('\u001b[33m  3')));
  });
});
