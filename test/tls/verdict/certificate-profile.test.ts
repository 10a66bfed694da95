/** `certProfile = strict`: certificates OpenSSL accepts and a careful verifier does not, each on a real handshake under both profiles. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CertificateRequest } from '../../../src/demo/throwaway-authority.ts';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import { boolean, contextTag, explicitTag, sequence } from '../../../src/tls/certificate/der-writer.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { authority, bundle, certificate, chainedCertificate, selfSigned, store } from '../../support/data/certificates.ts';
import type { Judged } from '../../support/overcoat/handshake.ts';
import { judgeClient, judgeServer } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';
import { tempFolder } from '../../support/temp.ts';

interface Shown {
  readonly certFile: string;
  readonly keyFile: string;
}

function judged(t: Ending, shown: Shown, changes: Changes): Promise<Judged> {
  const service = prepareServiceTls(serviceConfig(changes), () => undefined);
  return judgeServer(t, service, { cert: readFileSync(shown.certFile), key: readFileSync(shown.keyFile), ciphers: 'DEFAULT:@SECLEVEL=0' });
}

/** Accepted as OpenSSL does, refused by the strict profile with this text. */
async function onlyStrictRefuses(t: Ending, shown: Shown, problem: string, caFile = authority().certFile): Promise<void> {
  const chain = (profile: 'openssl' | 'strict'): Changes => ({ trust: { caFile }, verify: { chain: true, profile } });
  const lax = await judged(t, shown, chain('openssl'));
  assert.equal(lax.verdict.accepted, true, lax.lines.join('\n'));
  const strict = await judged(t, shown, chain('strict'));
  assert.equal(strict.verdict.accepted, false);
  assert.equal(strict.lines[0], `4 CERT: Pre-verification error: strict certificate profile: ${problem}`);
}

const AUTHORITY_FLAG = extension('2.5.29.19', true, sequence(boolean(true)));

const issue = (name: string, request: CertificateRequest) => store(`profile-${name}`, authority().issue(request));

/** nameConstraints with one excluded dNSName subtree. */
function excluding(subtree: string): Buffer {
  const subtrees = explicitTag(1, sequence(contextTag(2, Buffer.from(subtree))));
  return extension('2.5.29.30', true, sequence(subtrees));
}

test('ordinary certificates pass', async (t) => {
  const strict: Changes = { trust: { caFile: authority().certFile }, verify: { chain: true, profile: 'strict' } };
  for (const shown of [certificate('server'), certificate('rsa'), certificate('wildcard'), chainedCertificate()]) {
    assert.equal((await judged(t, shown, strict)).verdict.accepted, true, shown.certFile);
  }
});

test('no subjectAltName', (t) =>
  onlyStrictRefuses(t, issue('nothing', { subject: 'CN=localhost' }), 'no subjectAltName to identify the peer'));

test('wildcards that are not the whole left-most label', async (t) => {
  for (const name of ['a*.example.test', '*a.example.test', 'a.*.test', '*', '*.*.test']) {
    const shown = issue(`wildcard-${Buffer.from(name).toString('hex')}`, { dnsNames: ['localhost', name] });
    await t.test(name, (t) => onlyStrictRefuses(t, shown, 'wildcard that is not the whole left-most label'));
  }
});

test('a certificate of an authority as leaf', async (t) => {
  const leaf = issue('ca-leaf', { dnsNames: ['localhost'], extensions: [AUTHORITY_FLAG] });
  await onlyStrictRefuses(t, leaf, 'CA certificate used as a peer certificate');
});

test('keyCertSign on a leaf', async (t) => {
  const usage = extension('2.5.29.15', true, Buffer.of(0x03, 0x02, 0x02, 0x84)); // digitalSignature and keyCertSign
  await onlyStrictRefuses(t, issue('key-cert-sign', { dnsNames: ['localhost'], extensions: [usage] }), 'keyCertSign on a peer certificate');
});

test('a wildcard that reaches into an excluded subtree', async (t) => {
  const below = (name: string, subtree: string) => {
    const intermediate = authority().intermediate({ subject: `CN=Constrained ${name}`, extensions: [excluding(subtree)] });
    return store(`profile-${name}`, intermediate.issue({ subject: 'CN=x', dnsNames: ['*.example.test'] }), intermediate.certificate);
  };
  await onlyStrictRefuses(t, below('excluded', 'secret.example.test'), 'wildcard reaches into an excluded subtree');
  const strict: Changes = { trust: { caFile: authority().certFile }, verify: { chain: true, profile: 'strict' } };
  const other = await judged(t, below('excluded-elsewhere', 'other.test'), strict);
  assert.equal(other.verdict.accepted, true, other.lines.join('\n'));
});

