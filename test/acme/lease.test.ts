/** A lock that processes and hosts share: one holder, an owner that died or fell silent loses it, and nobody else's is taken away. */
// Tests: src/acme/lease.ts
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Lease, Leases } from '../../src/acme/lease.ts';
import { tempFolder } from '../support/temp.ts';

function elsewhere(count = 0): string {
  return JSON.stringify({ host: 'other', pid: 7, realm: 'another boot', id: 'x', count });
}

suite('a lease', () => {
  test('has one holder of many who try at once, and leaves nothing behind', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'lock');
    const tries = await Promise.all(Array.from({ length: 20 }, () => new Leases({ leaseMs: 60_000 }).take(file)));
    const held = tries.filter((each) => each instanceof Lease);
    assert.equal(held.length, 1);
    assert.ok(tries.some((each) => 'holder' in each && each.holder.includes(String(process.pid))));
    assert.deepEqual(readdirSync(folder), ['lock']);
    await held[0]?.giveBack();
    assert.deepEqual(readdirSync(folder), []);
  });

  test('of another host is taken away when it was silent for the whole lease, as our own clock sees it', async (t) => {
    const file = join(tempFolder(t), 'lock');
    let now = 0;
    const leases = new Leases({ leaseMs: 1000, now: () => now });
    writeFileSync(file, elsewhere());
    assert.deepEqual(await leases.take(file), { holder: 'process 7 on other' });
    now = 999;
    assert.ok('holder' in (await leases.take(file)));
    writeFileSync(file, elsewhere(1));
    now = 1500;
    assert.ok('holder' in (await leases.take(file)), 'it has written');
    now = 2500;
    const taken = await leases.take(file);
    assert.ok(taken instanceof Lease);
    await taken.giveBack();
    assert.ok(!existsSync(file));
  });

  test('of a process of this machine that has ended is free at once', async (t) => {
    const file = join(tempFolder(t), 'lock');
    const own = await new Leases({ leaseMs: 60_000 }).take(file);
    assert.ok(own instanceof Lease);
    const text = readFileSync(file, 'utf8');
    await own.giveBack();
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), pid: 2 ** 22 - 3, id: 'gone' }));
    const taken = await new Leases({ leaseMs: 60_000 }).take(file);
    assert.ok(taken instanceof Lease);
    await taken.giveBack();
  });

  test('that somebody took is not given back for them', async (t) => {
    const file = join(tempFolder(t), 'lock');
    const own = await new Leases({ leaseMs: 60_000 }).take(file);
    assert.ok(own instanceof Lease);
    writeFileSync(file, elsewhere());
    assert.equal(await own.isOurs(), false);
    await own.giveBack();
    assert.equal(readFileSync(file, 'utf8'), elsewhere());
  });
});
