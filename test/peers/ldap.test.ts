/** OpenLDAP: a real slapd that answers nothing without TLS, behind our client mode with ldapsearch in its default settings. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { closedPort } from '../support/net/tcp.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import type { Finished } from '../support/program.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const ENTRIES = `dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=fred,dc=example,dc=test
objectClass: organizationalRole
cn: fred
description: found over TLS
`;

suite('OpenLDAP', { skip: requires({ linux: true, packages: ['slapd', 'ldap-utils'] }) }, () => {
  const t = suiteEnd();
  let port: number;
  let daemon: Daemon;

  before(async () => {
    port = await closedPort();
    const server = certificate('server');
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'data'));
    const config = `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${authority().certFile}
TLSCertificateFile ${server.certFile}
TLSCertificateKeyFile ${server.keyFile}
security tls=1
database mdb
suffix "dc=example,dc=test"
rootdn "cn=admin,dc=example,dc=test"
rootpw secret
directory ${folder}/data
`;
    const files = writeFiles(folder, { 'slapd.conf': config, 'entries.ldif': ENTRIES });
    await outputOf(['slapadd', '-f', files['slapd.conf'], '-l', files['entries.ldif']]);
    const slapd = new Program(['slapd', '-f', files['slapd.conf'], '-h', `ldap://127.0.0.1:${port}`, '-d', 'stats']);
    t.after(() => slapd.stop().then(() => undefined));
    await slapd.saw(/slapd starting/);
    daemon = await startDaemon(t, { config: clientSection('ldap', { connect: port, protocol: 'ldap', ...verified() }) });
  });

  function search(at: number): Promise<Finished> {
    const who = ['-x', '-D', 'cn=admin,dc=example,dc=test', '-w', 'secret'];
    return runProgram([
      'ldapsearch',
      '-H',
      `ldap://127.0.0.1:${at}`,
      ...who,
      '-b',
      'dc=example,dc=test',
      '-LLL',
      '(cn=fred)',
      'description',
    ]);
  }

  test('slapd does insist', async () => {
    const { code, stderr } = await search(port);
    assert.notEqual(code, 0);
    assert.match(stderr, /TLS confidentiality required/);
  });

  test('ldapsearch in its default settings finds what is there', async () => {
    const { code, stdout, stderr } = await search(await daemon.port('ldap'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /description: found over TLS/);
  });

  test('overcoat pin looks inside the protocol', async () => {
    const { code, stdout, stderr } = await runOvercoat(['pin', `127.0.0.1:${port}`, '--protocol', 'ldap']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /presents .* \(TLSv1\.\d after ldap\)/);
  });

  test('nothing is left', () => daemon.stop());
});
