import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recogniseXmpp } from '../../src/names/xmpp.ts';
import { flightsOf } from '../support/data/first-flights.ts';
import { checkPrefixes, checkSplits, summary } from '../support/data/recogniser-checks.ts';

const CLIENT = 'xmpp chat.example.org xmpp-client';

suite('XMPP', () => {
  for (const flight of flightsOf('xmpp')) {
    test(`${flight.file}: each prefix`, () => checkPrefixes(recogniseXmpp, flight));
    test(`${flight.file}: each split`, () => checkSplits(recogniseXmpp, flight));
  }

  const cases: [head: string, expected: string][] = [
    ["<?xml version='1.0'?><stream:stream to='chat.example.org' xmlns='jabber:client'>", CLIENT],
    ["<?xml version='1.0'?>\r\n <stream:stream xmlns='jabber:client'\n to = \"chat.example.org\" >", CLIENT],
    [" \n<stream:stream to='CHAT.example.org'>", CLIENT],
    ["<stream to='chat.example.org'>", CLIENT],
    ["<s:stream to='chat.example.org' xmlns='jabber:server'>", 'xmpp chat.example.org xmpp-server'],
    ["<stream:stream to='a>b' x=''>", 'xmpp no name xmpp-client'],
    ["<stream:stream from='a' id='to=x'>", 'xmpp no name xmpp-client'],
    ['<stream:stream>', 'xmpp no name xmpp-client'],
    ['<stream:stream to=chat.example.org>', 'xmpp no name '],
    ["<stream:stream to='a.example' to='b.example'>", 'xmpp no name '],
    ['<stream:stream to>', 'xmpp no name '],
    ["<?xml version='1.0'?><stream:stream to='chat.exam", 'need-more'],
    [`<stream:stream a='${'\u00e9'.repeat(5000)}`, 'xmpp no name '],
    ['<stream:stream to', 'need-more'],
    ['<?x', 'need-more'],
    ['<', 'need-more'],
    ['<?xml?>text', 'not-mine'],
    ['<html>', 'not-mine'],
    ['<?php', 'not-mine'],
    [`<${'a'.repeat(100)}`, 'not-mine'],
    [' '.repeat(100), 'not-mine'],
    ['x', 'not-mine'],
  ];
  for (const [head, expected] of cases) test(JSON.stringify(head), () => assert.equal(summary(recogniseXmpp(Buffer.from(head))), expected));
});
