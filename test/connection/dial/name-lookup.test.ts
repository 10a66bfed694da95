/** Names become addresses without one slow name holding up another, and old answers stand in for missing ones. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { NameLookup } from '../../../src/connection/dial/name-lookup.ts';

type Answer = { readonly addresses: readonly { readonly address: string; readonly family: 4 | 6 }[] } | { readonly error: string };

/** A resolver whose answers the test gives, and how often each name was asked. */
function resolver(): {
  ask: (host: string) => Promise<Answer>;
  answer: (host: string, answer: Answer) => void;
  asked: Map<string, number>;
} {
  const waiting = new Map<string, (answer: Answer) => void>();
  const asked = new Map<string, number>();
  return {
    asked,
    ask: (host) => {
      asked.set(host, (asked.get(host) ?? 0) + 1);
      return new Promise((resolve) => waiting.set(host, resolve));
    },
    answer: (host, answer) => waiting.get(host)?.(answer),
  };
}

const one = { addresses: [{ address: '192.0.2.1', family: 4 }] } as const;

suite('name look-ups', () => {
  test('ask once for all who wait', async () => {
    const { ask, answer, asked } = resolver();
    const lookup = new NameLookup(ask);
    const found = [lookup.find('a.test'), lookup.find('a.test')];
    answer('a.test', one);
    assert.deepEqual(await Promise.all(found), [one, one]);
    assert.equal(asked.get('a.test'), 1);
    void lookup.find('a.test');
    assert.equal(asked.get('a.test'), 2, 'and again for those who come later');
  });

  test('wait five seconds, and one name does not wait for another', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { ask, answer } = resolver();
    const lookup = new NameLookup(ask);
    const slow = lookup.find('slow.test');
    const quick = lookup.find('quick.test');
    answer('quick.test', one);
    assert.deepEqual(await quick, one);
    t.mock.timers.tick(5000);
    assert.deepEqual(await slow, { error: 'no answer within 5 seconds' });
  });

  test('fall back to what was found before', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { ask, answer } = resolver();
    const lookup = new NameLookup(ask);
    const first = lookup.find('a.test');
    answer('a.test', one);
    await first;
    const second = lookup.find('a.test');
    answer('a.test', { error: 'Temporary failure in name resolution (EAI_AGAIN)' });
    assert.deepEqual(await second, one);
    const third = lookup.find('a.test');
    t.mock.timers.tick(5000);
    assert.deepEqual(await third, one);
  });

  test("say what the resolver said, in the C library's words", async () => {
    assert.deepEqual(await new NameLookup().find('nowhere.invalid'), { error: 'Neither nodename nor servname known (EAI_NONAME)' });
  });

  test('find this machine', async () => {
    const found = await new NameLookup().find('localhost');
    assert.ok('addresses' in found && found.addresses.some(({ address }) => address === '127.0.0.1' || address === '::1'));
  });
});
