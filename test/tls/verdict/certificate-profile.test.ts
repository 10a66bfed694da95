/** `certProfile = strict`: certificates OpenSSL accepts and a careful verifier does not, each on a real handshake under both profiles. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { CertificateRequest } from '../../../src/demo/throwaway-authority.ts';
import { createAuthority, extension } from '../../../src/demo/throwaway-authority.ts';
import { boolean, contextTag, explicitTag, objectIdentifier, sequence } from '../../../src/tls/certificate/der-writer.ts';
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
  assert.equal(
    strict.lines[0],
    `4 CERT: Pre-verification error: ${BY_OPENSSL.has(problem) ? '' : 'strict certificate profile: '}${problem}`,
  );
}

/** What its strict flag finds, before we look. */
const BY_OPENSSL: ReadonlySet<string> = new Set([
  'Missing Authority Key Identifier',
  'Missing Subject Key Identifier',
  'Basic Constraints of CA cert not marked critical',
  'CA cert does not include key usage extension',
  'Empty Subject Alternative Name extension',
  'Subject empty and Subject Alt Name extension not critical',
  'invalid CA certificate',
]);

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
  await onlyStrictRefuses(t, issue('key-cert-sign', { dnsNames: ['localhost'], extensions: [usage] }), 'invalid CA certificate');
});

test('a wildcard that an excluded subtree meets is refused by both profiles', async (t) => {
  for (const [subtree, excluded] of [
    ['secret.example.test', true],
    ['.secret.example.test', true],
    ['example.test', true],
    ['.example.test', true],
    ['SECRET.example.test', true],
    ['other.test', false],
  ] as const) {
    const intermediate = authority().intermediate({ subject: `CN=Excluding ${subtree}`, extensions: [excluding(subtree)] });
    const issued = intermediate.issue({ dnsNames: ['*.example.test'] });
    const shown = store(`profile-excluding-${subtree}`, issued, intermediate.certificate);
    for (const profile of ['openssl', 'strict'] as const) {
      const { verdict, lines } = await judged(t, shown, { trust: { caFile: authority().certFile }, verify: { chain: true, profile } });
      assert.equal(verdict.accepted, !excluded, `${subtree} ${profile} ${lines.join()}`);
    }
  }
});

const named: CertificateRequest = { dnsNames: ['localhost'] };

/** nameConstraints that permit everything below a name. */
const PERMITTING = extension('2.5.29.30', true, sequence(explicitTag(0, sequence(contextTag(2, Buffer.from('localhost'))))));
const AIA = '1.3.6.1.5.5.7.1.1';
const access = (place: Buffer) => sequence(sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), place));
const oddRsa = () => generateKeyPairSync('rsa', { modulusLength: 2052 }).privateKey;
/** subjectAltName that is critical, for a certificate without a subject. */
const criticalNames = extension('2.5.29.17', true, sequence(contextTag(2, Buffer.from('localhost'))));

const MALFORMED = 'malformed authority information access';

/** Leaves of the test authority, one thing wrong with each. */
const LEAVES: readonly (readonly [what: string, request: () => CertificateRequest, problem: string])[] = [
  ['no authority key identifier', () => ({ ...named, without: ['authority-key'] }), 'Missing Authority Key Identifier'],
  ['name constraints', () => ({ ...named, extensions: [PERMITTING] }), 'name constraints in a peer certificate'],
  ['underscore', () => ({ dnsNames: ['localhost', 'a_b.example.test'] }), 'underscore in a DNS name'],
  ['blank in a DNS name', () => ({ dnsNames: ['localhost', 'a b.test'] }), 'subjectAltName with an invalid DNS name'],
  ['empty label', () => ({ dnsNames: ['localhost', 'a..test'] }), 'subjectAltName with an invalid DNS name'],
  ['NUL in a DNS name', () => ({ dnsNames: ['localhost', 'a.test\0.b.test'] }), 'subjectAltName with an invalid DNS name'],
  ['address as DNS name', () => ({ dnsNames: ['localhost', '192.0.2.1'] }), 'subjectAltName with an invalid DNS name'],
  ['mail without @', () => ({ ...named, emails: ['nobody'] }), 'subjectAltName with an invalid mail address'],
  ['mail with a blank', () => ({ ...named, emails: ['a b@example.test'] }), 'subjectAltName with an invalid mail address'],
  ['mail with two @', () => ({ ...named, emails: ['a@b@example.test'] }), 'subjectAltName with an invalid mail address'],
  ['mail with an empty atom', () => ({ ...named, emails: ['a..b@example.test'] }), 'subjectAltName with an invalid mail address'],
  ['mail with a bad host', () => ({ ...named, emails: ['a@b..test'] }), 'subjectAltName with an invalid mail address'],
  ['empty subject', () => ({ ...named, subject: '' }), 'Subject empty and Subject Alt Name extension not critical'],
  ['no access description', () => ({ ...named, extensions: [extension(AIA, false, sequence())] }), MALFORMED],
  [
    'access that is no URI',
    () => ({ ...named, extensions: [extension(AIA, false, access(contextTag(6, Buffer.from('nowhere'))))] }),
    MALFORMED,
  ],
  [
    'access without a place',
    () => ({ ...named, extensions: [extension(AIA, false, sequence(sequence(objectIdentifier('1.2.3'))))] }),
    MALFORMED,
  ],
  ['access that is no DER', () => ({ ...named, extensions: [extension(AIA, false, Buffer.from('nonsense'))] }), MALFORMED],
  ['odd RSA length', () => ({ ...named, key: oddRsa() }), 'RSA key whose length is not divisible by 8'],
  ['other common name', () => ({ ...named, subject: 'CN=elsewhere.test' }), 'common name that is no subjectAltName'],
  ['two common names', () => ({ ...named, subject: 'CN=localhost, CN=elsewhere.test' }), 'common name that is no subjectAltName'],
];

