/**
 * CRLfile and CRLpath: the leaf only, as stunnel checks it, or the whole chain; every state a list can be in; and sessions that were
 * begun before a list changed.
 */
// Tests: src/tls/certificate/signed-data.ts, src/tls/revocation/crl.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RevocationConfig } from '../../../src/config/tls-config.ts';
import { integer, objectIdentifier, octetString, sequence, time } from '../../../src/tls/certificate/der-writer.ts';
import { parseRevocationList, pemBytes } from '../../../src/tls/revocation/crl.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import type { Stored } from '../../support/data/certificates.ts';
import { authority, bundle, certificate, store, strangersCertificate } from '../../support/data/certificates.ts';
import type { Judged } from '../../support/overcoat/handshake.ts';
import { judgeServer } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const root = authority();
const good = certificate('server');
const intermediate = root.intermediate({ subject: 'CN=Revocation intermediate' });
const below = store('crl-below', intermediate.issue({ dnsNames: ['localhost'], subject: 'CN=below' }), intermediate.certificate);
const below2 = store('crl-below-2', intermediate.issue({ dnsNames: ['localhost'], subject: 'CN=below' }), intermediate.certificate);

const HOUR = 3_600_000;
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR);

function withLists(t: Ending, lists: readonly string[], changes: Partial<RevocationConfig> = {}, verify: Changes['verify'] = {}): Changes {
  const { 'lists.pem': crlFile } = writeFiles(tempFolder(t), { 'lists.pem': lists.join('') });
  const { revocation } = serviceConfig();
  return {
    trust: { caFile: root.certFile },
    verify: { chain: true, ...verify },
    service: { revocation: { ...revocation, crlFile, ...changes } },
  };
}

function judged(t: Ending, changes: Changes, shown: Stored): Promise<Judged> {
  const service = prepareServiceTls(serviceConfig(changes), () => undefined);
  return judgeServer(t, service, { cert: readFileSync(shown.certFile), key: shown.key });
}

async function refused(t: Ending, changes: Changes, shown: Stored, reason: string, depth = 0): Promise<void> {
  const { verdict, lines } = await judged(t, changes, shown);
  assert.equal(verdict.accepted, false);
  assert.equal(lines[0], `4 CERT: Pre-verification error: ${reason}`);
  assert.match(lines[1] ?? '', new RegExp(`^4 Rejected by CERT at depth=${depth}: `));
}

test('a certificate that is not on its issuer’s list is accepted, one that is is refused', async (t) => {
  assert.equal((await judged(t, withLists(t, [root.revoke([])]), good)).verdict.accepted, true);
  assert.equal((await judged(t, withLists(t, [root.revoke([certificate('rsa')])]), good)).verdict.accepted, true);
  await refused(t, withLists(t, [root.revoke([good])]), good, 'certificate revoked');
  await refused(t, withLists(t, [root.revoke([certificate('rsa'), good])]), good, 'certificate revoked');
});

test('without a list of the issuer nobody knows', async (t) => {
  await refused(t, withLists(t, [authority('stranger').revoke([])]), good, 'unable to get certificate CRL');
  await refused(t, withLists(t, [root.revoke([])]), below, 'unable to get certificate CRL');
});

test('root, intermediate, leaf: the list of the leaf’s issuer is enough, as for stunnel', async (t) => {
  assert.equal((await judged(t, withLists(t, [intermediate.revoke([])]), below)).verdict.accepted, true);
  await refused(t, withLists(t, [intermediate.revoke([below])]), below, 'certificate revoked');
  assert.equal((await judged(t, withLists(t, [intermediate.revoke([below]), root.revoke([])]), below2)).verdict.accepted, true);
});

test('crlCheck = chain wants a list at every depth below the root', async (t) => {
  const chain = { crlCheck: 'chain' } as const;
  const both = [intermediate.revoke([]), root.revoke([])];
  assert.equal((await judged(t, withLists(t, both, chain), below)).verdict.accepted, true);
  assert.equal((await judged(t, withLists(t, [root.revoke([])], chain), good)).verdict.accepted, true);
  await refused(t, withLists(t, [intermediate.revoke([])], chain), below, 'unable to get certificate CRL', 1);
  await refused(t, withLists(t, [intermediate.revoke([]), root.revoke([intermediate])], chain), below, 'certificate revoked', 1);
  assert.equal(
    (await judged(t, withLists(t, [intermediate.revoke([]), root.revoke([intermediate])]), below)).verdict.accepted,
    true,
    'leaf only',
  );
});

