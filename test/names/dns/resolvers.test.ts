import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseResolvConf, systemResolvers } from '../../../src/names/dns/resolvers.ts';
import { tempFolder } from '../../support/temp.ts';

const at = (address: string) => ({ address, port: 53 });

suite("the machine's resolvers", () => {
  test('are the nameserver lines of resolv.conf, at most three', () => {
    const text =
      '# c\nsearch lan\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 \nnameserver name\nnameserver fe80::1%eth0\nnameserver 192.0.2.4\n';
    assert.deepEqual(parseResolvConf(text), [at('192.0.2.1'), at('2001:db8::1'), at('fe80::1%eth0')]);
    assert.deepEqual(parseResolvConf('search lan\n'), [at('127.0.0.1')]);
  });

  test('are read again when the file changes, and kept when it is gone', (t) => {
    const file = join(tempFolder(t), 'resolv.conf');
    let now = 0;
    const resolvers = systemResolvers({ path: file, now: () => now });
    assert.deepEqual(resolvers(), [at('127.0.0.1')]);
    writeFileSync(file, 'nameserver 192.0.2.1\n');
    assert.deepEqual(resolvers(), [at('127.0.0.1')]);
    now += 6000;
    assert.deepEqual(resolvers(), [at('192.0.2.1')]);
    writeFileSync(file, 'nameserver 192.0.2.2\n');
    utimesSync(file, 1, 1);
    now += 6000;
    assert.deepEqual(resolvers(), [at('192.0.2.2')]);
    rmSync(file);
    now += 6000;
    assert.deepEqual(resolvers(), [at('192.0.2.2')]);
  });
});