suite('one thing wrong with a leaf', () => {
  for (const [what, request, problem] of LEAVES) {
    test(what, (t) => onlyStrictRefuses(t, issue(`leaf-${what.replaceAll(' ', '-')}`, request()), problem));
  }
});

/** Intermediates. */
const AUTHORITIES: readonly (readonly [what: string, request: () => CertificateRequest, problem: string])[] = [
  ['no subject key identifier', () => ({ without: ['subject-key'] }), 'Missing Subject Key Identifier'],
  ['no authority key identifier', () => ({ without: ['authority-key'] }), 'Missing Authority Key Identifier'],
  ['constraints that are not critical', () => ({ without: ['criticality'] }), 'Basic Constraints of CA cert not marked critical'],
  ['no key usage', () => ({ without: ['key-usage'] }), 'CA cert does not include key usage extension'],
  ['odd RSA length', () => ({ key: oddRsa() }), 'RSA key whose length is not divisible by 8'],
];

suite('one thing wrong with an authority', () => {
  for (const [what, request, problem] of AUTHORITIES) {
    test(what, (t) => {
      const intermediate = authority().intermediate({ subject: `CN=With ${what}`, ...request() });
      const name = `profile-authority-${what.replaceAll(' ', '-')}`;
      return onlyStrictRefuses(t, store(name, intermediate.issue(named), intermediate.certificate), problem);
    });
  }

  test('a root without critical basic constraints', (t) => {
    const root = createAuthority({ subject: 'CN=Careless root', without: ['criticality'] });
    const shown = store('profile-careless-leaf', root.issue(named));
    const problem = 'Basic Constraints of CA cert not marked critical';
    return onlyStrictRefuses(t, shown, problem, store('profile-careless-root', root).certFile);
  });
});

test('what looks odd and is not wrong passes', async (t) => {
  const root = createAuthority({ subject: 'CN=Root without key usage', without: ['key-usage'] });
  const roots = bundle('without-key-usage', store('profile-root-usage', root).certFile, authority().certFile);
  for (const [what, shown] of [
    ['empty subject', issue('critical-names', { subject: '', extensions: [criticalNames] })],
    ['address as common name', issue('address-cn', { subject: 'CN=127.0.0.1', ipAddresses: ['127.0.0.1'] })],
    ['mail', issue('odd-mail', { ...named, emails: ['first.last+tag@example.test', '"a@b"@example.test'] })],
    ['letter case', issue('case-cn', { ...named, subject: 'CN=LocalHost' })],
    ['a trusted root as openssl req -x509 makes it', store('profile-root-usage-leaf', root.issue(named))],
    ['no subject key identifier in a leaf', issue('no-ski', { ...named, without: ['subject-key'] })],
  ] as const) {
    const { verdict, lines } = await judged(t, shown, { trust: { caFile: roots }, verify: { chain: true, profile: 'strict' } });
    assert.equal(verdict.accepted, true, `${what} ${lines.join()}`);
  }
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
  openssl(['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', file('leaf.key'), '-subj', '/CN=localhost', '-out', file('leaf.csr')]);
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