test('a version 1 certificate', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const folder = tempFolder(t);
  const file = (name: string) => join(folder, name);
  const { certFile, keyFile } = authority();
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', file('v1.key'), '-subj', '/CN=localhost'];
  const issuer = ['-CA', certFile, '-CAkey', keyFile, '-days', '9', '-out', file('v1.crt')];
  if (makesVersion1OnRequest()) {
    writeFileSync(file('bare.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n');
    openssl(['req', '-x509v1', '-config', file('bare.cnf'), ...key, ...issuer]);
  } else {
    openssl(['req', ...key, '-out', file('v1.csr')]);
    openssl(['x509', '-req', '-in', file('v1.csr'), ...issuer]);
  }
  await onlyStrictRefuses(t, { certFile: file('v1.crt'), keyFile: file('v1.key') }, 'version 1 certificate');
});

test('a DSA root', { skip: requires({ packages: ['openssl'] }) }, async (t) => {
  const folder = tempFolder(t);
  const file = (name: string) => join(folder, name);
  openssl(['genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt', 'dsa_paramgen_bits:2048', '-out', file('dsa.params')]);
  openssl(['genpkey', '-paramfile', file('dsa.params'), '-out', file('dsa.key')]);
  openssl(['req', '-x509', '-key', file('dsa.key'), '-subj', '/CN=DSA root', '-days', '9', '-out', file('dsa.crt')]);
  openssl(['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', file('leaf.key'), '-subj', '/CN=x', '-out', file('leaf.csr')]);
  const names = ['-copy_extensions', 'copy', '-extfile', extensionFile(file('names.ext'))];
  openssl([
    'x509',
    '-req',
    '-in',
    file('leaf.csr'),
    '-CA',
    file('dsa.crt'),
    '-CAkey',
    file('dsa.key'),
    '-days',
    '9',
    ...names,
    '-out',
    file('leaf.crt'),
  ]);
  await onlyStrictRefuses(t, { certFile: file('leaf.crt'), keyFile: file('leaf.key') }, 'DSA key in the chain', file('dsa.crt'));
});

test('the profile leaves pinned peers alone: they may be their own authority', async (t) => {
  const own = issue('pinned-ca', { dnsNames: ['localhost'], authority: true });
  const caFile = bundle('pinned', own.certFile, selfSigned().certFile);
  const pinned: Changes = { trust: { caFile }, verify: { peer: true, profile: 'strict' } };
  assert.equal((await judged(t, selfSigned(), pinned)).verdict.accepted, true);
});

test('a certificate that is trusted by itself may be its own authority, as `openssl req -x509` makes it', async (t) => {
  const own = issue('trusted-itself', { dnsNames: ['localhost'], extensions: [AUTHORITY_FLAG] });
  const strict: Changes = {
    trust: { caFile: bundle('itself', own.certFile, authority().certFile) },
    verify: { chain: true, profile: 'strict' },
  };
  const { verdict, lines } = await judged(t, own, strict);
  assert.equal(verdict.accepted, true, lines.join('\n'));
});

test('clients need no name', async (t) => {
  const shown = issue('nameless-client', { subject: 'CN=client', usages: ['clientAuth'] });
  const service = prepareServiceTls(
    serviceConfig({
      mode: 'server',
      tls: { cert: certificate('server').bothFile },
      trust: { caFile: authority().certFile },
      verify: { request: true, chain: true, require: true, profile: 'strict' },
    }),
    () => undefined,
  );
  const { verdict, lines } = await judgeClient(t, service, { cert: readFileSync(shown.certFile), key: readFileSync(shown.keyFile) });
  assert.equal(verdict.accepted, true, lines.join('\n'));
});

function extensionFile(path: string): string {
  writeFileSync(path, 'subjectAltName=DNS:localhost\n');
  return path;
}

/** OpenSSL 3.2 and later make version 3 unless they are asked; before, there was nothing to ask with. */
function makesVersion1OnRequest(): boolean {
  return spawnSync('openssl', ['req', '-help'], { encoding: 'utf8' }).stderr.includes('-x509v1');
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
