// Tests: src/cli/certs/inventory.ts, src/cli/commands/certs.ts, src/cli/tables/certs.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { authority, bundle, certificate, chainedCertificate } from '../../support/data/certificates.ts';
import { clientSection, identity, serverSection } from '../../support/overcoat/config-text.ts';
import { runOvercoat } from '../../support/overcoat/daemon.ts';
import { tempFolder } from '../../support/temp.ts';

suite('overcoat certs', { concurrency: true }, () => {
  test('lists each certificate once, with its services, its chain and its faults, and as JSON', async (t) => {
    const file = join(tempFolder(t), 'a.conf');
    const ca = authority().certFile;
    const own = identity(chainedCertificate());
    const pinned = certificate('ed25519').certFile;
    const sections = [
      serverSection('one', { connect: 1, ...own, CAfile: ca, verifyChain: true }),
      serverSection('two', { connect: 1, ...own, CAfile: ca, verifyChain: true }),
      clientSection('three', { connect: 1, pin: pinned }),
    ];
    writeFileSync(file, sections.join(''));
    const { code, stdout } = await runOvercoat(['certs', file]);
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /^Our own: CN=localhost\n {2}until {4}\d{4}-\d\d-\d\d \(\d+ day\(s\) left\)\n {2}from .*\n {2}used by {2}\[one\] \[two\]\n/m,
    );
    assert.match(stdout, /chain {4}CN=localhost < CN=/);
    assert.match(stdout, /^Trusted authority: CN=Overcoat test authority main$/m);
    assert.match(stdout, /^Accepted peer: .*\n.*\n.*\n {2}used by {2}\[three\]$/m);
    const { certificates, problems } = JSON.parse((await runOvercoat(['certs', '--json', file])).stdout);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      certificates.map((each: { of: string; services: string[] }) => [each.of, each.services.join(' ')]),
      [
        ['certificate', 'one two'],
        ['authority', 'one two'],
        ['peer', 'three'],
      ],
    );
    assert.match(certificates[0].sha256, /^[0-9a-f]{64}$/);
  });

  test('names faults and what cannot be read, and fails', async (t) => {
    const file = join(tempFolder(t), 'b.conf');
    const { certFile, keyFile } = certificate('server');
    const withRoot = bundle('with-root', certFile, authority().certFile);
    const sections = [
      serverSection('root', { connect: 1, cert: withRoot, key: keyFile }),
      serverSection('gone', { connect: 1, cert: '/nowhere/cert.pem', key: keyFile }),
    ];
    writeFileSync(file, sections.join(''));
    const { code, stdout } = await runOvercoat(['certs', file]);
    assert.equal(code, 1);
    assert.match(stdout, /FAULT {4}superfluous, certificate 2 of the file: CN=Overcoat test authority main is a root, .*; leave it out/);
    assert.match(stdout, /\[gone\] cannot be read: cert = \/nowhere\/cert.pem: No such file/);
  });
});
