import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { DnsMemoryLimits } from '../../../src/names/dns/memory.ts';
import { DnsMemory } from '../../../src/names/dns/memory.ts';

function open(limits: Partial<DnsMemoryLimits> = {}): { memory: DnsMemory; later(seconds: number): void } {
  let now = 1000;
  const memory = new DnsMemory({ marginMs: 10_000, ...limits }, () => now);
  return {
    memory,
    later: (seconds) => {
      now += seconds * 1000;
    },
  };
}

const told = (name: string, ...addresses: string[]) => ({ name, addresses, ttlSeconds: 60 });

suite('the DNS memory', () => {
  test('knows which client was told which name, for the TTL and its margin', () => {
    const { memory, later } = open();
    memory.remember('10.0.0.5', told('www.example.org', '192.0.2.1', '192.0.2.2'));
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.2'), { kind: 'one', name: 'www.example.org' });
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.3'), { kind: 'none' });
    later(69);
    assert.equal(memory.nameFor('10.0.0.5', '192.0.2.1').kind, 'one');
    later(2);
    assert.equal(memory.nameFor('10.0.0.5', '192.0.2.1').kind, 'none');
  });

  test('what one client asked never speaks for another', () => {
    const { memory } = open();
    memory.remember('10.0.0.6', told('evil.example', '192.0.2.1'));
    assert.equal(memory.nameFor('10.0.0.5', '192.0.2.1').kind, 'none');
  });

  test('the same address is the same in every spelling', () => {
    const { memory } = open();
    memory.remember('::ffff:10.0.0.5', told('a.example', '192.0.2.1', '2001:db8::7'));
    assert.equal(memory.nameFor('10.0.0.5', '::ffff:192.0.2.1').kind, 'one');
    assert.equal(memory.nameFor('10.0.0.5', '2001:DB8:0::7').kind, 'one');
    memory.remember('not an address', told('a.example', '192.0.2.1'));
    assert.equal(memory.nameFor('not an address', '192.0.2.1').kind, 'none');
  });

  test('several live names for one address are several, the newest last, until one has died', () => {
    const { memory, later } = open();
    memory.remember('10.0.0.5', told('a.example', '192.0.2.1'));
    later(30);
    memory.remember('10.0.0.5', told('b.example', '192.0.2.1'));
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.1'), { kind: 'several', names: ['a.example', 'b.example'] });
    later(45);
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.1'), { kind: 'one', name: 'b.example' });
  });

  test('asking again renews a name, and makes it the newest', () => {
    const { memory, later } = open();
    memory.remember('10.0.0.5', told('a.example', '192.0.2.1'));
    memory.remember('10.0.0.5', told('b.example', '192.0.2.1'));
    later(60);
    memory.remember('10.0.0.5', told('a.example', '192.0.2.1'));
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.1'), { kind: 'several', names: ['b.example', 'a.example'] });
    later(20);
    assert.deepEqual(memory.nameFor('10.0.0.5', '192.0.2.1'), { kind: 'one', name: 'a.example' });
  });

  test('is bounded: names of a pair, addresses of a client, pairs altogether', () => {
    const { memory } = open({ pairs: 10, pairsOfClient: 5, names: 3 });
    for (const name of ['a', 'b', 'c', 'd']) memory.remember('10.0.0.1', told(`${name}.example`, '192.0.2.1'));
    assert.deepEqual(memory.nameFor('10.0.0.1', '192.0.2.1'), { kind: 'several', names: ['b.example', 'c.example', 'd.example'] });

    for (let index = 2; index < 9; index++) memory.remember('10.0.0.1', told('x.example', `192.0.2.${index}`));
    assert.equal(memory.size, 5);
    assert.equal(memory.nameFor('10.0.0.1', '192.0.2.3').kind, 'none');
    assert.equal(memory.nameFor('10.0.0.1', '192.0.2.8').kind, 'one');

    for (let client = 2; client < 9; client++) memory.remember(`10.0.0.${client}`, told('y.example', '192.0.2.1', '192.0.2.2'));
    assert.equal(memory.size, 10);
    assert.equal(memory.nameFor('10.0.0.1', '192.0.2.8').kind, 'none');
    assert.equal(memory.nameFor('10.0.0.8', '192.0.2.2').kind, 'one');
  });
});
