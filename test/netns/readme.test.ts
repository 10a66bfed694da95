/** The ten lines of the README, as they stand there, on the gateway of three hosts: nothing is prepared but the names of a network. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authority, store } from '../support/data/certificates.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

test('the scenario of the README works as written', { skip: requires({ netns: true, packages: ['iptables', 'socat'] }) }, async (t) => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, lines = ''] = /## The scenario, in ten lines[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  const [, unwrap = ''] = /The receiver unwraps with `(overcoat server [^`]+)`/.exec(readme) ?? [];
  assert.ok(lines.includes('overcoat run') && unwrap !== '');

  const net = openThreeHosts();
  t.after(() => net.close());
  net.gateway.names({ 'www.example.org': net.wan.right.v4 });
  const { certFile, keyFile } = store('www.example.org', authority().issue({ dnsNames: ['www.example.org'] }));
  const folder = tempFolder(t);
  const etc = join(folder, 'etc');
  mkdirSync(etc);
  const path = [join(ROOT, 'bin'), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':');
  const env = { ...process.env, PATH: path };
  writeFiles(folder, { 'www.example.org.pem': readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8') });
  chmodSync(join(folder, 'www.example.org.pem'), 0o600);

  net.receiver.start(['socat', 'TCP-LISTEN:1935,bind=127.0.0.1,fork,reuseaddr', 'EXEC:cat']);
  const receiver = net.receiver.start(['sh', '-c', `exec ${unwrap}`], { cwd: folder, env });
  await receiver.saw(/Configuration successful/);

  // A copy of /etc without a folder of ours: the machine that runs the tests may have one.
  const alone = 'mount --make-rprivate / && cp -a /etc/. "$1" && rm -rf "$1/overcoat" && mount --bind "$1" /etc && exec sh -euc "$2"';
  const gateway = net.gateway.start(['unshare', '--mount', 'sh', '-c', alone, 'sh', etc, lines], { env });
  await gateway.saw(/Configuration successful/);

  const argv = ['sh', '-c', `echo hallo | timeout 60 socat -t 60 - TCP:${net.wan.right.v4}:443`];
  const sender = net.sender.start(argv);
  const { stdout } = await sender.finished;
  assert.equal(stdout, 'hallo\n');
});
