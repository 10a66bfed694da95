/** PROXY protocol headers: written as HAProxy reads them, read as the specification allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../src/protocols/crc32c.ts';
import type { ProxyHeader } from '../../src/protocols/proxy-header.ts';
import { encodeProxyHeader, measureProxyHeader, parseProxyHeader, V2_MAX_BYTES } from '../../src/protocols/proxy-header.ts';

const V4 = { source: { address: '192.0.2.1', port: 40001 }, destination: { address: '198.51.100.1', port: 443 }, tls: undefined };
const V6 = { source: { address: '2001:db8::1', port: 1 }, destination: { address: '2001:db8::2', port: 65535 }, tls: undefined };
const TLS = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  serverName: 'example.org',
  alpn: 'h2',
  peerName: 'client',
  peerVerified: true,
};
const SIGNATURE = '0d0a0d0a000d0a515549540a';

function parse(header: Buffer | string): ProxyHeader | 'refused' | 'need-more' | undefined {
  const bytes = typeof header === 'string' ? Buffer.from(header, 'latin1') : header;
  const measured = measureProxyHeader(bytes);
  if (measured.kind !== 'whole') return measured.kind;
  assert.equal(measured.length, bytes.length);
  return parseProxyHeader(bytes);
}

const proxied = ({ source, destination }: typeof V4): ProxyHeader => ({ kind: 'proxied', source, destination });

test('version 1', () => {
  assert.equal(encodeProxyHeader('v1', V4).toString(), 'PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n');
  assert.equal(encodeProxyHeader('v1', V6).toString(), 'PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n');
  assert.equal(encodeProxyHeader('v1', { ...V4, source: undefined }).toString(), 'PROXY UNKNOWN\r\n');
  assert.deepEqual(parse(encodeProxyHeader('v1', V4)), proxied(V4));
  assert.deepEqual(parse(encodeProxyHeader('v1', V6)), proxied(V6));
  assert.deepEqual(parse('PROXY UNKNOWN\r\n'), { kind: 'local' });
  assert.deepEqual(parse('PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n'), { kind: 'local' });
});

test('mapped addresses lose their form, mixed families become version 6, zones are dropped', () => {
  const mapped = { ...V4, source: { address: '::ffff:192.0.2.1', port: 40001 } };
  assert.equal(encodeProxyHeader('v1', mapped).toString(), 'PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\r\n');
  const mixed = { ...V4, destination: { address: 'fe80::1%eth0', port: 443 } };
  assert.equal(encodeProxyHeader('v1', mixed).toString(), 'PROXY TCP6 ::ffff:192.0.2.1 fe80::1 40001 443\r\n');
  assert.deepEqual(parse('PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n'), {
    kind: 'proxied',
    source: { address: '192.0.2.1', port: 1 },
    destination: { address: '2001:db8::2', port: 2 },
  });
});

test('version 2, byte by byte', () => {
  assert.equal(encodeProxyHeader('v2', V4).toString('hex'), `${SIGNATURE}2111000cc0000201c63364019c4101bb`);
  assert.equal(encodeProxyHeader('v2', { ...V4, source: undefined }).toString('hex'), `${SIGNATURE}21000000`);
  assert.deepEqual(parse(encodeProxyHeader('v2', V4)), proxied(V4));
  assert.deepEqual(parse(encodeProxyHeader('v2', V6)), proxied(V6));
});

/** The TLVs of a header for IPv4: type and hex of the value. */
function tlvsOf(header: Buffer, start = 28): Map<number, Buffer> {
  const tlvs = new Map<number, Buffer>();
  for (let at = start; at < header.length; at += 3 + header.readUInt16BE(at + 1)) {
    tlvs.set(header.readUInt8(at), header.subarray(at + 3, at + 3 + header.readUInt16BE(at + 1)));
  }
  return tlvs;
}

test('version 2 says what is known of the client’s TLS', () => {
  const header = encodeProxyHeader('v2', { ...V4, tls: TLS });
  const tlvs = tlvsOf(header);
  assert.equal(tlvs.get(0x01)?.toString(), 'h2');
  assert.equal(tlvs.get(0x02)?.toString(), 'example.org');
  const ssl = tlvs.get(0x20);
  assert.ok(ssl !== undefined);
  assert.equal(ssl.subarray(0, 5).toString('hex'), '0300000000', 'a certificate was there and is verified');
  const inner = tlvsOf(ssl, 5);
  assert.equal(inner.get(0x21)?.toString(), 'TLSv1.3');
  assert.equal(inner.get(0x22)?.toString(), 'client');
  assert.equal(inner.get(0x23)?.toString(), 'TLS_AES_256_GCM_SHA384');
  assert.deepEqual(parse(header), proxied(V4));
});

