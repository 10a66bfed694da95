/** `exec`, `execArgs` and `pty`: a program in place of the upstream, one for every client. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { collect, ending, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';

/** A service whose program is a script of this test. */
async function start(t: TestContext, script: string, options: Options = {}, files: Readonly<Record<string, string>> = {}): Promise<Daemon> {
  const service = serverSection('run', { exec: '/bin/sh', execArgs: 'called-so @/script', ...options });
  return startDaemon(t, { config: service, files: { script, ...files } });
}

/** What the program of one connection says when its input has ended at once. */
async function answerOf(t: TestContext, daemon: Daemon, options: Parameters<typeof dialTls>[2] = {}): Promise<string> {
  const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost', ...options });
  client.end();
  return (await collect(client)).toString();
}

suite('exec', { concurrency: true }, () => {
  test('a program gets what the client sends and its end, and answers until it ends itself', async (t) => {
    const daemon = await startDaemon(t, { config: serverSection('run', { exec: '/bin/cat' }) });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    const back = receiveHash(client);
    const sent = await sendPattern(client, 5_000_000);
    client.end();
    assert.deepEqual(await back, { bytes: 5_000_000, sha256: sent });
    await daemon.line(/LOG6\[0\]: Local mode child started \(PID=\d+\)/);
    await daemon.line(/LOG6\[0\]: Child process \d+ finished with code 0/);
    await daemon.line('Connection closed: 5000000 byte(s) sent to TLS, 5000000 byte(s) sent to socket');
    await daemon.stop();
  });

  test('execArgs is the whole argv, the name the program sees first', async (t) => {
    const daemon = await start(t, 'tr "\\0" "|" < /proc/$$/cmdline', { execArgs: 'called-so @/script one  two' });
    assert.equal(await answerOf(t, daemon), `called-so|${daemon.folder}/script|one|two|`);
    await daemon.stop();
  });

  test('the program has its socket on descriptors 0 and 1 and nothing that is ours', async (t) => {
    const daemon = await start(t, 'exec ls -l /proc/self/fd');
    const open = (await answerOf(t, daemon)).split('\n').flatMap(
      (line) =>
        line
          .match(/ (\d+) -> (.*)$/)
          ?.slice(1, 3)
          .join(' ') ?? [],
    );
    assert.match(open[0] ?? '', /^0 socket:/);
    assert.equal(open[1], open[0]?.replace('0', '1'));
    const inherited = readdirSync('/proc/self/fd').map((fd) => readlink(`/proc/self/fd/${fd}`));
    const ours = open.filter((line) => Number.parseInt(line, 10) > 2 && !/ \/proc\/|\/script$/.test(line));
    assert.deepEqual(
      ours.filter((line) => !inherited.includes(line.slice(line.indexOf(' ') + 1))),
      [],
    );
    await daemon.stop();
  });

  test('the environment tells who the client is, and nothing that was inherited passes for it', async (t) => {
    const script =
      'echo "$REMOTE_HOST|$REMOTE_PORT|$SSL_CLIENT_DN|$SSL_CLIENT_I_DN"; env | grep -E "^(GIVEN|UNSET|LD_PRELOAD|NODE_COMPILE)"';
    const config =
      optionLines({ setEnv: ['GIVEN=by us', 'UNSET='] }) +
      serverSection('run', { exec: '/bin/sh', execArgs: 'sh @/script', CAfile: authority().certFile, verify: 1 });
    const env = { SSL_CLIENT_DN: 'CN=forged', REMOTE_HOST: '192.0.2.1', UNSET: 'still here' };
    const daemon = await startDaemon(t, { config, files: { script }, env });
    const { certificate: cert, key } = certificate('client');
    const named = await dialTls(t, await daemon.port('run'), { servername: 'localhost', cert, key });
    const { localPort } = named;
    named.end();
    const issuer = 'CN=Overcoat test authority main';
    assert.equal((await collect(named)).toString(), `127.0.0.1|${localPort}|CN=client|${issuer}\nGIVEN=by us\n`);
    assert.match(await answerOf(t, daemon), /^127\.0\.0\.1\|\d+\|\|\n/);
    await daemon.stop();
  });

  test('standard error goes to the peer, unless the log is there (foreground = yes)', async (t) => {
    const files = { script: 'echo out; echo err >&2' };
    const service = serverSection('run', { exec: '/bin/sh', execArgs: 'sh @/script' });
    const loud = await startDaemon(t, { config: service, files });
    assert.equal(await answerOf(t, loud), 'out\n');
    await loud.line(/^err$/);
    await loud.stop();
    const quiet = await startDaemon(t, {
      config: optionLines({ foreground: 'quiet', syslog: false, debug: 7, output: '/dev/stdout' }) + service,
      bare: true,
      files,
    });
    assert.equal(await answerOf(t, quiet), 'out\nerr\n');
    await quiet.stop();
  });

  test('a program that ends first ends the connection; one whose client was cut off reads its end', async (t) => {
    const daemon = await start(t, 'echo started; cat > /dev/null; echo over >&2; exit 7');
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    client.once('data', () => client.destroy());
    await daemon.line(/^over$/);
    await daemon.line(/LOG6\[0\]: Child process \d+ finished with code 7/);
    await daemon.stop();
    const brief = await start(t, 'echo bye; kill -9 $$');
    const second = await dialTls(t, await brief.port('run'), { servername: 'localhost' });
    assert.equal((await collect(second)).toString(), 'bye\n');
    second.end();
    await brief.line(/LOG6\[0\]: Child process \d+ terminated on SIGKILL/);
    await brief.stop();
  });

  test('a program that cannot be started is named with the reason, and the client is reset', async (t) => {
    const daemon = await startDaemon(t, {
      config: serverSection('absent', { exec: '/nowhere/at-all' }) + serverSection('forbidden', { exec: '@/script' }),
      files: { script: 'echo' },
    });
    for (const [service, line] of [
      ['absent', /LOG3\[0\]: exec \/nowhere\/at-all: No such file or directory \(2\)/],
      ['forbidden', /LOG3\[1\]: exec .*\/script: Permission denied \(13\)/],
    ] as const) {
      const client = await dialTls(t, await daemon.port(service), { servername: 'localhost' });
      assert.match(await ending(client), /^(closed|ECONNRESET)$/);
      await daemon.line(line);
    }
    await daemon.stop();
  });

  test('transparent has no meaning for a program and is refused', async (t) => {
    const { code, stderr } = await runDaemon(t, { config: serverSection('run', { exec: '/bin/cat', transparent: 'source' }) });
    assert.equal(code, 1);
    assert.match(stderr, /transparent.*REMOTE_HOST/);
  });
});

