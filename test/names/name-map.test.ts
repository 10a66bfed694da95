import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseNameMap } from '../../src/names/name-map.ts';

const MAP = `
# comment
; another
192.0.2.7 exact.example
192.0.2.7:443 Port.Example.
192.0.2.0/24 net.example
192.0.2.0/24:25	mail.example
0.0.0.0/0:8443 any.example
2001:db8::/32 v6.example
[2001:db8::7]:443 v6-port.example
[2001:db8:1::]/48:993 v6-net-port.example
[2001:db8:2::/48]:993 v6-other.example
198.51.100.1 203.0.113.9
`;

suite('the name map', () => {
  const { map, problems } = parseNameMap(MAP);
  const cases: [address: string, port: number, name: string | undefined][] = [
    ['192.0.2.7', 443, 'port.example'],
    ['192.0.2.7', 80, 'exact.example'],
    ['::ffff:192.0.2.7', 80, 'exact.example'],
    ['192.0.2.8', 443, 'net.example'],
    ['192.0.2.8', 25, 'mail.example'],
    ['10.1.2.3', 8443, 'any.example'],
    ['10.1.2.3', 443, undefined],
    ['2001:db8:5::1', 443, 'v6.example'],
    ['2001:DB8:0::7', 443, 'v6-port.example'],
    ['2001:db8:1::9', 993, 'v6-net-port.example'],
    ['2001:db8:2::9', 993, 'v6-other.example'],
    ['2001:db9::1', 443, undefined],
    ['nonsense', 443, undefined],
  ];
  for (const [address, port, name] of cases) {
    test(`${address} port ${port}`, () => {
      assert.deepEqual(map.find(address, port), name === undefined ? undefined : { kind: 'dns', name });
    });
  }

  test('may name an address', () => assert.deepEqual(map.find('198.51.100.1', 1), { kind: 'ip', address: '203.0.113.9' }));
  test('has no problems', () => assert.deepEqual(problems, []));

  test('names every bad line', () => {
    const bad = [
      '192.0.2.7',
      '192.0.2.7 a b',
      'a.example b.example',
      '192.0.2.7/33 a.example',
      '192.0.2.7:70000 a.example',
      '192.0.2.7:x a.example',
      '192.0.2.7/24/3 a.example',
      '[::1]: a.example',
      '192.0.2.7 a..b',
      '2001:db8::/129 a.example',
    ];
    const found = parseNameMap(`${bad.join('\n')}\n`).problems;
    assert.deepEqual(
      found.map(({ line }) => line),
      bad.map((_, index) => index + 1),
    );
  });
});