test('stale, future and forged lists are refused', async (t) => {
  const stale = root.revoke([], { thisUpdate: inHours(-3), nextUpdate: inHours(-1) });
  await refused(t, withLists(t, [stale]), good, 'CRL has expired');
  const future = root.revoke([], { thisUpdate: inHours(1), nextUpdate: inHours(3) });
  await refused(t, withLists(t, [future]), good, 'CRL is not yet valid');
  const forged = authorityWithNameOf(root).revoke([]);
  await refused(t, withLists(t, [forged]), good, 'CRL signature failure');
});

/** Another key under the same name. */
function authorityWithNameOf(one: { x509: { subject: string } }) {
  return authority('impostor').intermediate({ subject: one.x509.subject });
}

test('of several lists the newest valid one counts', async (t) => {
  const stale = root.revoke([good], { thisUpdate: inHours(-9), nextUpdate: inHours(-8) });
  const older = root.revoke([good], { thisUpdate: inHours(-5) });
  const newer = root.revoke([], { thisUpdate: inHours(-2) });
  assert.equal((await judged(t, withLists(t, [older, newer, stale]), good)).verdict.accepted, true);
  const worse = root.revoke([good], { thisUpdate: inHours(-1) });
  await refused(t, withLists(t, [worse, newer]), good, 'certificate revoked');
});

test('CRLpath, and lists that stand in CAfile', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const folder = tempFolder(t);
  writeFiles(folder, { 'root.pem': root.revoke([good]) });
  execFileSync('openssl', ['rehash', folder], { stdio: 'pipe' });
  const changes = withLists(t, [root.revoke([])], { crlFile: undefined, crlPath: folder });
  await refused(t, changes, good, 'certificate revoked');
  assert.equal((await judged(t, changes, certificate('rsa'))).verdict.accepted, true);
  const beside = join(folder, 'ca.pem');
  writeFileSync(beside, root.certificate + intermediate.revoke([below]));
  await refused(t, { ...changes, trust: { caFile: beside } }, below, 'certificate revoked');
});

test('a list also counts for local certificates, where its issuer is known', async (t) => {
  const caFile = bundle('crl-local', good.certFile, root.certFile);
  const peer = (lists: string[]): Changes => ({ ...withLists(t, lists), trust: { caFile }, verify: { peer: true } });
  assert.equal((await judged(t, peer([root.revoke([])]), good)).verdict.accepted, true);
  await refused(t, peer([root.revoke([good])]), good, 'certificate revoked');
});

test('files that hold no list are named', (t) => {
  const folder = tempFolder(t);
  const files = writeFiles(folder, {
    'none.pem': root.certificate,
    'damaged.pem': '-----BEGIN X509 CRL-----\nMAMCAQE=\n-----END X509 CRL-----\n',
  });
  const load = (crlFile: string) => prepareServiceTls(serviceConfig(withLists(t, [], { crlFile })), () => undefined);
  assert.throws(() => load(join(folder, 'absent')), { code: 'config_key_material', message: /^CRLfile = .*absent: No such file/ });
  assert.throws(() => load(files['none.pem']), { message: /^CRLfile = .*none\.pem: holds no revocation list; PEM \(X509 CRL\) is needed/ });
  assert.throws(() => load(files['damaged.pem']), { message: /^CRLfile = .*damaged\.pem: a revocation list in it cannot be read/ });
});

test('a list cut at any byte is malformed, and never throws', () => {
  const pem = root.revoke([good, strangersCertificate()]);
  const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  const list = parseRevocationList(der);
  assert.ok(typeof list === 'object');
  assert.equal(list.revoked.size, 2);
  for (let length = 0; length < der.length; length += 1) assert.equal(parseRevocationList(der.subarray(0, length)), 'malformed');
  for (let at = 0; at < der.length; at += 1) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    parseRevocationList(changed);
  }
});

function listOf(...entries: readonly Buffer[]): ReturnType<typeof parseRevocationList> {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const toBeSigned = sequence(integer(Buffer.of(1)), algorithm, sequence(), time(new Date()), time(new Date()), sequence(...entries));
  return parseRevocationList(sequence(toBeSigned, algorithm, octetString(Buffer.of(0))));
}

