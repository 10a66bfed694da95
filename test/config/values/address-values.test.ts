import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  address,
  host,
  ipAddress,
  portMappings,
  portRanges,
  prefix,
  target,
  tcpAddress,
} from '../../../src/config/values/address-values.ts';

const tcp = (hostName: string, port: number) => ({ ok: true, value: { kind: 'tcp', host: hostName, port } });

suite('target', () => {
  const connect = target('connect');
  const unknown = (hostName: string, unknownPort: string) => ({ ok: true, value: { kind: 'tcp', host: hostName, port: 0, unknownPort } });

  test('is an address', () => {
    for (const text of ['443', 'example.org:443', '::1:443', '/run/s.sock']) assert.deepEqual(connect(text), address('', 'x')(text));
  });

  test('may have a port that nobody knows, or none', () => {
    assert.deepEqual(connect('example.org:abc'), unknown('example.org', 'abc'));
    assert.deepEqual(connect('example.org'), unknown('', 'example.org'));
    assert.deepEqual(connect('::1:65536'), unknown('::1', '65536'));
    assert.deepEqual(connect('127.0.0.1:'), tcp('127.0.0.1', 0));
    assert.deepEqual(connect(''), tcp('', 0));
  });

  test('is neither a URL nor beside a host that cannot be one', () => {
    for (const wrong of ['https://example.org', 'a b:1', 'a b:c', `/${'a'.repeat(107)}`]) assert.equal(connect(wrong).ok, false, wrong);
  });
});

suite('address', () => {
  const accept = address('', 'accept');
  const connect = address('localhost', 'connect');

  test('of a port alone means what the option says', () => {
    assert.deepEqual(accept('443'), tcp('', 443));
    assert.deepEqual(connect('443'), tcp('localhost', 443));
    assert.deepEqual(accept(':443'), tcp('', 443));
  });

  test('splits at the last colon', () => {
    assert.deepEqual(connect('example.org:443'), tcp('example.org', 443));
    assert.deepEqual(connect('example.org: 443'), tcp('example.org', 443));
    assert.deepEqual(connect('+443'), tcp('localhost', 443));
    assert.deepEqual(connect(':::443'), tcp('::', 443));
    assert.deepEqual(connect('2001:db8::1:443'), tcp('2001:db8::1', 443));
    assert.deepEqual(connect('::ffff:192.0.2.1:443'), tcp('::ffff:192.0.2.1', 443));
    assert.deepEqual(connect('fe80::1%eth0:443'), tcp('fe80::1%eth0', 443));
  });

  test('drops brackets, which stunnel does not know', () => assert.deepEqual(connect('[::1]:443'), tcp('::1', 443)));

  test('says of a host without a port that it lacks one, and how it is written', () => {
    for (const [text, says] of [
      ['127.0.0.1', '"127.0.0.1" has no port; write 127.0.0.1:PORT'],
      ['::1', '"::1" has no port; write [::1]:PORT'],
      ['[::1]', '"[::1]" has no port; write [::1]:PORT'],
      ['2001:db8::5', '"2001:db8::5" has no port; write [2001:db8::5]:PORT'],
      ['example.org:', '"example.org:" has no port; write example.org:PORT'],
      ['example', '"example" is not a port; write a number or a name of /etc/services, or example:PORT if it is a host'],
      ['example.org:x', '"x" is not a port; write a number or a name of /etc/services, after host: if there is one'],
      ['a b:1', '"a b" is neither a host name nor an IP address; write host:port'],
    ] as const) {
      const read = connect(text);
      assert.equal(read.ok ? '' : read.text, says);
    }
  });

  test('knows ports by name', () => {
    assert.deepEqual(connect('example.org:https'), tcp('example.org', 443));
    assert.deepEqual(accept('imaps'), tcp('', 993));
  });

  test('may be the path of a Unix socket', () => {
    assert.deepEqual(accept('/run/s.sock'), { ok: true, value: { kind: 'unix', path: '/run/s.sock' } });
    assert.equal(accept(`/${'a'.repeat(107)}`).ok, false);
    assert.equal(accept(`/${'a'.repeat(106)}`).ok, true);
  });

  test('takes port 0, which lets the kernel choose', () => assert.deepEqual(accept('127.0.0.1:0'), tcp('127.0.0.1', 0)));

  test('refuses what is neither', () => {
    for (const wrong of ['', 'x:', '65536', 'a:b:c:1', 'a b:1', 'a/b:1', '1.2.3.4:nosuchservice', '-1', 'x\u0000y:1', '[::1:443']) {
      assert.equal(connect(wrong).ok, false, wrong);
    }
  });

  test("says it in stunnel's words", () => {
    const unknown = accept('nosuchservice');
    assert.ok(!unknown.ok);
    assert.equal(unknown.stunnelText, 'Unknown TCP service "nosuchservice"\nCannot resolve accept target');
  });

  test('that is a URL is refused without being quoted', () => {
    const secret = 'streamkey';
    for (const text of [
      `rtmp://host.test/app/${secret}`,
      `rtmp://host.test:1935/${secret}`,
      `rtmp://${secret}@host.test:1935`,
      `x//${secret}`,
    ])
      for (const parser of [accept, connect, tcpAddress('', 'x'), host, ipAddress, prefix]) {
        const refused = parser(text);
        assert.equal(refused.ok, false, text);
        assert.ok(!JSON.stringify(refused).includes(secret), JSON.stringify(refused));
      }
  });

  test('is no Unix socket where only TCP makes sense', () => assert.equal(tcpAddress('127.0.0.1', 'x')('/run/s').ok, false));
});

