import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { suite, test } from 'node:test';
import { firstUseVerifier } from '../../../src/connection/name/first-use.ts';
import type { PinChecker, PinVerdict, PresentedKey } from '../../../src/names/pins/pin-store.ts';
import { linesOf } from '../../../src/observe/log-lines.ts';
import type { PeerFacts, Verdict } from '../../../src/tls/verdict/verify.ts';
import type { CastName } from '../../support/data/certificates.ts';
import { certificate } from '../../support/data/certificates.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const HERE = '192.0.2.7:443';

async function judged(
  name: CastName | undefined,
  says: PinVerdict,
  psk = false,
): Promise<{ verdict: Verdict; asked: [string, PresentedKey][] }> {
  const asked: [string, PresentedKey][] = [];
  const pins: PinChecker = {
    check: async (destination, presented) => {
      asked.push([destination, presented]);
      return says;
    },
  };
  const leaf = name === undefined ? undefined : new X509Certificate(certificate(name).certificate);
  const peer: PeerFacts = {
    certificate: leaf,
    chainError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    serverName: undefined,
    address: '192.0.2.7',
    resumed: false,
    psk,
    staple: undefined,
  };
  const config = serviceConfig({ verify: { chain: true, serverName: true, require: true } });
  return { verdict: await firstUseVerifier(config, HERE, pins).verify(peer), asked };
}

function notes({ verdict }: { readonly verdict: Verdict }): string {
  const about = { id: '0', service: undefined };
  return verdict.events
    .filter(({ kind }) => kind === 'pin-checked')
    .flatMap((event) => linesOf(event, about).map(({ text }) => text))
    .join('\n');
}

suite('trust on first use', () => {
  test('accepts a first and a known key, without chain and name', async () => {
    const first = await judged('server', { kind: 'learnt' });
    assert.ok(first.verdict.accepted);
    assert.equal(first.verdict.how, 'pin, trusted on first use');
    assert.match(notes(first), /PIN: Key sha256:.{44} of 192\.0\.2\.7:443 trusted on first use/);
    assert.equal(first.asked[0]?.[0], HERE);
    assert.equal(first.asked[0]?.[1].digest.length, 44);

    const known = await judged('other-name', { kind: 'known', expiresInDays: undefined });
    assert.ok(known.verdict.accepted);
    assert.equal(known.verdict.how, 'pin');
  });

  test('warns before the certificate expires', async () => {
    assert.match(
      notes(await judged('server', { kind: 'known', expiresInDays: 9 })),
      /The certificate of 192\.0\.2\.7:443 expires in 9 days/,
    );
  });

  test('refuses another key, and every key while the store is unusable', async () => {
    const mismatch = await judged('server', { kind: 'mismatch', digests: ['OLD'] });
    assert.equal(mismatch.verdict.accepted, false);
    assert.match(notes(mismatch), /pinned is sha256:OLD\nPIN: If the change is genuine: overcoat pin --remove 192\.0\.2\.7:443/);
    const unusable = await judged('server', { kind: 'unusable', why: 'disk full' });
    assert.equal(unusable.verdict.accepted, false);
    assert.match(notes(unusable), /The pin store cannot be used: disk full/);
  });

  for (const name of ['expired', 'not-yet-valid', 'wrong-usage'] as const) {
    test(`does not even learn the key of a certificate that is ${name}`, async () => {
      const { verdict, asked } = await judged(name, { kind: 'learnt' });
      assert.equal(verdict.accepted, false);
      assert.deepEqual(asked, []);
    });
  }

  test('refuses a peer without a certificate, unless a pre-shared key spoke for it', async () => {
    assert.equal((await judged(undefined, { kind: 'learnt' })).verdict.accepted, false);
    assert.equal((await judged(undefined, { kind: 'learnt' }, true)).verdict.accepted, true);
  });
});
