/** The archive of `overcoat support`, made of a running daemon that has every kind of secret. */
// Tests: src/cli/commands/support.ts, src/cli/tables/support.ts, src/cli/support/report.ts, src/cli/support/machine-text.ts
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { certificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { ROOT } from '../../support/overcoat/checkout.ts';
import { outputOf, Program, runProgram } from '../../support/program.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const LAUNCHER = join(ROOT, 'bin/overcoat');

suite('overcoat support', () => {
  test('makes no report about a file that is not there', async (t) => {
    const save = join(tempFolder(t), 'report.tar.gz');
    const { code, stdout, stderr } = await runProgram([LAUNCHER, 'support', '/no/such.conf', '--yes', '--save', save]);
    assert.deepEqual([code, stdout, existsSync(save)], [1, '', false]);
    assert.match(stderr, /^overcoat: \/no\/such\.conf: the configuration cannot be read: No such file or directory \(2\); check the name/);
  });

  test('has what helps, and no secret', async (t) => {
    const folder = tempFolder(t);
    const { certFile, keyFile } = certificate('server');
    const secrets = [
      'Pr0xyPassword',
      'Misspelt0ne',
      'aComment0',
      'ident1:PreShared0KeyPreShared0Key',
      'Tern4ryArgument',
      '0123456789abcdef'.repeat(4),
      'VariableV4lue',
      'Bearer0fAHeader',
      'StreamKey0fAUrl',
      'Pässwörter0',
      'In"Qu\\otes0',
    ];
    const [password, misspelt, comment, psk = '', argument, ticket, variable, header, streamKey, foreign, marked] = secrets;
    const { psks } = writeFiles(folder, { psks: `${psk}\n` });
    const log = join(folder, 'log');
    const { conf } = writeFiles(folder, {
      conf: `; ${comment}
foreground = yes
debug = 7
output = ${log}
pid = ${join(folder, 'pid')}
setEnv = PGPASSWORD=${variable}
[proxied]
client = yes
accept = 127.0.0.1:0
connect = 127.0.0.1:1
protocol = connect
protocolHost = example.org:443
protocolUsername = joe
protocolPassword = ${password}
protocolHeader = Proxy-Authorization: Basic ${header}
[streams]
client = yes
accept = 127.0.0.1:0
connect = 127.0.0.1:1
rtmpRewrite = rtmp://a.example/live/${streamKey}
[foreign]
client = yes
accept = 127.0.0.1:0
connect = 127.0.0.1:1
protocol = connect
protocolHost = example.org:443
protocolUsername = joe
protocolPassword = ${foreign}
[marked]
client = yes
accept = 127.0.0.1:0
connect = 127.0.0.1:1
protocol = connect
protocolHost = example.org:443
protocolUsername = joe
protocolPassword = ${marked}
[wrapped]
accept = 127.0.0.1:0
connect = 127.0.0.1:1
cert = ${certFile}
key = ${keyFile}
ticketKeySecret = ${ticket}
ticketMacSecret = ${ticket}
PSKsecrets = ${psks}
[run]
accept = 127.0.0.1:0
cert = ${certFile}
key = ${keyFile}
exec = /bin/cat
execArgs = cat ${argument}
`,
    });
    const daemon = new Program([LAUNCHER, 'run', conf]);
    t.after(() => daemon.kill('SIGKILL'));
    await eventually('the start', () => existsSync(log) && readFileSync(log, 'utf8').includes('Configuration successful'));
    const logged = readFileSync(log, 'utf8').split('\n')[0] ?? '';
    // A log may quote what a program said, and somebody may have mistyped an option since the start.
    const quoted = [password, misspelt, ticket, variable, `Basic ${header}`, streamKey, foreign, marked].join(', ');
    const inJson = JSON.stringify(quoted);
    appendFileSync(log, `a program said ${quoted}, ${readFileSync(keyFile, 'utf8')}\n{"text":${inJson}}\n`);
    appendFileSync(conf, `protocolPasword = ${misspelt}\n`);

    const archive = join(folder, 'report.tar.gz');
    const said = await outputOf([LAUNCHER, 'support', conf, '--save', archive, '--yes']);
    const names = (await outputOf(['tar', '--list', '--file', archive])).split('\n').filter((name) => name.endsWith('.txt'));
    assert.deepEqual(
      [...said.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name),
      names.map((name) => name.replace(/^.*\//, '')),
    );
    assert.equal(statSync(archive).mode & 0o777, 0o600);

    const text = await outputOf(['tar', '--extract', '--to-stdout', '--file', archive]);
    const keyLines = readFileSync(keyFile, 'utf8').trim().split('\n').slice(1, -1);
    for (const secret of [...secrets, 'otes0', psk.split(':')[1] ?? '', ...keyLines]) assert.ok(!text.includes(secret), secret);
    for (const helpful of [
      logged,
      ':14: protocolPassword = ***',
      'did you mean protocolPassword?',
      'OpenSSL',
      'Max open files',
      '[wrapped]',
      `process ${daemon.pid}:`,
    ])
      assert.ok(text.includes(helpful), helpful);
  });

  test('writes nothing that nobody has agreed to, and over nothing', async (t) => {
    const folder = tempFolder(t);
    const archive = join(folder, 'a.tar.gz');
    const argv = [LAUNCHER, 'support', '--save', archive];
    const asked = await runProgram(['setsid', '--wait', ...argv]);
    assert.equal(asked.code, 1);
    assert.match(asked.stdout, /findings\.txt/);
    assert.match(asked.stderr, /say --yes/);
    assert.ok(!existsSync(archive));
    writeFiles(folder, { 'a.tar.gz': 'mine' });
    const over = await runProgram([...argv, '--yes']);
    assert.equal(over.code, 1);
    assert.equal(over.stderr, `overcoat: ${archive} cannot be written: File exists (17); name another file with --save\n`);
    assert.equal(readFileSync(archive, 'utf8'), 'mine');
  });
});