suite('host', () => {
  test('is a name or a literal', () => {
    assert.deepEqual(host('192.0.2.1'), { ok: true, value: '192.0.2.1' });
    assert.deepEqual(host('[::1]'), { ok: true, value: '::1' });
    assert.equal(host('a:1').ok, false);
    assert.equal(host('').ok, false);
  });

  test('of checkIP is a literal only', () => {
    assert.deepEqual(ipAddress('2001:db8::1'), { ok: true, value: '2001:db8::1' });
    assert.equal(ipAddress('example.org').ok, false);
    assert.equal(ipAddress('192.0.2.1/24').ok, false);
  });
});

suite('prefix', () => {
  test('is an address, with all bits or some', () => {
    assert.deepEqual(prefix('10.0.0.0/8'), { ok: true, value: { address: '10.0.0.0', family: 4, bits: 8 } });
    assert.deepEqual(prefix('fd00::/8'), { ok: true, value: { address: 'fd00::', family: 6, bits: 8 } });
    assert.deepEqual(prefix('::1'), { ok: true, value: { address: '::1', family: 6, bits: 128 } });
    assert.deepEqual(prefix('0.0.0.0/0'), { ok: true, value: { address: '0.0.0.0', family: 4, bits: 0 } });
  });

  test('has no more bits than its family', () => {
    for (const wrong of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', 'example.org/8', '10/8', '']) {
      assert.equal(prefix(wrong).ok, false, wrong);
    }
  });
});

suite('ports', () => {
  test('come as lists of ports and ranges', () => {
    assert.deepEqual(portRanges('443, 8000-8010,https'), {
      ok: true,
      value: [
        { from: 443, to: 443 },
        { from: 8000, to: 8010 },
        { from: 443, to: 443 },
      ],
    });
  });

  test('do not run backwards, and 0 is none', () => {
    for (const wrong of ['', '0', '443,', '10-9', '1-2-3', '65536', 'x']) assert.equal(portRanges(wrong).ok, false, wrong);
  });

  test('come as pairs', () => {
    assert.deepEqual(portMappings('1935:443,80:443'), {
      ok: true,
      value: [
        { from: 1935, to: 443 },
        { from: 80, to: 443 },
      ],
    });
    for (const wrong of ['1935', '1935:', ':443', '1:2:3', '0:1']) assert.equal(portMappings(wrong).ok, false, wrong);
  });
});
