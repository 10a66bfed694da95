/**
 * A start that cannot succeed: `overcoat` says in one clear line what is wrong and what to do, `overcoat-stunnel` says it in stunnel's
 * words; both end with 1, leave nothing behind and never show a stack.
 */
// Tests: src/daemon/start.ts, src/daemon/process/preflight.ts
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { listen } from '../support/net/tcp.ts';
import { clientSection, optionLines, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { DaemonOptions } from '../support/overcoat/daemon.ts';
import { runDaemon, runOvercoat } from '../support/overcoat/daemon.ts';
import type { Finished, Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const SERVICE = clientSection('svc', { connect: 1 });

/** An ordinary user. */
const nobody: Place = {
  name: 'nobody',
  enter: (argv) => ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv],
  otherUser: true,
};
const NOBODY = 65_534;
const asNobody = requires({ root: true, linux: true, commands: ['setpriv'] });

interface Case {
  readonly what: string;
  readonly config: string;
  /** The one line of `overcoat`. */
  readonly says: RegExp;
  /** Lines that `overcoat-stunnel` prints last, with their marks. */
  readonly stunnel: readonly RegExp[];
  readonly options?: Partial<DaemonOptions>;
  readonly skip?: string | false;
}

const keys = certificate('server');
const others = certificate('client');

const CASES: readonly Case[] = [
  {
    what: 'an option that does not exist',
    config: SERVICE + optionLines({ nonsense: 1 }),
    says: /^overcoat: .*overcoat\.conf:8: nonsense: /,
    stunnel: [/^\[!\] .*overcoat\.conf:8: "nonsense = 1": Specified option name is not valid here$/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a value that makes no sense',
    config: SERVICE + optionLines({ TIMEOUTidle: 'soon' }),
    says: /^overcoat: .*overcoat\.conf:8: TIMEOUTidle: /,
    stunnel: [/^\[!\] .*overcoat\.conf:8: "TIMEOUTidle = soon": /, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a service without a target',
    config: clientSection('svc', {}),
    says: /^overcoat: .*overcoat\.conf:4: .*connect/,
    stunnel: [/^\[!\] Service \[svc\]: Each service must define two endpoints$/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a server without a certificate',
    config: serverSection('svc', { connect: 1, cert: undefined }),
    says: /certificate/,
    stunnel: [/^\[!\] Service \[svc\]: .*certificate/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a certificate file that is missing',
    config: serverSection('svc', { connect: 1, cert: '@/none.pem' }),
    says: /svc.*none\.pem.*no such file/i,
    stunnel: [/^\[!\] Service \[svc\]: .*none\.pem/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a key that belongs to another certificate',
    config: serverSection('svc', { connect: 1, cert: keys.certFile, key: others.keyFile }),
    says: /svc.*key.*does not match/,
    stunnel: [/^\[!\] Service \[svc\]: .*does not match/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a trust file that is missing',
    config: clientSection('svc', { connect: 1, ...verified(), CAfile: '@/none.crt' }),
    says: /svc.*none\.crt/,
    stunnel: [/^\[!\] Service \[svc\]: .*none\.crt/, /^\[!\] Configuration failed$/],
  },
  {
    what: 'a name to listen on that has no address',
    config: clientSection('svc', { accept: 'nowhere.invalid:1234', connect: 1 }),
    says: /^overcoat: Service \[svc\] cannot listen on nowhere\.invalid:1234: /,
    stunnel: [/^\[\.\] Binding service \[svc\] to nowhere\.invalid:1234: /, /^\[!\] Binding service \[svc\] failed$/],
  },
  {
    what: 'an address of another machine',
    config: clientSection('svc', { accept: '192.0.2.1:1234', connect: 1 }),
    says: /^overcoat: Service \[svc\] cannot listen on 192\.0\.2\.1:1234: Cannot assign requested address \(99\); no interface of this machine has that address$/,
    stunnel: [
      /^\[\.\] Binding service \[svc\] to 192\.0\.2\.1:1234: Cannot assign requested address \(99\)$/,
      /^\[!\] Binding service \[svc\] failed$/,
    ],
  },
  {
    what: 'a folder where its Unix socket would be',
    config: clientSection('svc', { accept: tmpdir(), connect: 1 }),
    says: /^overcoat: Service \[svc\] cannot listen on .*: Is a directory \(21\); a Unix socket is a file of its own: name one in that folder/,
    stunnel: [/^\[\.\] Binding service \[svc\] to .*: Is a directory \(21\)$/, /^\[!\] Binding service \[svc\] failed$/],
  },
  {
    what: 'a name in `local` that has no address',
    config: clientSection('svc', { connect: 1, local: 'nowhere.invalid' }),
    says: /^overcoat: Service \[svc\]: local = nowhere\.invalid: Failed to resolve local address: .*; write an address of this machine/,
    stunnel: [/^\[!\] Service \[svc\]: local = nowhere\.invalid: Failed to resolve local address: /],
  },
  {
    what: 'a log file in a folder that does not exist',
    config: optionLines({ output: '@/none/log' }) + SERVICE,
    says: /^overcoat: Cannot open log file: .*none\/log: No such file or directory \(2\); check the path, and who may write there/,
    stunnel: [/^\[!\] Cannot open log file: .*none\/log: No such file or directory \(2\)/],
  },
  {
    what: 'a pid file in a folder that does not exist',
    config: optionLines({ pid: '@/none/pid' }) + SERVICE,
    says: /^overcoat: Cannot create pid file .*none\/pid: No such file or directory \(2\); check `pid`/,
    stunnel: [/^\[!\] Cannot create pid file .*none\/pid: No such file or directory \(2\)/],
  },
  {
    what: 'a folder for chroot that does not exist',
    config: optionLines({ chroot: '@/none' }) + SERVICE,
    says: /^overcoat: chroot .*none: No such file or directory \(2\); chroot needs root/,
    stunnel: [/^\[!\] chroot .*none: No such file or directory \(2\)/],
    skip: requires({ root: true, linux: true }),
  },
  {
    what: 'a port below 1024 for an ordinary user',
    config: clientSection('svc', { accept: 443, connect: 1 }),
    says: /^overcoat: Service \[svc\] cannot listen on 127\.0\.0\.1:443: Permission denied \(13\); ports below 1024 need root or CAP_NET_BIND_SERVICE/,
    stunnel: [/^\[\.\] Binding service \[svc\] to 127\.0\.0\.1:443: Permission denied \(13\)$/, /^\[!\] Binding service \[svc\] failed$/],
    options: { place: nobody },
    skip: asNobody || lowPortsAreFree(),
  },
  {
    what: 'another user for an ordinary user',
    config: optionLines({ setuid: 1 }) + SERVICE,
    says: /^overcoat: set(groups|uid 1): Operation not permitted \(1\); start as root, or remove "setuid" and "setgid"$/,
    stunnel: [/^\[!\] set(groups|uid 1): Operation not permitted \(1\)/],
    options: { place: nobody },
    skip: asNobody,
  },
  {
    what: 'an environment that switches verification off',
    config: SERVICE,
    says: /^overcoat: NODE_TLS_REJECT_UNAUTHORIZED=0 is set: .*unset it/,
    stunnel: [/^\[!\] NODE_TLS_REJECT_UNAUTHORIZED=0 is set: /],
    options: { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  },
];

function lowPortsAreFree(): string | false {
  const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  const first = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 1024;
  return first <= 443 ? 'this machine lets everybody bind port 443' : false;
}

function assertRefused({ code, signal, stdout, stderr }: Finished): string[] {
  assert.equal(signal ?? code, 1, `exit code\n${stderr}`);
  assert.equal(stdout, '');
  assert.doesNotMatch(stderr, /^\s+at |node:internal|INTERNAL/m);
  return stderr.split('\n').slice(0, -1);
}

/** The problem lines of the configuration have no prefix, all others begin with the program's name. */
async function overcoatSays(t: TestContext, { config, says, options }: Case): Promise<void> {
  const lines = assertRefused(await runDaemon(t, { config, ...options }));
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', says);
}

async function stunnelSays(t: TestContext, { config, stunnel, options }: Case): Promise<void> {
  const lines = assertRefused(await runDaemon(t, { config, launcher: 'overcoat-stunnel', ...options }));
  for (const line of lines) assert.match(line, /^\[[!:. *]\] /);
  for (const [index, wanted] of stunnel.entries()) assert.match(lines.at(index - stunnel.length) ?? '', wanted, lines.join('\n'));
}

suite('a start that fails', { concurrency: 2 }, () => {
  for (const each of CASES) {
    test(`overcoat: ${each.what}`, { skip: each.skip ?? false }, (t) => overcoatSays(t, each));
    test(`overcoat-stunnel: ${each.what}`, { skip: each.skip ?? false }, (t) => stunnelSays(t, each));
  }

  test('overcoat-stunnel stops at the first error: it warns of nothing behind it', async (t) => {
    const config = clientSection('s', { connect: 1, nonsense: 1 }) + clientSection('t', { accept: '2', connect: '1' });
    const { stderr } = await runDaemon(t, { config, launcher: 'overcoat-stunnel' });
    assert.deepEqual(
      stderr
        .split('\n')
        .filter((line) => /^\[[!:]\]/.test(line))
        .map((line) => line.replace(/^(\S+) \S+:8/, '$1 FILE:8')),
      ['[!] FILE:8: "nonsense = 1": Specified option name is not valid here', '[!] Configuration failed'],
    );
  });

  test('because another program has the port', async (t) => {
    const { port } = await listen(t);
    const config = clientSection('svc', { accept: port, connect: 1 });
    const says = new RegExp(
      `^overcoat: Service \\[svc\\] cannot listen on 127\\.0\\.0\\.1:${port}: Address already in use \\(98\\); another program`,
    );
    await overcoatSays(t, { what: '', config, says, stunnel: [] });
    const stunnel = [
      new RegExp(`^\\[\\.\\] Binding service \\[svc\\] to 127\\.0\\.0\\.1:${port}: Address already in use \\(98\\)$`),
      /^\[!\] Binding service \[svc\] failed$/,
    ];
    await stunnelSays(t, { what: '', config, says, stunnel });
  });

  test('because another program has the Unix socket, which stays in place', async (t) => {
    const path = join(tempFolder(t), 'socket');
    const holder = createServer().listen(path);
    t.after(() => void holder.close());
    await overcoatSays(t, {
      what: '',
      config: clientSection('svc', { accept: path, connect: 1 }),
      says: /cannot listen on .*socket: Address already in use \(98\)/,
      stunnel: [],
    });
    assert.ok(existsSync(path));
  });

  test('because a folder is where the control socket would be', async (t) => {
    const config = optionLines({ control: tmpdir() }) + SERVICE;
    await overcoatSays(t, {
      what: '',
      config,
      says: /^overcoat: No control socket at .*: Is a directory; see who may write there, or name another path/,
      stunnel: [],
    });
  });

  test('because the folder of the control socket is not there', async (t) => {
    const config = optionLines({ control: '@/none/control.sock' }) + SERVICE;
    await overcoatSays(t, {
      what: '',
      config,
      says: /^overcoat: No control socket at .*none\/control\.sock: No such file or directory; see who may write there, or name another path/,
      stunnel: [],
    });
  });

  test('as the command of an ordinary user: with the remedy, and not with the fence', { skip: asNobody }, async (t) => {
    const cert = join(tempFolder(t), 'server.pem');
    writeFileSync(cert, '', { mode: 0o600 });
    const env = { XDG_RUNTIME_DIR: '/proc' };
    const unread = await runOvercoat(['server', '127.0.0.1:0', '127.0.0.1:1', '--cert', cert], env, nobody);
    assert.match(
      assertRefused(unread).join('\n'),
      /^overcoat: --cert \S+server\.pem: Permission denied; let user nobody \(uid 65534\) read it/,
    );
  });

  test('starts all the same when one of several addresses can be bound', async (t) => {
    const { port } = await listen(t);
    const lines = assertRefused(
      await runDaemon(t, {
        config: optionLines({ pid: '@/none/pid' }) + clientSection('svc', { accept: [0, port], connect: 1 }),
      }),
    );
    assert.match(lines[0] ?? '', /Cannot create pid file/, 'the busy port was not what stopped it');
  });

  test('names everything that is wrong at once', async (t) => {
    const lines = assertRefused(
      await runDaemon(t, { config: SERVICE + optionLines({ first: 1, second: 2 }) + section('other', { accept: 1, third: 3 }) }),
    );
    assert.ok(lines.length >= 3, lines.join('\n'));
    for (const option of ['first', 'second', 'third'])
      assert.ok(
        lines.some((line) => line.includes(`${option}: `)),
        option,
      );
  });

  test('with --strict, of what is served with a warning otherwise', async (t) => {
    const config = serverSection('svc', { connect: 1, cert: certificate('expired').bothFile });
    const [line = '', ...rest] = assertRefused(await runDaemon(t, { config, args: ['--strict'] })).slice(-1);
    assert.deepEqual(rest, []);
    assert.match(line, /^overcoat: Service \[svc\]: cert: .*: the certificate expired on 2021-01-01; /);
  });

  test('as the command of an ordinary user: by the folder of certificates and the key log that he named, and not by the fence', {
    skip: asNobody,
  }, async (t) => {
    const folder = tempFolder(t);
    const serving = ['server', '127.0.0.1:0', '127.0.0.1:1'];
    const { certFile, keyFile } = certificate('server');
    const own = tempFolder(t);
    const mine = [join(own, 'cert.pem'), join(own, 'key.pem')] as const;
    for (const [from, to] of [
      [certFile, mine[0]],
      [keyFile, mine[1]],
    ] as const) {
      copyFileSync(from, to);
      chownSync(to, NOBODY, NOBODY);
    }
    chmodSync(own, 0o755);
    const directory = 'https://127.0.0.1:1/directory';
    const acme = ['--acme', 'a.test', '--acme-agree', '--acme-directory', directory, '--acme-store', folder];
    const unmade = await runOvercoat([...serving, ...acme], {}, nobody);
    assert.match(unmade.stderr, new RegExp(`^overcoat: --acme-store: ${folder}/\\S+: Permission denied; make it, or name one this user`));
    chmodSync(folder, 0o700);
    const unread = await runOvercoat([...serving, ...acme], {}, nobody);
    assert.match(
      unread.stderr,
      new RegExp(`^overcoat: --acme-store ${folder}: .+: Permission denied; let user nobody .+; or name another folder\\n$`),
    );
    const keyLog = await runOvercoat([...serving, '--cert', mine[0], '--key', mine[1], '--keylog', join(own, 'k')], {}, nobody);
    assert.match(keyLog.stderr, new RegExp(`^overcoat: --keylog ${own}/k: Permission denied; name a file .+\n$`));
    assert.deepEqual([unmade.code, unread.code, keyLog.code], [1, 1, 1]);
  });

  test('because the configuration is not there', async () => {
    const lines = assertRefused(await runOvercoat(['run', '/nonexistent/overcoat.conf']));
    assert.deepEqual(lines, [
      'overcoat: /nonexistent/overcoat.conf: the configuration cannot be read: No such file or directory (2); check the name, and the folders before it',
    ]);
  });

  test('because the configuration may not be read', { skip: asNobody }, async (t) => {
    const config = join(tempFolder(t), 'overcoat.conf');
    writeFileSync(config, SERVICE);
    chmodSync(config, 0o600);
    await overcoatSays(t, {
      what: '',
      config: SERVICE + optionLines({ include: join(config, '..') }),
      says: /^overcoat: .*overcoat\.conf:8: the directory .*overcoat\.conf: Permission denied/,
      stunnel: [],
      options: { place: nobody },
    });
  });

  test('of a command, because the name of the target has no address', async () => {
    const lines = assertRefused(await runOvercoat(['client', '127.0.0.1:0', 'nowhere.invalid:443']));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(
      lines[0] ?? '',
      /^overcoat: Cannot resolve nowhere\.invalid: .*; check the spelling and the name servers of this machine$/,
    );
  });

  test('of a command, because nobody can be reached at port 0', async () => {
    for (const command of [
      ['client', '127.0.0.1:0', 'example.org:0'],
      ['server', '127.0.0.1:0', '0', '--cert', certificate('server').certFile],
    ]) {
      const { code, stderr } = await runOvercoat(command);
      assert.equal(code, 2);
      assert.match(stderr, /CONNECT: nobody can be reached at port 0; write the port of the server/);
    }
  });

  test('of a command, because its files are missing', async () => {
    const [line = '', ...rest] = assertRefused(await runOvercoat(['server', '127.0.0.1:0', '1', '--cert', '/nonexistent/cert.pem']));
    assert.deepEqual(rest, []);
    assert.match(line, /^overcoat: .*\/nonexistent\/cert\.pem.*no such file/i);
  });
});
