// Tests: src/names/recognition.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RECOGNISERS } from '../../src/names/recognisers.ts';
import type { Recogniser } from '../../src/names/recognition.ts';
import { MAX_SNIFFED_BYTES, Sniffer } from '../../src/names/sniffer.ts';
import { flightsOf } from '../support/data/first-flights.ts';

const text = (value: string): Buffer => Buffer.from(value);

suite('the sniffer', () => {
  test('gives back everything that was pushed, also what came with the deciding bytes', () => {
    const sniffer = new Sniffer(RECOGNISERS);
    assert.deepEqual(sniffer.push(text('POST / HTTP/1.1\r\nHost: a.exa')), { kind: 'wait', short: false });
    const step = sniffer.push(text('mple\r\n\r\nbody'));
    assert.ok(step.kind === 'decided');
    assert.deepEqual(step.sniffed.host, { kind: 'dns', name: 'a.example' });
    assert.equal(Buffer.from(step.sniffed.bytes).toString(), 'POST / HTTP/1.1\r\nHost: a.example\r\n\r\nbody');
    assert.equal(step.sniffed.exchange, undefined);
  });

  test('does not keep the chunk it was given', () => {
    const sniffer = new Sniffer(RECOGNISERS);
    const slab = text('GET / HTTP/1.1\r\n');
    sniffer.push(slab);
    slab.fill(0);
    const { sniffed } = sniffer.stop('enough');
    assert.equal(Buffer.from(sniffed.bytes).toString(), 'GET / HTTP/1.1\r\n');
    assert.equal(sniffed.why, 'enough');
  });

  test('decides at the first byte that no protocol begins with', () => {
    const step = new Sniffer(RECOGNISERS).push(Uint8Array.of(0));
    assert.ok(step.kind === 'decided');
    assert.equal(step.sniffed.protocol, undefined);
    assert.match(step.sniffed.why, /no protocol that names/);
  });

  test('answers an RTMP handshake once, and says what is owed to the upstream', () => {
    const sniffer = new Sniffer(RECOGNISERS);
    const opening = Buffer.concat([Uint8Array.of(3), Buffer.alloc(1536, 7)]);
    opening.fill(0, 5, 9);
    assert.deepEqual(sniffer.push(opening.subarray(0, 1000)), { kind: 'wait', short: false });
    const answered = sniffer.push(opening.subarray(1000));
    assert.ok(answered.kind === 'answer');
    assert.equal(answered.bytes.length, 3073);
    assert.deepEqual(sniffer.push(Buffer.alloc(100)), { kind: 'wait', short: false });
    const { sniffed } = sniffer.stop('the client went away');
    assert.deepEqual(Buffer.from(sniffed.exchange?.opening ?? []), opening);
    assert.equal(sniffed.bytes.length, 1637);
  });

  test('passes on an RTMP client that said all at once without an answer', () => {
    const [flight] = flightsOf('rtmp');
    assert.ok(flight !== undefined);
    const step = new Sniffer(RECOGNISERS).push(flight.bytes);
    assert.ok(step.kind === 'decided');
    assert.equal(step.sniffed.exchange, undefined);
    assert.deepEqual(Buffer.from(step.sniffed.bytes), flight.bytes);
  });

  test('waits only shortly for an HTTP/2 client that may be waiting for its server', () => {
    const sniffer = new Sniffer(RECOGNISERS);
    const preface = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    assert.deepEqual(sniffer.push(preface), { kind: 'wait', short: false });
    assert.deepEqual(sniffer.push(Buffer.from('000000040000000000', 'hex')), { kind: 'wait', short: true });
    assert.deepEqual(sniffer.push(Buffer.from('0000', 'hex')), { kind: 'wait', short: false });
  });

  test('gives up at its limit, and loses nothing', () => {
    const sniffer = new Sniffer(RECOGNISERS);
    const line = `GET /${'x'.repeat(30_000)}`;
    assert.equal(sniffer.push(text(line)).kind, 'wait');
    const step = sniffer.push(Buffer.alloc(MAX_SNIFFED_BYTES, 0x61));
    assert.ok(step.kind === 'decided');
    assert.equal(step.sniffed.host, undefined);
    assert.equal(step.sniffed.bytes.length, line.length + MAX_SNIFFED_BYTES);
  });

  test('asks a recogniser no earlier than it wished, and bounds the work a dribbling client causes', () => {
    let asked = 0;
    const patient: Recogniser = (bytes) => {
      asked++;
      return { kind: 'need-more', atLeast: bytes.length + 1000 };
    };
    const sniffer = new Sniffer([patient]);
    for (let count = 0; count < 3000; count++) sniffer.push(Uint8Array.of(1));
    assert.equal(asked, 3);

    let looked = 0;
    const greedy: Recogniser = (bytes) => {
      looked += bytes.length;
      return { kind: 'need-more', atLeast: bytes.length + 1 };
    };
    const bounded = new Sniffer([greedy]);
    let pushes = 0;
    while (bounded.push(Uint8Array.of(1)).kind === 'wait') pushes++;
    assert.ok(pushes < 4000, `${pushes} pushes`);
    assert.ok(looked < 5_000_000, `${looked} bytes looked at`);
  });
});
