/**
 * The verdict on real handshakes, both modes: every way to refuse, with the lines stunnel writes for it, beside the case that is
 * accepted. Node's defaults, its environment variables and its lenient identity check must not reach through.
 */
// Tests: src/tls/verdict/subject-checks.ts
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import type { VerifyConfig } from '../../../src/config/tls-config.ts';
import { extension } from '../../../src/demo/throwaway-authority.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import { NO_ANCHORS } from '../../../src/tls/verdict/chain.ts';
import { createVerifier } from '../../../src/tls/verdict/verify.ts';
import type { Stored } from '../../support/data/certificates.ts';
import {
  authority,
  bundle,
  certificate,
  chainedCertificate,
  selfSigned,
  store,
  strangersCertificate,
} from '../../support/data/certificates.ts';
import { createSelfSigned } from '../../support/data/self-signed.ts';
import type { Judged } from '../../support/overcoat/handshake.ts';
import { certificateLines, judgeClient, judgeServer } from '../../support/overcoat/handshake.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const FAILED = 'error:0A000086:SSL routines::certificate verify failed';

/** Client mode: our service with these changes against a server that shows `shown`. */
function asClient(t: TestContext, changes: Changes, shown: Stored, peer: TlsOptions = {}, serverName?: string): Promise<Judged> {
  const service = prepareServiceTls(serviceConfig({ mode: 'client', ...changes }), () => undefined);
  return judgeServer(t, service, { cert: readFileSync(shown.certFile), key: shown.key, ...peer }, serverName);
}

/** Server mode: our service against a client that shows `shown`. */
function asServer(t: TestContext, changes: Changes, shown: Stored | undefined, peer: ConnectionOptions = {}): Promise<Judged> {
  const own = certificate('server');
  const config = serviceConfig({ mode: 'server', ...changes, tls: { cert: own.certFile, key: own.keyFile, ...changes.tls } });
  const service = prepareServiceTls(config, () => undefined);
  const identity = shown === undefined ? {} : { cert: readFileSync(shown.certFile), key: shown.key };
  return judgeClient(t, service, { ...identity, ...peer });
}

const caFile = authority().certFile;
const ROOT = '6 Certificate accepted at depth=1: CN=Overcoat test authority main';
/** The servers here staple nothing. */
const UNSTAPLED = '6 OCSP: No OCSP stapling response received';

function refused({ verdict, lines }: Judged, ...expected: string[]): void {
  assert.equal(verdict.accepted, false);
  assert.equal(verdict.accepted === false && verdict.message, FAILED);
  assert.deepEqual(lines, expected);
}

function accepted({ verdict, lines }: Judged, how: string, ...expected: string[]): void {
  assert.equal(verdict.accepted && verdict.how, how, lines.join('\n'));
  assert.deepEqual(lines, expected);
}

test('verifyChain, client mode', async (t) => {
  const chain: Changes = { trust: { caFile }, verify: { chain: true } };
  await t.test('a certificate of the trusted authority', async (t) => {
    const judged = await asClient(t, chain, certificate('server'));
    accepted(judged, 'chain', ROOT, '6 CERT: No subject checks configured', UNSTAPLED, '5 Certificate accepted at depth=0: CN=localhost');
  });
  await t.test('below an intermediate that was sent along', async (t) => {
    assert.equal((await asClient(t, chain, chainedCertificate())).verdict.accepted, true);
  });
  await t.test('an authority nobody trusts', async (t) => {
    const judged = await asClient(t, chain, strangersCertificate());
    refused(
      judged,
      '4 CERT: Pre-verification error: unable to get local issuer certificate',
      '4 Rejected by CERT at depth=0: CN=localhost',
    );
  });
  await t.test('self-signed', async (t) => {
    const judged = await asClient(t, chain, selfSigned());
    refused(judged, '4 CERT: Pre-verification error: self-signed certificate', '4 Rejected by CERT at depth=0: CN=localhost');
  });
  await t.test('expired', async (t) => {
    const judged = await asClient(t, chain, certificate('expired'));
    refused(judged, '4 CERT: Pre-verification error: certificate has expired', '4 Rejected by CERT at depth=0: CN=localhost');
  });
  await t.test('not yet valid', async (t) => {
    const judged = await asClient(t, chain, certificate('not-yet-valid'));
    refused(judged, '4 CERT: Pre-verification error: certificate is not yet valid', '4 Rejected by CERT at depth=0: CN=localhost');
  });
  await t.test('for another purpose', async (t) => {
    const judged = await asClient(t, chain, certificate('wrong-usage'));
    refused(judged, '4 CERT: Pre-verification error: unsuitable certificate purpose', '4 Rejected by CERT at depth=0: CN=localhost');
  });
  await t.test('a key or digest too weak for the security level', async (t) => {
    const weak = { ciphers: 'DEFAULT:@SECLEVEL=0' };
    const reasons = { 'weak-key': 'EE certificate key too weak', 'weak-digest': 'CA signature digest algorithm too weak' } as const;
    for (const name of ['weak-key', 'weak-digest'] as const) {
      const judged = await asClient(t, chain, certificate(name), weak);
      refused(judged, `4 CERT: Pre-verification error: ${reasons[name]}`, '4 Rejected by CERT at depth=0: CN=localhost');
    }
    const weakRoot = authority('weak', 'rsa1024');
    const below = store('below-weak', weakRoot.issue({ dnsNames: ['localhost'] }));
    const judged = await asClient(t, { trust: { caFile: weakRoot.certFile }, verify: { chain: true } }, below, weak);
    refused(
      judged,
      '4 CERT: Pre-verification error: CA certificate key too weak',
      '4 Rejected by CERT at depth=1: CN=Overcoat test authority weak',
    );
  });
});