test('version 2: without a certificate, and with one nobody verified', () => {
  const ssl = (tls: typeof TLS | (Omit<typeof TLS, 'peerName'> & { peerName: undefined })): string | undefined =>
    tlvsOf(encodeProxyHeader('v2', { ...V4, tls }))
      .get(0x20)
      ?.subarray(0, 5)
      .toString('hex');
  assert.equal(ssl({ ...TLS, peerName: undefined, peerVerified: false }), '0100000001');
  assert.equal(ssl({ ...TLS, peerVerified: false }), '0300000001');
});

const v2 = (hex: string): Buffer => Buffer.from(SIGNATURE + hex.replaceAll(' ', ''), 'hex');

test('version 2: LOCAL, Unix sockets, UDP and unspecified leave the addresses alone', () => {
  assert.deepEqual(parse(v2('20 00 0000')), { kind: 'local' });
  assert.deepEqual(parse(v2('20 11 000c c0000201 c6336401 9c41 01bb')), { kind: 'local' });
  assert.deepEqual(parse(v2('21 00 0000')), { kind: 'local' });
  assert.deepEqual(parse(v2('21 12 000c c0000201 c6336401 9c41 01bb')), { kind: 'local' });
  assert.deepEqual(parse(v2(`21 31 00d8 ${'00'.repeat(216)}`)), { kind: 'local' });
});

test('version 2: a checksum is checked', () => {
  const header = v2('21 11 0013 c0000201 c6336401 9c41 01bb 030004 00000000');
  const right = Buffer.from(header);
  right.writeUInt32BE(crc32c(header), right.length - 4);
  assert.deepEqual(parse(right), proxied(V4));
  const wrong = Buffer.from(right);
  wrong.writeUInt8(wrong.readUInt8(wrong.length - 1) ^ 1, wrong.length - 1);
  assert.equal(parse(wrong), undefined);
});

for (const [what, header] of [
  ['another version', v2('11 11 000c c0000201 c6336401 9c41 01bb')],
  ['another command', v2('22 11 000c c0000201 c6336401 9c41 01bb')],
  ['addresses cut short', v2('21 11 000b c0000201 c6336401 9c41 01')],
  ['a TLV past the end', v2('21 11 000f c0000201 c6336401 9c41 01bb 04 ffff')],
  ['half a TLV header', v2('21 11 000e c0000201 c6336401 9c41 01bb 04 00')],
  ['a checksum of three bytes', v2('21 11 0012 c0000201 c6336401 9c41 01bb 030003 000000')],
  ['a line end without CR', 'PROXY TCP4 192.0.2.1 198.51.100.1 40001 443\n'],
  ['two blanks', 'PROXY TCP4  192.0.2.1 198.51.100.1 40001 443\r\n'],
  ['a leading zero', 'PROXY TCP4 192.0.2.1 198.51.100.1 040001 443\r\n'],
  ['a port out of range', 'PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n'],
  ['a port with a sign', 'PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n'],
  ['the wrong family', 'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n'],
  ['an address in octal', 'PROXY TCP4 0300.0.2.1 198.51.100.1 1 2\r\n'],
  ['a zone', 'PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n'],
  ['something at the end', 'PROXY TCP4 192.0.2.1 198.51.100.1 40001 443 \r\n'],
  ['no ports', 'PROXY TCP4 192.0.2.1 198.51.100.1\r\n'],
  ['a protocol nobody knows', 'PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n'],
  ['lower case', 'PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n'],
] as const) {
  test(`malformed: ${what}`, () => {
    assert.equal(parse(typeof header === 'string' ? header : header), undefined);
  });
}

test('what is no header is refused with its first byte, what is too long before it has come', () => {
  for (const start of ['GET / HTTP/1.1\r\n', 'proxy TCP4', '\x16\x03\x01', 'PROXZ', '\r\n\r\n\0\r\nQUIT\r', ' PROXY'])
    assert.equal(parse(start), 'refused', JSON.stringify(start));
  assert.equal(parse(`PROXY UNKNOWN ${'x'.repeat(100)}`), 'refused');
  assert.equal(parse(`PROXY UNKNOWN${' '.repeat(107 - 15)}\r\n`) === 'refused', false);
  assert.equal(parse(v2('21 11 ffff')), 'refused');
  assert.equal(parse(v2('21 11').subarray(0, 14)), 'need-more');
  const largest = v2(`21 11 ${(V2_MAX_BYTES - 16).toString(16)}`);
  assert.equal(parse(largest), 'need-more');
});
