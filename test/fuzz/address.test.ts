/** Hostile names and addresses: what is taken for a name is one in every other place too, and nothing throws. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { suite, test } from 'node:test';
import { parseAuthority, parseHostPort, splitHostPort } from '../../src/address/authority.ts';
import { parsePrefix } from '../../src/address/block.ts';
import { hostName, isHostName, parseHost } from '../../src/address/host-name.ts';
import { ipBytes, ipKey, ipText, ipVersion, numericIpv4 } from '../../src/address/ip.ts';
import { matchHost } from '../../src/tls/certificate/certificate-names.ts';
import { FUZZ_INPUTS, fuzz, Random } from '../support/fuzz.ts';

const PIECES = [
  ...[
    'pay.example.com',
    'attacker',
    'é',
    'bücher',
    'xn--',
    'xn--9ca',
    '127',
    '0x7f',
    '0',
    '255',
    '256',
    'a'.repeat(63),
    '::1',
    '::ffff:',
    '%lo',
  ],
  ...[
    '.',
    '。',
    '．',
    '-',
    '_',
    '*',
    '/',
    '?',
    '#',
    '\\',
    '@',
    ':',
    '%',
    '%2f',
    '[',
    ']',
    ' ',
    '\t',
    '\n',
    '\0',
    '/33',
    '／',
    '\u00ad',
    '\ud800',
  ],
];

/** As UTF-16, which keeps halves of pairs as they are. */
function written(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(6) }, () => random.pick(PIECES)).join(''), 'utf16le');
}

test('what an IP address is, is what the runtime takes for one', () => {
  const pieces = [
    '0',
    '1',
    'ff',
    'FFFF',
    '12345',
    '0a',
    '00001',
    'g',
    ':',
    ':',
    ':',
    '::',
    '.',
    '.',
    '1.2.3.4',
    '255',
    '256',
    '01',
    '%',
    'eth0',
    '\0',
    ' ',
    '/',
    '[',
    '-',
  ];
  const whole = [
    '1:2:3:4:5:6:7:8',
    '::',
    'fe80::1%eth0',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
    '1::8',
    '192.0.2.1',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
  ];
  const random = new Random(47);
  for (let input = 0; input < FUZZ_INPUTS * 4; input += 1) {
    const parts = random.below(2) === 0 ? [...random.pick(whole)] : [];
    const changes = random.below(parts.length === 0 ? 18 : 4);
    for (let change = 0; change < changes; change += 1) parts.splice(random.below(parts.length + 1), random.below(2), random.pick(pieces));
    const text = parts.join('');
    assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
  }
});

suite('fuzzing names and addresses', () => {
  test('a name is one in its own form, is verified as that, and was written with letters, digits, hyphens, underscores and dots', () => {
    fuzz(900, FUZZ_INPUTS, written, (bytes) => {
      const text = bytes.toString('utf16le');
      const name = hostName(text);
      const host = parseHost(text);
      assert.equal(host?.kind === 'dns' ? host.name : undefined, name);
      if (name === undefined) return;
      assert.equal(isHostName(name), true);
      assert.equal(hostName(`${name}.`), name);
      assert.equal(new URL(`http://${name}/`).hostname, name, 'a browser goes to no other host');
      assert.equal(
        [...text].some((character) => character <= '\u007f' && !/[\w.-]/.test(character)),
        false,
        JSON.stringify(text),
      );
      assert.equal(matchHost({ dns: [Buffer.from(name)], addresses: [], emails: [], uris: [] }, text), name);
    });
  });

  test('an address is the same in its bytes, and is no name', () => {
    fuzz(901, FUZZ_INPUTS, written, (bytes) => {
      const text = bytes.toString('utf16le');
      const key = ipKey(text);
      numericIpv4(text);
      const prefix = parsePrefix(text);
      if (!('why' in prefix)) assert.equal(isIP(prefix.address), prefix.family);
      if (key === undefined) return;
      assert.equal(ipKey(key), key);
      assert.equal(ipText(ipBytes(key) ?? Buffer.alloc(0)), key);
      assert.equal(hostName(text), undefined);
    });
  });

  test('host and port put together are what was written', () => {
    fuzz(902, FUZZ_INPUTS, written, (bytes) => {
      const text = bytes.toString('utf16le');
      const { host, port } = splitHostPort(text);
      assert.equal(port === undefined ? host : `${host}:${port}`, text);
      parseHostPort(text);
      parseAuthority(text);
    });
  });
});
