import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recogniseTls } from '../../../src/connection/name/tls-recogniser.ts';
import { RECOGNISERS } from '../../../src/names/recognisers.ts';
import { firstFlights, flightsOf } from '../../support/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../../support/recogniser-checks.ts';

describe('TLS as a protocol of first bytes', () => {
  for (const flight of flightsOf('tls')) {
    it(`${flight.file}: each prefix`, () => checkPrefixes(recogniseTls, flight));
    it(`${flight.file}: each split`, () => checkSplits(recogniseTls, flight));
    it(`${flight.file}: nobody else claims it`, () => {
      for (const recognise of RECOGNISERS) assert.equal(recognise(flight.bytes).kind, 'not-mine');
    });
  }

  it('claims no other recording', () => {
    for (const { file, bytes, protocol } of firstFlights())
      if (protocol !== 'tls') assert.equal(summary(recogniseTls(bytes)), 'not-mine', file);
  });

  it('does not take an impossible name for one', () => {
    const [flight] = flightsOf('tls').filter(({ host }) => host !== undefined);
    assert.ok(flight !== undefined);
    const forged = Buffer.from(flight.bytes.toString('latin1').replace('www.example.org', 'www.example\0org'), 'latin1');
    assert.match(summary(recogniseTls(forged)), /^tls no name/);
  });
});
