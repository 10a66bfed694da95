/** `keyLog`: with the file, tshark reads what a capture of the service holds; nobody else can read the file, and nothing but the option makes one. */
// Tests: src/tls/material/key-log.ts, src/config/values/key-log-warning.ts
import assert from 'node:assert/strict';
import { chmodSync, existsSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Capture } from '../support/net/capture.ts';
import { Network } from '../support/net/netns.ts';
import { clientSection, identity, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { runDaemon, runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const skip = requires({ netns: true, packages: ['netcat-openbsd', 'tcpdump', 'tshark'] });
const SAID = 'what nobody on the way can read';

/** What tshark makes of TLS in a capture. */
function decrypted(capture: string, keys: string): Promise<string> {
  return outputOf([
    'tshark',
    '-r',
    capture,
    '-n',
    '-o',
    `tls.keylog_file:${keys}`,
    '-T',
    'fields',
    '-e',
    'tls.segment.data',
    '-e',
    'data.data',
  ]);
}

suite('a capture is read', () => {
  for (const [form, version, head] of [
    ['one process', 'TLSv1.3', { workers: 1 }],
    ['two workers that have given up root', 'TLSv1.2', { workers: 2, setuid: 'nobody', setgid: 'nogroup' }],
  ] as const) {
    test(`${form}, ${version}`, { skip }, async (t) => {
      const network = new Network();
      t.after(() => network.close());
      const host = network.addHost('host');
      const backend = host.start(['nc', '-k', '-v', '-n', '-l', '127.0.0.1', '7000'], { keepInput: true });
      await backend.saw(/[Ll]istening/);
      const tls = { sslVersion: version };
      const daemon = await startDaemon(t, {
        place: host,
        config:
          optionLines(head) +
          clientSection('wrap', { accept: 1234, connect: 1235, ...verified(), ...tls, keyLog: '@/client.keys' }) +
          serverSection('unwrap', { accept: 1235, connect: 7000, ...tls, keyLog: '@/server.keys' }),
      });
      const [client, server] = [join(daemon.folder, 'client.keys'), join(daemon.folder, 'server.keys')];
      await daemon.line(`LOG4[ui]: Service [wrap] writes the secrets of its TLS connections to ${client}`);
      const capture = await Capture.start({ host, device: 'lo', v4: '127.0.0.1', v6: '::1' });
      t.after(() => capture.close());
      await host.shell(`printf %s '${SAID}' | nc -N -n -w 20 127.0.0.1 1234`);
      await backend.saw(new RegExp(SAID));
      await daemon.line('Connection closed');
      await capture.stop();
      const hidden = Buffer.from(SAID).toString('hex');
      const empty = join(daemon.folder, 'no.keys');
      writeFileSync(empty, '');
      const onlyPlain = (await decrypted(capture.file, empty)).split(hidden).length;
      for (const file of [client, server]) {
        assert.equal(statSync(file).mode & 0o777, 0o600);
        assert.ok((await decrypted(capture.file, file)).split(hidden).length > onlyPlain, `${file}:\n${readFileSync(file, 'latin1')}`);
      }
      await daemon.stop();
    });
  }
});

test('a file that others can read, a link of either kind and a folder that is not there stop the start, and so does --strict', async (t) => {
  const folder = tempFolder(t);
  const [open, link, second] = [join(folder, 'open.keys'), join(folder, 'link.keys'), join(folder, 'second.keys')];
  writeFileSync(open, '');
  chmodSync(open, 0o644);
  symlinkSync(join(folder, 'elsewhere'), link);
  writeFileSync(join(folder, 'first'), 'of something else', { mode: 0o600 });
  linkSync(join(folder, 'first'), second);
  for (const [path, problem] of [
    [open, `others can read it; remove it, or chmod 600 ${open}`],
    [link, 'it is a symbolic link'],
    [second, 'it has another name (a hard link)'],
    [folder, 'name a file that can be created'],
    [join(folder, 'none/x.keys'), 'No such file or directory'],
  ] as const) {
    const { code, stderr } = await runDaemon(t, { config: serverSection('s', { connect: 1, keyLog: path }) });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`keyLog = ${path}: `) && stderr.includes(problem), stderr);
  }
  assert.equal(existsSync(join(folder, 'elsewhere')), false);
  const strict = join(folder, 'strict.keys');
  const { code, stderr } = await runDaemon(t, { config: serverSection('s', { connect: 1, keyLog: strict }), args: ['--strict'] });
  assert.equal(code, 1);
  assert.match(stderr, /whoever reads that file reads all that is sent; remove the line|writes the secrets/);
  assert.equal(existsSync(strict), false);
});

test('nothing but the option makes a file: not SSLKEYLOGFILE, not `check`', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'environment.keys');
  const config = clientSection('wrap', { connect: '@PORT', ...verified() }) + serverSection('unwrap', { accept: 0, connect: 1 });
  const daemon = await startDaemon(t, { config: config.replace('@PORT', '1'), env: { SSLKEYLOGFILE: file } });
  await daemon.stop();
  assert.equal(existsSync(file), false);
  const conf = join(folder, 'c.conf');
  const named = join(folder, 'named.keys');
  writeFileSync(conf, serverSection('s', { connect: 1, keyLog: named }));
  const checked = await runOvercoat(['check', conf]);
  assert.match(checked.stdout + checked.stderr, /keyLog.*whoever reads that file reads all that is sent; remove the line/);
  assert.equal(existsSync(named), false);
});

test('--keylog FILE of a command', async (t) => {
  const folder = tempFolder(t);
  const { cert, key } = identity();
  const { code, stderr } = await runOvercoat([
    'server',
    '127.0.0.1:0',
    '1',
    '--cert',
    cert,
    '--key',
    key,
    '--keylog',
    join(folder, 'none/x'),
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /--keylog .*none\/x: No such file or directory/);
});