test('entries: one that was taken off the list again is not on it, and what is no entry makes the list malformed', () => {
  const reason = (code: number): Buffer => sequence(sequence(objectIdentifier('2.5.29.21'), octetString(Buffer.of(0x0a, 1, code))));
  const entry = (serial: number, ...more: readonly Buffer[]): Buffer => sequence(integer(Buffer.of(serial)), time(new Date()), ...more);
  const list = listOf(entry(1), entry(2, reason(1)), entry(3, reason(8)), entry(4, sequence(sequence(objectIdentifier('2.5.29.24')))));
  assert.ok(typeof list === 'object');
  assert.deepEqual([...list.revoked], ['01', '02', '04']);
  for (const damaged of [time(new Date()), sequence(), sequence(integer(Buffer.of(1))), sequence(time(new Date()), integer(Buffer.of(1)))])
    assert.equal(listOf(entry(1), damaged), 'malformed');
});

/** A SEQUENCE of 64 KB to 16 MB. */
function longSequence(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  return Buffer.concat([Buffer.of(0x30, 0x83, size >> 16, size >> 8, size), content]);
}

test('a list of a large authority is read at once', () => {
  const count = 300_000;
  const entry = sequence(integer(Buffer.from('7f000000', 'hex')), time(new Date()));
  const entries = Buffer.alloc(count * entry.length);
  for (let index = 0; index < count; index += 1) {
    entry.copy(entries, index * entry.length);
    entries.writeUIntBE(index, index * entry.length + entry.indexOf(0x7f) + 1, 3);
  }
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const toBeSigned = longSequence(algorithm, sequence(), time(new Date()), longSequence(entries));
  const der = longSequence(toBeSigned, algorithm, octetString(Buffer.of(0)));
  const begunAt = performance.now();
  const list = parseRevocationList(der);
  assert.ok(performance.now() - begunAt < 5000);
  assert.ok(typeof list === 'object');
  assert.equal(list.revoked.size, count);
});

test('lists made by openssl: entries with reasons, critical extensions, distribution points', {
  skip: requires({ packages: ['openssl'] }),
}, async (t) => {
  const folder = tempFolder(t);
  const file = (name: string) => join(folder, name);
  writeFileSync(file('index.txt'), '');
  writeFileSync(file('number'), '01\n');
  const section = '[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\ncrlnumber=number\ndefault_crl_days=9\n';
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const make = (name: string, extensions: string): string => {
    writeFileSync(file('ca.cnf'), `${section}crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n${extensions}\n`);
    openssl('ca', '-config', 'ca.cnf', '-gencrl', '-cert', root.certFile, '-keyfile', root.keyFile, '-out', name);
    return readFileSync(file(name), 'utf8');
  };
  const plain = make('plain.pem', '');
  assert.equal((await judged(t, withLists(t, [plain]), good)).verdict.accepted, true);
  writeFileSync(file('ca.cnf'), section);
  openssl(
    'ca',
    '-config',
    'ca.cnf',
    '-revoke',
    good.certFile,
    '-crl_reason',
    'keyCompromise',
    '-cert',
    root.certFile,
    '-keyfile',
    root.keyFile,
  );
  await refused(t, withLists(t, [make('revoked.pem', '')]), good, 'certificate revoked');
  await refused(
    t,
    withLists(t, [make('users.pem', 'issuingDistributionPoint=critical,@d\n[d]\nonlyuser=TRUE')]),
    good,
    'certificate revoked',
  );
  for (const scope of ['onlyCA=TRUE', 'onlyAA=TRUE', 'onlysomereasons=keyCompromise', 'fullname=URI:http://x.test/l']) {
    const list = make('scoped.pem', `issuingDistributionPoint=critical,@d\n[d]\n${scope}`);
    await refused(t, withLists(t, [list]), good, 'unable to get certificate CRL');
  }
  await refused(t, withLists(t, [make('odd.pem', '1.2.3.4=critical,DER:0500')]), good, 'unable to get certificate CRL');
});

test('what is inside a PEM block: behind headers, however its lines are broken, and in one line', () => {
  for (const inside of ['\nAQID\nBAUG\n', '\r\nAQ\r\n\r\nIDBA\r\nUG', '\nProc-Type: 4\nComment: a\n b: c\n\nAQIDBAUG\n', 'AQIDBAUG'])
    assert.deepEqual(pemBytes({ label: 'A', text: `-----BEGIN A-----${inside}-----END A-----\n` }), Buffer.of(1, 2, 3, 4, 5, 6), inside);
  assert.equal(pemBytes({ label: 'A', text: '-----BEGIN A-----\na: b-----END A-----\n' }).length, 0);
});
