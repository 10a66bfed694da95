/** What the kernel counted, read from the JSON of nft and said in words. */
// Tests: src/gateway/known-ports.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CLEAR_PROTOCOLS, isEncryptedPort } from '../../src/gateway/known-ports.ts';
import { countedIn, flowAdvice, flowText, protocolOfFlow, refusedText } from '../../src/gateway/unwrapped.ts';

const element = (host: string, transport: string, port: unknown, packets: number, bytes: number): object => ({
  elem: { val: { concat: [host, transport, port] }, expires: 3599, counter: { packets, bytes } },
});
const answer = (...nftables: object[]): string => JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...nftables] });
const ANSWERS = [
  answer({
    set: { name: 'passed4', elem: [element('192.168.1.20', 'tcp', 1935, 40, 3_000_000), element('192.168.1.21', 'udp', 443, 1, 900)] },
  }),
  answer({
    set: { name: 'passed6', elem: [element('fd00::7', 'tcp', 7000, 9, 5_000_000), element('fd00::7', 'sctp', 1, 1, 1), 'else', {}] },
  }),
  answer({ counter: { family: 'inet', name: 'passed_rest', packets: 2, bytes: 62 } }),
];

suite('what was counted', () => {
  test('is read from both families, the most bytes first, and anything else is passed over', () => {
    const counted = countedIn(ANSWERS);
    assert.deepEqual(
      counted?.flows.map(({ host, transport, port, bytes }) => [host, transport, port, bytes]),
      [
        ['fd00::7', 'tcp', 7000, 5_000_000],
        ['192.168.1.20', 'tcp', 1935, 3_000_000],
        ['192.168.1.21', 'udp', 443, 900],
      ],
    );
    assert.equal(counted?.restBytes, 62);
    assert.deepEqual(countedIn([answer({ set: { name: 'passed4' } })]), { flows: [], restBytes: 0 });
    assert.equal(countedIn(['{"nftables": [{"table": {"flags": \n']), undefined, 'an answer that breaks off');
  });

  test('is said with what to do about it', () => {
    const [other, rtmp, quic] = countedIn(ANSWERS)?.flows ?? [];
    assert.ok(other !== undefined && rtmp !== undefined && quic !== undefined);
    assert.equal(flowAdvice(rtmp), '192.168.1.20 sent 3.0 MB to port 1935 (RTMP) in clear; wrap it with --ports 1935');
    assert.equal(flowAdvice(other), 'fd00::7 sent 5.0 MB to port 7000 in clear; wrap it with --ports 7000');
    assert.equal(flowAdvice(quic), '192.168.1.21 sent 900 B to UDP port 443 past Overcoat, encrypted by itself');
    assert.deepEqual([rtmp, other, quic].map(protocolOfFlow), ['RTMP', 'other', 'encrypted']);
    assert.equal(flowText({ ...quic, port: 5000 }), '192.168.1.21 sent 900 B to UDP port 5000 in clear');
    assert.equal(refusedText(other), 'fd00::7 was refused port 7000 (9 packet(s))');
  });

  test('no port is known for both', () => {
    assert.ok(CLEAR_PROTOCOLS.length > 0);
    for (const { port } of CLEAR_PROTOCOLS) assert.equal(isEncryptedPort('tcp', port), false, String(port));
  });
});
