// Tests: src/daemon/fence/fence-lines.ts, src/daemon/fence/host-lists.ts, src/daemon/fence/followed-files.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Fence } from '../../../src/daemon/fence/fence.ts';
import { fenceLines } from '../../../src/daemon/fence/fence-lines.ts';
import { listsNamedIn } from '../../../src/daemon/fence/host-lists.ts';
import { covers, joined, portsDialled, workerFence } from '../../../src/daemon/fence/needs.ts';
import { authority, store } from '../../support/data/certificates.ts';
import { clientSection, optionLines, serverSection } from '../../support/overcoat/config-text.ts';
import { resolveText } from '../../support/overcoat/resolve-text.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

function fenceFor(text: string, confine = 'yes'): Fence {
  return workerFence(resolveText(optionLines({ confine }) + text).config) ?? assert.fail('there is a fence');
}

suite('what workers need', () => {
  test('nothing is fenced unless somebody says so', () => {
    assert.equal(workerFence(resolveText(clientSection('a', { connect: 443 })).config), undefined);
  });

  test('the ports of targets, of OCSP and CRL, and that of name servers', () => {
    const { rules } = fenceFor(
      clientSection('a', {
        connect: ['a.example:443', 'b.example:8443'],
        CAfile: '/ca.pem',
        verifyChain: true,
        OCSP: 'http://o.example:8080/',
      }) + serverSection('b', { connect: '/run/app.sock', redirect: '127.0.0.1:81' }),
    );
    assert.deepEqual(rules.connect, [53, 80, 81, 443, 8080, 8443], '80: staples of an own certificate');
    assert.deepEqual(rules.bind, []);
    assert.ok(!rules.read.includes('/ca.pem'), 'the supervisor hands it over');
    assert.deepEqual(rules.write, ['/dev/null', '/proc/self/comm']);
  });

  test('a folder is read as a whole only where nothing but followed files is in it, and no file is followed twice', (t) => {
    const folder = tempFolder(t);
    const hostsFile = join(folder, 'hosts');
    const needed = (): Fence =>
      fenceFor(clientSection('a', { connect: 443, sni: 'auto', nameSources: 'hosts', hostsFile, CAfile: '/ca.pem' }));
    writeFiles(folder, { hosts: '127.0.0.1 a.example' });
    assert.ok(needed().rules.read.includes(folder));
    writeFiles(folder, { 'key.pem': 'a secret' });
    assert.ok(!needed().rules.read.includes(folder), 'a key beside it');
    assert.ok(needed().rules.readFiles.includes(hostsFile));
    const { followed } = fenceFor(clientSection('a', { connect: 443, sni: 'auto', CAfile: '/ca.pem' }));
    assert.equal(new Set(followed).size, followed.length, followed.join(' '));
  });

  test('the usual port of a URL that names none', () => {
    const asked = { connect: 25, verifyChain: true, CAfile: '/ca.pem' };
    assert.deepEqual(fenceFor(clientSection('a', { ...asked, OCSP: 'http://o.example/' })).rules.connect, [25, 53, 80]);
    const { services } = resolveText(clientSection('a', asked)).config;
    const dialled = (url: string) => portsDialled({ dnsListen: undefined }, services, { staples: [url], open: [] });
    assert.deepEqual(
      [dialled('https://o.example/'), dialled('https://o.example:81/')],
      [
        [25, 53, 443],
        [25, 53, 81],
      ],
    );
  });

  for (const [what, text, word] of [
    ['an intercepting service', clientSection('a', { transparent: 'destination', accept: '127.0.0.1:1' }), 'where its clients were going'],
    ['a SOCKS server', serverSection('a', { protocol: 'socks' }), 'where its clients ask for'],
    ['OCSPaia', clientSection('a', { connect: 443, verifyChain: true, CAfile: '/ca.pem', OCSPaia: true }), 'OCSP responders'],
  ] as const) {
    test(`${what} may connect to every port, which is said`, () => {
      const fence = fenceFor(text);
      assert.equal(fence.rules.connect, 'any');
      assert.ok(fenceLines(fence).some((line) => line.startsWith('left open: TCP connect: [a]') && line.includes(word)));
    });
  }

  test('a local end is bound where an address for it is given', () => {
    assert.deepEqual(fenceFor(clientSection('a', { connect: 443, local: '127.0.0.1' })).rules.bind, [0]);
  });

  test('what is read and written for every client', () => {
    const { rules } = fenceFor(
      clientSection('a', { connect: 443, libwrap: true, CApath: '/ca', nameMissing: 'pin', pinStore: '/pins/store' }),
    );
    for (const path of ['/etc/hosts.allow', '/etc/hosts.deny']) assert.ok(rules.readFiles.includes(path), path);
    assert.ok(rules.read.includes('/ca'));
    assert.ok(rules.write.includes('/pins'));
  });

  test('the file of host names that is asked, which may be replaced by another', () => {
    const asked = clientSection('a', { connect: 443, sni: 'auto', nameSources: 'hosts', hostsFile: '/run/hosts' });
    const { rules, followed } = fenceFor(asked);
    assert.ok(rules.readFiles.includes('/run/hosts'));
    assert.ok(!rules.read.includes('/run') && !rules.read.includes('/etc'), 'what else is in a folder of the system is not read');
    assert.ok(followed.includes('/run/hosts') && followed.includes('/etc/resolv.conf'));
    const both = joined(fenceFor(clientSection('b', { connect: 443, libwrap: true })), fenceFor(asked));
    for (const path of ['/run/hosts', '/etc/hosts.allow'])
      assert.ok(both.followed.includes(path) && both.rules.readFiles.includes(path), path);
    const other = fenceFor(clientSection('a', { connect: 443, sni: 'auto', nameSources: 'dns', hostsFile: '/run/hosts' }));
    assert.ok(!other.rules.readFiles.includes('/run/hosts'), 'nobody asks it');
  });

  test('the lists that rules for hosts name, also in lists, and in a jail those that are there', (t) => {
    const jail = tempFolder(t);
    writeFiles(jail, {
      'etc/hosts.allow': 'web: /etc/one 10. EXCEPT /etc/two\nmail@/etc/three: ALL : spawn /bin/false\n@/etc/none: ALL\nno rule /etc/none\n',
      'etc/one': '192.0.2.1 /etc/four\n',
      'etc/four': '/etc/one /etc/folder /etc/later\n',
      'etc/folder/file': '/etc/none',
    });
    const ofRules = ['/etc/one', '/etc/three', '/etc/two'];
    const ofLists = ['/etc/four', '/etc/later'];
    const found = listsNamedIn(['/etc/hosts.allow', '/etc/hosts.deny'], jail);
    assert.deepEqual([found.ofRules.toSorted(), found.ofLists.toSorted()], [ofRules, ofLists]);
    const { rules } = fenceFor(optionLines({ chroot: jail }) + clientSection('a', { connect: 443, libwrap: true }));
    for (const path of [...ofRules, ...ofLists]) assert.ok(rules.readFiles.includes(`${jail}${path}`), path);
    assert.ok(!rules.read.includes(join(jail, 'etc')), 'it has folders in it');
  });

  test('a folder that lists have to themselves, so that what is put in place of one is read; none that only a list names', (t) => {
    const jail = tempFolder(t);
    writeFiles(jail, { 'etc/hosts.allow': 'web: /own/one\n', 'own/one': '/other/two / /other\n', 'other/two': '192.0.2.1\n' });
    const { rules } = fenceFor(optionLines({ chroot: jail }) + clientSection('a', { connect: 443, libwrap: true }));
    for (const folder of ['etc', 'own']) assert.ok(rules.read.includes(join(jail, folder)), folder);
    for (const path of ['/', '/other', `${jail}/`, jail, join(jail, 'other')])
      assert.ok(!rules.read.includes(path) && !rules.readFiles.includes(path), path);
    assert.ok(rules.readFiles.includes(join(jail, 'other/two')));
  });

  test('no more lists, and no longer paths, than a process can be born with', (t) => {
    const jail = tempFolder(t);
    const many = Array.from({ length: 500 }, (_, number) => `/lists/${number}`);
    writeFiles(jail, { 'etc/hosts.allow': 'web: /etc/list\n', 'etc/list': [`/${'x'.repeat(100_000)}`, ...many].join('\n') });
    const { ofRules, ofLists } = listsNamedIn(['/etc/hosts.allow'], jail);
    assert.deepEqual([ofRules, ofLists], [['/etc/list'], many.slice(0, 63)]);
  });

  test('the same inside of a jail, where names are looked up with its own files', () => {
    const { rules } = fenceFor(
      optionLines({ chroot: '/jail' }) + clientSection('a', { connect: 443, nameMissing: 'pin', pinStore: '/pins/store' }),
    );
    for (const path of ['/etc/hosts', '/jail/etc/hosts', '/jail/etc/resolv.conf']) assert.ok(rules.read.includes(path), path);
    for (const path of ['/pins', '/jail/pins']) assert.ok(rules.write.includes(path), path);
  });

  test('a module of a provider opens what it likes, which is said', () => {
    const fence = fenceFor(optionLines({ provider: 'pkcs11' }) + clientSection('a', { connect: 443 }));
    assert.deepEqual([fence.rules.read, fence.rules.write, fence.rules.connect], [['/'], ['/'], 'any']);
    assert.deepEqual([fence.modules, fence.capabilities], [true, 'any']);
    assert.equal(fenceFor(clientSection('a', { connect: 443 })).modules, false);
    assert.match(fence.open[0] ?? '', /provider pkcs11/);
  });

  test('of root no more than files, what leads to another user or a jail, and the network where a socket is told something', () => {
    const few = fenceFor(clientSection('a', { connect: 443 }));
    assert.deepEqual(few.capabilities, ['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH']);
    for (const change of [{ setuid: 65_534 }, { setgid: 65_534 }, { chroot: '/jail' }]) {
      const { capabilities } = fenceFor(optionLines(change) + clientSection('a', { connect: 443 }));
      assert.ok(capabilities.includes('CAP_SETUID') && capabilities.includes('CAP_SYS_CHROOT'), JSON.stringify(change));
    }
    const more = fenceFor(clientSection('a', { connect: 443, socket: 'r:SO_RCVBUF=65536' }));
    const source = fenceFor(clientSection('a', { connect: 443, transparent: 'source' }));
    const network = ({ capabilities }: Fence): boolean => capabilities !== 'any' && capabilities.includes('CAP_NET_ADMIN');
    assert.deepEqual([few, more, source].map(network), [false, true, true]);
    assert.deepEqual([covers(few, more), covers(more, few), network(joined(few, more))], [false, true, true]);
    assert.ok(fenceLines(few).some((line) => line === 'capabilities: of those it has, CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH'));
  });

  test('no Unix socket is made where it is strict and no service connects to one', () => {
    const strict = (text: string): Fence => fenceFor(text, 'strict');
    const [none, some] = [strict(clientSection('a', { connect: 443 })), strict(clientSection('a', { connect: ['/run/app.sock', 443] }))];
    assert.deepEqual([none.unixSockets, some.unixSockets], [false, true]);
    assert.equal(fenceFor(clientSection('a', { connect: 443 })).unixSockets, true, 'name services have some');
    assert.ok(fenceLines(none).includes('Unix sockets: none can be made'));
    assert.ok(fenceLines(some).some((line) => line.startsWith('left open: Unix sockets: ')));
    assert.deepEqual([covers(none, some), covers(some, none), joined(none, some).unixSockets], [false, true, true]);
  });

  test('the ports of the OCSP responders that own certificates name', () => {
    const { certFile, keyFile } = store('named', authority().issue({ dnsNames: ['localhost'], ocspUrl: 'http://o.example:8888/' }));
    const text = serverSection('a', { connect: 25, cert: certFile, key: keyFile });
    assert.deepEqual(fenceFor(text).rules.connect, [25, 53, 80, 8888]);
    const { config } = resolveText(optionLines({ confine: true }) + serverSection('a', { connect: 25, cert: '/not/there' }));
    assert.deepEqual(workerFence(config)?.rules.connect, [25, 53, 80], 'what is wrong with a file is told by whoever loads it');
    assert.deepEqual(workerFence(config, ['http://o.example:81/'])?.rules.connect, [25, 53, 80, 81]);
  });

  test('one fence covers another, or is joined with it', () => {
    const [narrow, other] = [fenceFor(clientSection('a', { connect: 443 })), fenceFor(clientSection('a', { connect: 80, local: '::1' }))];
    assert.equal(covers(narrow, other), false);
    const both = joined(narrow, other);
    assert.ok(covers(both, narrow) && covers(both, other));
    assert.deepEqual(both.rules.bind, [0]);
    const open = fenceFor(serverSection('a', { protocol: 'socks' }));
    assert.equal(covers(open, narrow), true);
    assert.deepEqual([joined(narrow, open).rules.connect, joined(open, narrow).rules.connect], ['any', 'any']);
  });

  test('is told in words', () => {
    const lines = fenceLines(fenceFor(clientSection('a', { connect: 443 }), 'strict'));
    assert.ok(lines.includes('TCP connect: 53, 443'));
    assert.ok(lines.includes('TCP bind: none'));
    assert.ok(lines.includes('system calls: only those a relay needs'));
  });
});