test('check* options, client mode', async (t) => {
  const trust = { caFile };
  const good: readonly [Partial<VerifyConfig>, string][] = [
    [{ chain: true, checkHost: ['localhost'] }, '6 CERT: Host name "localhost" matched with "localhost"'],
    [{ chain: true, checkHost: ['wrong.test', 'localhost'] }, '6 CERT: Host name "localhost" matched with "localhost"'],
    [{ chain: true, checkIp: ['127.0.0.1'] }, '6 CERT: IP address "127.0.0.1" matched'],
    [{ chain: true, checkHost: ['wrong.test'], checkIp: ['::1'] }, '6 CERT: IP address "::1" matched'],
  ];
  for (const [verify, line] of good) {
    await t.test(JSON.stringify(verify), async (t) => {
      const judged = await asClient(t, { trust, verify }, certificate('server'));
      accepted(judged, 'chain and name', ROOT, line, UNSTAPLED, '5 Certificate accepted at depth=0: CN=localhost');
    });
  }
  const bad: readonly Partial<VerifyConfig>[] = [
    { chain: true, checkHost: ['wrong.test'] },
    { chain: true, checkHost: ['127.0.0.1'] },
    { chain: true, checkIp: ['127.0.0.2'] },
    { chain: true, checkEmail: ['root@localhost'] },
    { chain: true, checkHost: ['wrong.test'], checkIp: ['127.0.0.2'], checkEmail: ['a@b'] },
  ];
  for (const verify of bad) {
    await t.test(JSON.stringify(verify), async (t) => {
      const judged = await asClient(t, { trust, verify }, certificate('server'));
      refused(judged, ROOT, '4 CERT: Subject checks failed', '4 Rejected by CERT at depth=0: CN=localhost');
    });
  }
  await t.test('the learnt server name', async (t) => {
    const verify = { chain: true, serverName: true };
    assert.equal((await asClient(t, { trust, verify }, certificate('server'))).verdict.accepted, true);
    const other = await asClient(t, { trust, verify }, certificate('other-name'));
    refused(
      other,
      ROOT,
      '6 CERT: No subject checks configured',
      '4 CERT: Subject checks failed',
      '4 Rejected by CERT at depth=0: CN=other.test',
    );
  });
  await t.test('an address in place of a name, by the address that was dialled', async () => {
    const config = serviceConfig({ trust, verify: { chain: true, serverName: true } });
    const service = prepareServiceTls(config, () => undefined);
    const verdict = async (address: string) =>
      service.verifier.verify({
        certificate: certificate('server').x509,
        chainError: undefined,
        serverName: undefined,
        address,
        resumed: false,
        psk: false,
        staple: undefined,
      });
    assert.equal((await verdict('127.0.0.1')).accepted, true);
    assert.equal((await verdict('127.0.0.2')).accepted, false);
  });
});

