import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RECOGNISERS } from '../../src/names/recognisers.ts';
import { firstFlights } from '../support/data/first-flights.ts';
import { expected, summary } from '../support/data/recogniser-checks.ts';

suite('all recognisers together', () => {
  for (const flight of firstFlights().filter(({ protocol }) => protocol !== 'tls')) {
    test(`at most one claims ${flight.file}`, () => {
      const claims = RECOGNISERS.map((recognise) => summary(recognise(flight.bytes))).filter((text) => text !== 'not-mine');
      assert.deepEqual(claims, flight.protocol === undefined ? [] : [expected(flight)]);
    });
  }

  test('none claims what is no protocol of theirs, and none waits for more of it', () => {
    const strangers = {
      'PostgreSQL SSLRequest': '0000000804d2162f',
      RDP: '0300002f2ae00000000000436f6f6b69653a206d737473686173683d75736572300d0a0100080003000000',
      'MQTT CONNECT': '101000044d5154540402003c000461626364',
      Redis: Buffer.from('*1\r\n$4\r\nPING\r\n').toString('hex'),
      IRC: Buffer.from('NICK someone\r\nUSER a 0 * :b\r\n').toString('hex'),
      SIP: Buffer.from('INVITE sip:bob@example.org SIP/2.0\r\n\r\n').toString('hex'),
      NATS: Buffer.from('CONNECT {"verbose":false}\r\n').toString('hex'),
      'Flash policy': Buffer.from('<policy-file-request/>\0').toString('hex'),
      'Cassandra v4': '040000000500000000',
      'DNS over TCP': '001d123401000001000000000000076578616d706c65036f72670000010001',
      zero: '00',
    };
    for (const [name, hex] of Object.entries(strangers)) {
      const kinds = RECOGNISERS.map((recognise) => recognise(Buffer.from(hex, 'hex')).kind);
      assert.deepEqual(new Set(kinds), new Set(['not-mine']), name);
    }
  });
});