suite('exec as another user', { concurrency: true }, () => {
  test('the program has given up what the daemon gave up', { skip: requires({ root: true }) }, async (t) => {
    const config = optionLines({ setuid: 'nobody', setgid: 'nogroup' }) + serverSection('run', { exec: '/usr/bin/id' });
    const daemon = await startDaemon(t, { config });
    assert.match(await answerOf(t, daemon), /^uid=65534\(nobody\) gid=65534\(nogroup\) groups=65534\(nogroup\)$/m);
    await daemon.stop();
  });

  test('in a chroot the program is the one inside', { skip: requires({ root: true, linux: true, commands: ['ldd'] }) }, async (t) => {
    const config =
      optionLines({ chroot: '@/jail' }) + serverSection('run', { exec: '/bin/cat' }) + serverSection('absent', { exec: '/bin/sh' });
    const daemon = await startDaemon(t, { config, files: { 'jail/a': '' } });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    const script = 'for f in /bin/cat $(ldd /bin/cat | grep -o "/[^ ]*"); do mkdir -p "$0${f%/*}"; cp -L $f "$0$f"; done';
    execFileSync('/bin/sh', ['-c', script, `${daemon.folder}/jail`]);
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    client.end('inside');
    assert.equal((await collect(client)).toString(), 'inside');
    await ending(await dialTls(t, await daemon.port('absent'), { servername: 'localhost' }));
    await daemon.line(/LOG3\[1\]: exec \/bin\/sh: No such file or directory \(2\)/);
    await daemon.stop();
  });
});

test('ident is refused with the reason', async (t) => {
  const { code, stderr } = await runDaemon(t, { config: serverSection('run', { exec: '/bin/cat', ident: 'somebody' }) });
  assert.equal(code, 1);
  assert.match(stderr, /:\d+: ident: .*comes from the machine that is being checked/);
});

suite('pty', { concurrency: true }, () => {
  test('the program has a terminal of its own, which controls it', async (t) => {
    const daemon = await start(t, 'tty; ps -o tty= -p $$; echo "$0"; [ -t 0 ] && [ -t 1 ] && echo both', { pty: true });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    const [name = '', controlling = '', zero = '', both = ''] = (await collect(client)).toString().split('\r\n');
    assert.match(name, /^\/dev\/pts\/\d+$/);
    assert.equal(`/dev/${controlling.trim()}`, name);
    assert.equal(zero, `${daemon.folder}/script`);
    assert.equal(both, 'both');
    client.end();
    await daemon.stop();
  });

  test('^C typed by the client interrupts, and echo and line editing are the terminal’s', async (t) => {
    const daemon = await start(t, 'trap "echo interrupted; exit 3" INT; echo ready; while :; do sleep 0.1; done', { pty: true });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    client.once('data', () => client.write('typed\x03'));
    assert.match((await collect(client)).toString(), /^ready\r\n(typed)?\^C.*interrupted\r\n$/s);
    await daemon.line(/finished with code 3/);
    client.end();
    await daemon.stop();
  });

  test('the end of the client hangs the terminal up', async (t) => {
    const daemon = await start(t, 'trap "exit 5" HUP; echo ready; while :; do sleep 0.1; done', { pty: true });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    client.once('data', () => client.end());
    await collect(client);
    await daemon.line(/finished with code 5/);
    await daemon.line('Connection closed');
    await daemon.stop();
  });

  test('what the program wrote last arrives whole', async (t) => {
    const daemon = await start(t, 'stty -opost; i=0; while [ $i -lt 2000 ]; do echo "line $i of what is written"; i=$((i+1)); done', {
      pty: true,
    });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    const lines = (await collect(client)).toString().trimEnd().split('\n');
    assert.equal(lines.length, 2000);
    assert.equal(lines.at(-1), 'line 1999 of what is written');
    client.end();
    await daemon.stop();
  });

  test('a program that cannot be started is told apart from one that ends', async (t) => {
    const daemon = await startDaemon(t, { config: serverSection('run', { exec: '/nowhere/at-all', pty: true }) });
    const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
    await ending(client);
    await daemon.line(/LOG3\[0\]: exec \/nowhere\/at-all: No such file or directory \(2\)/);
    await daemon.stop();
  });
});

/** A descriptor may be gone by the time it is looked at: that of the listing itself always is. */
function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