test('verifyPeer, client mode: subject and key of a local certificate', async (t) => {
  const pinned = (file: string, verify = {}): Changes => ({ trust: { caFile: file }, verify: { peer: true, ...verify } });
  await t.test('the very certificate', async (t) => {
    const judged = await asClient(t, pinned(certificate('server').certFile), certificate('server'));
    accepted(
      judged,
      'local certificate',
      '6 CERT: Pre-verification error ignored: unable to get local issuer certificate',
      '6 CERT: No subject checks configured',
      '6 CERT: Locally installed certificate matched',
      '5 Certificate accepted at depth=0: CN=localhost',
    );
  });
  await t.test('a self-signed one that is in the file', async (t) => {
    assert.equal((await asClient(t, pinned(selfSigned().certFile), selfSigned())).verdict.accepted, true);
  });
  const { privateKey: key } = certificate('server');
  const local = { dnsNames: ['localhost'] };
  await t.test('renewed with the same key and subject', async (t) => {
    const renewed = store('renewed', authority().issue({ ...local, key }));
    assert.equal((await asClient(t, pinned(certificate('server').certFile), renewed)).verdict.accepted, true);
  });
  await t.test('renewed by another authority, subject in another spelling', async (t) => {
    const renewed = store('renewed-spelling', authority('stranger').issue({ ...local, subject: 'CN=LOCALHOST', key }));
    assert.equal((await asClient(t, pinned(certificate('server').certFile), renewed)).verdict.accepted, true);
  });
  const refusals: readonly (readonly [string, string, Stored, string])[] = [
    [
      'the same key under another subject',
      certificate('server').certFile,
      store('other-subject', authority().issue({ ...local, subject: 'CN=other', key })),
      'Certificate not found in local repository',
    ],
    [
      'the same subject with another key',
      certificate('server').certFile,
      store('other-key', authority().issue(local)),
      'Certificate not found in local repository',
    ],
    ['only its authority is local', caFile, certificate('server'), 'Certificate not found in local repository'],
    ['expired', certificate('expired').certFile, certificate('expired'), 'Pre-verification error: certificate has expired'],
    [
      'not yet valid',
      certificate('not-yet-valid').certFile,
      certificate('not-yet-valid'),
      'Pre-verification error: certificate is not yet valid',
    ],
    [
      'for another purpose',
      certificate('wrong-usage').certFile,
      certificate('wrong-usage'),
      'Pre-verification error: unsuitable certificate purpose',
    ],
    [
      'for clients only',
      certificate('client-usage').certFile,
      certificate('client-usage'),
      'Pre-verification error: unsuitable certificate purpose',
    ],
    ['a key too weak', certificate('weak-key').certFile, certificate('weak-key'), 'Pre-verification error: EE certificate key too weak'],
    ['self-signed and not local', caFile, selfSigned(), 'Pre-verification error: self-signed certificate'],
    [
      'self-signed again with the same key and subject',
      selfSigned().certFile,
      store('self-signed-again', createSelfSigned({ ...local, key: selfSigned().privateKey })),
      'Pre-verification error: self-signed certificate',
    ],
  ];
  for (const [name, file, shown, reason] of refusals) {
    await t.test(name, async (t) => {
      const judged = await asClient(t, pinned(file), shown, { ciphers: 'DEFAULT:@SECLEVEL=0' });
      assert.equal(judged.verdict.accepted, false);
      assert.ok(judged.lines.includes(`4 CERT: ${reason}`), judged.lines.join('\n'));
      assert.match(judged.lines.at(-1) ?? '', /^4 Rejected by CERT at depth=0: CN=/);
    });
  }
  await t.test('check* is asked before the local certificates', async (t) => {
    const judged = await asClient(t, pinned(caFile, { checkHost: ['wrong.test'] }), certificate('server'));
    assert.ok(judged.lines.includes('4 CERT: Subject checks failed'), judged.lines.join('\n'));
    assert.ok(!judged.lines.some((line) => line.includes('local repository')));
  });
  await t.test('together with verifyChain (verify = 3) both must hold', async (t) => {
    const both = { trust: { caFile: bundle('both', caFile, certificate('server').certFile) }, verify: { chain: true, peer: true } };
    const judged = await asClient(t, both, certificate('server'));
    assert.equal(judged.verdict.accepted && judged.verdict.how, 'chain and local certificate');
    assert.equal((await asClient(t, both, certificate('rsa'))).verdict.accepted, false);
    const onlyLocal = { trust: { caFile: certificate('server').certFile }, verify: { chain: true, peer: true } };
    assert.equal((await asClient(t, onlyLocal, certificate('server'))).verdict.accepted, false);
  });
});

