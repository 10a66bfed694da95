/**
 * The log beside Debian's stunnel for the same files: the lines both have, at the same level and in the same order. What only one of
 * them says is left out, and so is what is a number of its own (process ids, descriptors, ports).
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { closedPort, dial, echoServer, readExactly, startDial } from '../support/net/tcp.ts';
import { clientSection, optionLines, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { runStunnel } from '../support/peers/stunnel4.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const { bothFile } = certificate('server');
const CA = authority().certFile;
const SERVING = 'Accepting new connections';

/** `LEVEL[ID]: text` without what differs from run to run; of a connection only whether it is the first, the second, ... */
function comparable(line: string): string {
  return line
    .replace(/^.*? LOG(\d)\[/, '$1[')
    .replace(/ \(FD=\d+\)/, '')
    .replace(/PID=\d+/, 'PID')
    .replace(/process \d+/, 'process PID')
    .replace(/from 127\.0\.0\.1:\d+/, 'from ADDRESS')
    .replace(/Running {2}with/, 'Running with')
    .replace(/^(\d\[ui\]: )(stunnel|Overcoat|Running with OpenSSL) .*/, '$1$2');
}

interface Compared {
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

/** Those lines of each that the other has too, in their own order. */
function common({ theirs, ours }: Compared): Compared {
  return { theirs: theirs.filter((line) => ours.includes(line)), ours: ours.filter((line) => theirs.includes(line)) };
}

/** The lines of one connection, or of `ui`. */
function ofThread(lines: readonly string[], id: string): readonly string[] {
  return lines.map(comparable).filter((line) => line.slice(1).startsWith(`[${id}]`));
}

/** Runs the same file under both. @param use what is done with it while it serves; resolves when the lines are there */
async function runBoth(
  t: TestContext,
  level: number,
  sections: (ports: Ports) => string,
  use: (ports: Ports, saw: (text: RegExp) => Promise<unknown>) => Promise<void> = async () => undefined,
): Promise<Compared> {
  const text = (ports: Ports): string => optionLines({ foreground: true, syslog: false, debug: level, pid: '' }) + sections(ports);
  const theirPorts: Ports = [await closedPort(), await closedPort()];
  const stunnel = runStunnel(text(theirPorts), { directory: tempFolder(t) });
  t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
  const ready = level >= 6 ? SERVING : 'Configuration successful';
  await stunnel.saw(new RegExp(ready));
  await use(theirPorts, (line) => stunnel.saw(line));
  await stunnel.stop('SIGTERM');
  const ourPorts: Ports = [await closedPort(), await closedPort()];
  const daemon = await startDaemon(t, { bare: true, launcher: 'overcoat-stunnel', config: text(ourPorts) });
  await daemon.line(ready);
  await use(ourPorts, (line) => daemon.line(line));
  await daemon.stop({ holding: true });
  return { theirs: stunnel.output.split('\n'), ours: daemon.lines };
}

/** Two ports for the services of a file. */
type Ports = readonly [number, number];

const FILES: readonly (readonly [name: string, sections: (ports: Ports) => string])[] = [
  ['a server', ([port]) => serverSection('srv', { accept: port, connect: 1, cert: bothFile })],
  ['a client without verification', ([port]) => clientSection('cli', { accept: port, connect: 1 })],
  [
    'several services with warnings each',
    ([port, other]) =>
      clientSection('cli', { accept: port, connect: 1 }) +
      clientSection('chain', { accept: other, connect: 1, verifyChain: true, CAfile: CA }) +
      section('run', { client: true, exec: '/bin/cat', connect: 1 }),
  ],
];

suite('the log beside stunnel', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  for (const level of [5, 6]) {
    for (const [name, sections] of FILES) {
      test(`level ${level}, start-up of ${name}`, async (t) => {
        const { theirs, ours } = await runBoth(t, level, sections);
        const startUp = (lines: readonly string[]): string[] =>
          ofThread(lines, 'ui')
            .filter((line) => !/Terminat|threads/.test(line))
            .map((line) => line.replace(/127\.0\.0\.1:\d+$/, 'HERE').replace(/file \S+$/, 'file'));
        const compared = common({ theirs: startUp(theirs), ours: startUp(ours) });
        assert.deepEqual(compared.ours, compared.theirs);
        const expected = ['5[ui]: Configuration successful', ...(level === 6 ? [`6[ui]: ${SERVING}`] : [])];
        assert.deepEqual(
          expected.filter((line) => !compared.ours.includes(line)),
          [],
        );
        if (name !== 'a server')
          assert.ok(
            compared.ours.some((line) => line.startsWith('4[ui]: Service [')),
            'the warnings too',
          );
      });
    }
  }

  test('level 7, a connection of either mode from its first line to its last', async (t) => {
    const echo = await echoServer(t);
    const sections = ([server, client]: Ports): string =>
      serverSection('srv', { accept: server, connect: echo.port, cert: bothFile }) +
      clientSection('cli', { accept: client, connect: server, ...verified(), sni: 'localhost' });
    const { theirs, ours } = await runBoth(t, 7, sections, async ([, port], saw) => {
      const socket = await dial(t, port);
      socket.write('hello');
      await readExactly(socket, 5);
      socket.end();
      await saw(/Service \[cli\] finished/);
      await saw(/Service \[srv\] finished/);
    });
    const fixed = (lines: readonly string[]): string[] =>
      lines.map((line) => line.replace(/127\.0\.0\.1:\d+/, 'ADDRESS').replace(/, 253 bits|\(\d left\)/, ''));
    for (const [id, needed] of [
      ['0', ['7[0]: Service [cli] started', '6[0]: SNI: sending servername: localhost', '6[0]: Peer certificate required']],
      ['1', ['7[1]: Service [srv] started', '6[1]: Peer certificate not required', '6[1]: persistence: ADDRESS cached']],
    ] as const) {
      const compared = common({ theirs: fixed(ofThread(theirs, id)), ours: fixed(ofThread(ours, id)) });
      assert.deepEqual(compared.ours, compared.theirs);
      assert.deepEqual(
        needed.filter((line) => !compared.ours.includes(line)),
        [],
      );
      assert.match(compared.ours.at(-1) ?? '', /finished $/);
    }
  });

  for (const reset of [true, false]) {
    test(`level 5, a refused connection with reset = ${reset ? 'yes' : 'no'}`, async (t) => {
      const nobody = await closedPort();
      const { theirs, ours } = await runBoth(
        t,
        5,
        ([port]) => clientSection('cli', { accept: port, connect: nobody, reset }),
        async ([port], saw) => {
          startDial(t, port);
          await saw(/byte\(s\) sent to TLS/);
        },
      );
      const closed = `5[0]: Connection ${reset ? 'reset' : 'closed'}: 0 byte(s) sent to TLS, 0 byte(s) sent to socket`;
      for (const lines of [theirs, ours]) assert.ok(ofThread(lines, '0').includes(closed), lines.join('\n'));
    });
  }

  test('level 7, a program as the client: started before "Accepting", its connection after', async (t) => {
    const sections = (): string => section('run', { client: true, exec: '/bin/echo', execArgs: 'echo hello', connect: 1 });
    const { theirs, ours } = await runBoth(t, 7, sections, async (_, saw) => void (await saw(/Service \[run\] finished/)));
    const wanted = (lines: readonly string[]): string[] =>
      lines
        .map(comparable)
        .filter(
          (line) => /exec\+connect service|Accepting new|\] started|child started|\] finished/.test(line) && !line.includes('Skipped'),
        );
    // The connection is a thread of its own there, so its first lines may come before "Accepting" too.
    for (const [id, count] of [
      ['ui', 2],
      ['0', 3],
    ] as const) {
      const of = (lines: readonly string[]): string[] => wanted(lines).filter((line) => line.slice(1).startsWith(`[${id}]`));
      assert.deepEqual(of(ours), of(theirs));
      assert.equal(of(ours).length, count);
    }
    assert.match(wanted(ours)[2] ?? '', /Service \[run\] started/);
  });
});
