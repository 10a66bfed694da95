import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { namesInHosts, parseHosts } from '../../src/names/hosts-file.ts';
import { tempFolder } from '../support/temp.ts';

suite('a hosts file', () => {
  test('names an address by the first word of its line', () => {
    const hosts = parseHosts('192.0.2.7\tDB.example.org db # ours\n\n# 192.0.2.8 no\n2001:DB8:0::7 six.example.org\n');
    assert.deepEqual(
      [...hosts],
      [
        ['192.0.2.7', ['db.example.org']],
        ['2001:db8::7', ['six.example.org']],
      ],
    );
  });

  test('leaves out what it cannot read, and loopback addresses', () => {
    const text = '127.0.0.1 localhost\n127.0.1.1 me\n::1 ip6-localhost\nnonsense\n192.0.2.7\n192.0.2.7 not/a/name\n999.0.2.7 x\n';
    assert.equal(parseHosts(text).size, 0);
  });

  test('may know several names, and is asked in any spelling', (t) => {
    const file = join(tempFolder(t), 'hosts');
    assert.deepEqual(namesInHosts(file, '192.0.2.7'), []);
    writeFileSync(file, '192.0.2.7 a.example\n192.0.2.7 b.example a.example\n192.0.2.7 a.example\n');
    assert.deepEqual(namesInHosts(file, '::ffff:192.0.2.7'), ['a.example', 'b.example']);
    assert.deepEqual(namesInHosts(file, '192.0.2.8'), []);
    writeFileSync(file, '192.0.2.8 c.example\n');
    assert.deepEqual(namesInHosts(file, '192.0.2.8'), ['c.example']);
  });

  test('that is a folder names nobody', (t) => {
    assert.deepEqual(namesInHosts(tempFolder(t), '192.0.2.7'), []);
  });
});