test('pin: the public key', async (t) => {
  const sha256 = (shown: Stored) => ({ kind: 'sha256', digest: shown.pin }) as const;
  const file = (path: string) => ({ kind: 'file', path }) as const;
  await t.test('alone it replaces chain and name', async (t) => {
    const judged = await asClient(t, { verify: { pins: [sha256(selfSigned())] } }, selfSigned(), {}, 'any.test');
    assert.equal(judged.verdict.accepted && judged.verdict.how, 'pin', judged.lines.join('\n'));
  });
  await t.test('one of several', async (t) => {
    const pins = [sha256(certificate('rsa')), file(certificate('server').certFile)];
    assert.equal((await asClient(t, { verify: { pins } }, certificate('server'))).verdict.accepted, true);
  });
  await t.test('the same key in another certificate', async (t) => {
    const { privateKey: key } = certificate('server');
    const other = store('pin-renewed', authority('stranger').issue({ subject: 'CN=other', dnsNames: ['other.test'], key }));
    assert.equal((await asClient(t, { verify: { pins: [file(certificate('server').certFile)] } }, other)).verdict.accepted, true);
  });
  await t.test('another key', async (t) => {
    const judged = await asClient(t, { verify: { pins: [sha256(certificate('rsa'))] } }, certificate('server'));
    assert.equal(judged.verdict.accepted, false);
    assert.ok(judged.lines.includes('4 CERT: Public key does not match any pin'));
  });
  await t.test('dates, purpose and strength are still looked at', async (t) => {
    for (const name of ['expired', 'not-yet-valid', 'wrong-usage', 'weak-key'] as const) {
      const shown = certificate(name);
      const judged = await asClient(t, { verify: { pins: [sha256(shown)] } }, shown, { ciphers: 'DEFAULT:@SECLEVEL=0' });
      assert.equal(judged.verdict.accepted, false, name);
    }
  });
  await t.test('beside a chain both must hold', async (t) => {
    const both = (pin: Stored): Changes => ({ trust: { caFile }, verify: { chain: true, pins: [sha256(pin)] } });
    const good = await asClient(t, both(certificate('server')), certificate('server'));
    assert.equal(good.verdict.accepted && good.verdict.how, 'chain and pin');
    assert.equal((await asClient(t, both(certificate('rsa')), certificate('server'))).verdict.accepted, false);
    assert.equal((await asClient(t, both(strangersCertificate()), strangersCertificate())).verdict.accepted, false);
  });
  await t.test('beside a name both must hold', async (t) => {
    const verify = { pins: [sha256(selfSigned())], serverName: true };
    assert.equal((await asClient(t, { verify }, selfSigned())).verdict.accepted, true);
    assert.equal((await asClient(t, { verify }, selfSigned(), {}, 'other.test')).verdict.accepted, false);
  });
});

test('server mode: verify = 0 to 4', async (t) => {
  const client = certificate('client');
  const level = (verify: Partial<VerifyConfig>, file = caFile): Changes => ({
    trust: { caFile: file },
    verify: { request: true, ...verify },
  });
  await t.test('nothing asked: nobody looks', async (t) => {
    const judged = await asServer(t, {}, client);
    accepted(judged, 'not verified');
  });
  await t.test('0: anything goes', async (t) => {
    for (const shown of [undefined, client, strangersCertificate()]) {
      const judged = await asServer(t, level({}), shown);
      accepted(judged, 'not verified', ...(shown === undefined ? [] : ['6 Certificate verification disabled']));
    }
  });
  await t.test('1: none, or a good one', async (t) => {
    const optional = level({ chain: true, require: false });
    assert.equal((await asServer(t, optional, undefined)).verdict.accepted, true);
    assert.equal((await asServer(t, optional, client)).verdict.accepted, true);
    assert.equal((await asServer(t, optional, strangersCertificate())).verdict.accepted, false);
  });
  await t.test('2: a good one', async (t) => {
    const required = level({ chain: true, require: true });
    accepted(
      await asServer(t, required, client),
      'chain',
      ROOT,
      '6 CERT: No subject checks configured',
      '5 Certificate accepted at depth=0: CN=client',
    );
    const missing = await asServer(t, required, undefined);
    assert.deepEqual(missing.verdict, {
      accepted: false,
      events: [],
      error: 'APPLICATION_VERIFICATION',
      message: 'error:0A0000C7:SSL routines::peer did not return a certificate',
      because: { kind: 'certificate', of: 'client', depth: 0, subject: '', fault: 'missing' },
    });
    for (const shown of [strangersCertificate(), selfSigned(), certificate('expired'), certificate('wrong-usage')]) {
      assert.equal((await asServer(t, required, shown)).verdict.accepted, false);
    }
  });
  await t.test('a certificate for servers is none for clients', async (t) => {
    const serverOnly = store('server-only', authority().issue({ dnsNames: ['localhost'], usages: ['serverAuth'] }));
    assert.equal((await asServer(t, level({ chain: true, require: true }), serverOnly)).verdict.accepted, false);
    const pinned = level({ peer: true, require: true }, serverOnly.certFile);
    assert.equal((await asServer(t, pinned, serverOnly)).verdict.accepted, false);
  });
  await t.test('4: the very client', async (t) => {
    const pinned = level({ peer: true, require: true }, client.certFile);
    assert.equal((await asServer(t, pinned, client)).verdict.accepted, true);
    assert.equal((await asServer(t, pinned, certificate('server'))).verdict.accepted, false);
    assert.equal((await asServer(t, pinned, undefined)).verdict.accepted, false);
  });
  await t.test('check* with a client certificate', async (t) => {
    const mail = (checkEmail: string[]) => level({ chain: true, require: true, checkEmail });
    assert.equal((await asServer(t, mail(['client@client.test']), client)).verdict.accepted, true);
    assert.equal((await asServer(t, mail(['other@client.test']), client)).verdict.accepted, false);
  });
  await t.test('a pin', async (t) => {
    const pinned = (shown: Stored) => level({ require: true, pins: [{ kind: 'sha256', digest: shown.pin }] });
    assert.equal((await asServer(t, pinned(client), client)).verdict.accepted, true);
    assert.equal((await asServer(t, pinned(client), certificate('server'))).verdict.accepted, false);
    assert.equal((await asServer(t, pinned(client), undefined)).verdict.accepted, false);
  });
});

