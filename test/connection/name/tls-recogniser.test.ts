import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseTls } from '../../../src/connection/name/tls-recogniser.ts';
import { RECOGNISERS } from '../../../src/names/recognisers.ts';
import { firstFlights, flightsOf } from '../../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../../support/data/recogniser-checks.ts';

suite('TLS as a protocol of first bytes', () => {
  for (const flight of flightsOf('tls')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseTls, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseTls, flight));
    test(`${flight.file}: nobody else claims it`, () => {
      for (const recognise of RECOGNISERS) assert.equal(recognise(flight.bytes).kind, 'not-mine');
    });
  }

  test('claims no other recording', () => {
    for (const { file, bytes, protocol } of firstFlights())
      if (protocol !== 'tls') assert.equal(summary(recogniseTls(bytes)), 'not-mine', file);
  });

  test('does not take an impossible name for one', () => {
    const [flight] = flightsOf('tls').filter(({ host }) => host !== undefined);
    assert.ok(flight !== undefined);
    const forged = Buffer.from(flight.bytes.toString('latin1').replace('www.example.org', 'www.example\0org'), 'latin1');
    assert.match(summary(recogniseTls(forged)), /^tls no name/);
  });
});