test('nobody is verified where nothing is configured, and it says so', async (t) => {
  accepted(await asClient(t, {}, strangersCertificate()), 'not verified');
});

test('the environment cannot switch verification off', async (t) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const chain: Changes = { trust: { caFile }, verify: { chain: true, serverName: true } };
  assert.equal((await asClient(t, chain, strangersCertificate())).verdict.accepted, false);
  assert.equal((await asClient(t, chain, certificate('other-name'))).verdict.accepted, false);
  assert.equal((await asClient(t, chain, certificate('server'))).verdict.accepted, true);
});

test('neither the common name nor a partial wildcard passes for the name', async (t) => {
  const chain: Changes = { trust: { caFile }, verify: { chain: true, serverName: true } };
  const commonName = store('cn-only', authority().issue({ subject: 'CN=a.example.test' }));
  const partial = store('partial', authority().issue({ subject: 'CN=x', dnsNames: ['a*.example.test', '*.test'] }));
  const nul = store('nul', authority().issue({ subject: 'CN=x', dnsNames: ['a.example.test\0.evil.test'] }));
  for (const shown of [commonName, partial, nul]) {
    assert.equal((await asClient(t, chain, shown, {}, 'a.example.test')).verdict.accepted, false);
  }
  assert.equal((await asClient(t, chain, certificate('wildcard'), {}, 'a.example.test')).verdict.accepted, true);
});

test('a certificate that expires while its session lives is refused on resumption', () => {
  const leaf = certificate('server').x509;
  const config = serviceConfig({ trust: { caFile }, verify: { chain: true } });
  const later = new Date(leaf.validToDate.getTime() + 1000);
  const verifier = createVerifier(
    config,
    { anchors: NO_ANCHORS, local: undefined, pins: new Set(), revocationLists: undefined, ocsp: undefined },
    () => later,
  );
  const verdict = verifier.verify({
    certificate: leaf,
    chainError: undefined,
    serverName: undefined,
    address: undefined,
    resumed: true,
    psk: false,
    staple: undefined,
  });
  assert.ok(!(verdict instanceof Promise));
  assert.equal(verdict.accepted, false);
  assert.equal(certificateLines(verdict)[0], '4 CERT: Pre-verification error: certificate has expired');
});

test('a critical extension that nobody knows makes a pinned certificate unusable', async (t) => {
  const odd = store('critical', createSelfSigned({ dnsNames: ['localhost'], extensions: [extension('1.2.3.4.5', true, Buffer.of(5, 0))] }));
  const judged = await asClient(t, { verify: { pins: [{ kind: 'sha256', digest: odd.pin }] } }, odd);
  assert.equal(judged.verdict.accepted, false);
  assert.equal(judged.lines[0], '4 CERT: Pre-verification error: unhandled critical extension');
});

test('the subject is written as OpenSSL does', async (t) => {
  const shown = store('subject', authority().issue({ subject: 'C=DE, O=Acme;Inc, CN=a.test', dnsNames: ['a.test'] }));
  const judged = await asClient(t, { trust: { caFile }, verify: { chain: true } }, shown);
  assert.equal(judged.lines.at(-1), '5 Certificate accepted at depth=0: C=DE, O="Acme;Inc", CN=a.test');
  assert.ok(new X509Certificate(shown.certificate).subject.includes('\n'));
});
