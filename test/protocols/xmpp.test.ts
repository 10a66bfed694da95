/** XMPP as transcripts. */
// Tests: src/protocols/xml-tags.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xmppClient } from '../../src/protocols/xmpp.ts';
import { client, endOf, input, play, tls, toClient, toUpstream, upstream } from '../support/overcoat/transcript.ts';

const OPEN =
  "<?xml version='1.0'?><stream:stream to='example.org' from='fred@example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const OURS =
  "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const ANSWER =
  "<?xml version='1.0'?><stream:stream from='example.org' id='x' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const FEATURES =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><c xmlns='caps' hash='>'/></stream:features>";
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

test('the client’s own header crosses only inside TLS, and it is offered no STARTTLS', () => {
  const { end, unread } = play(xmppClient(input()), [
    client(OPEN),
    toUpstream(OURS),
    upstream(ANSWER + FEATURES),
    toUpstream(STARTTLS),
    upstream(PROCEED),
    tls('upstream'),
    toUpstream(OPEN),
    upstream(ANSWER + FEATURES),
    toClient(ANSWER),
    toClient("<stream:features><c xmlns='caps' hash='>'/></stream:features>"),
  ]);
  assert.equal(end, 'done');
  assert.deepEqual(unread, { client: '', upstream: '' });
});

test('protocolHost instead of `to`, another namespace, double quotes, an element that is empty', () => {
  play(xmppClient(input({ host: "d'or.example" })), [
    client('<stream:stream xmlns="jabber:server" xmlns:stream="http://etherx.jabber.org/streams" version="1.0">\r\n'),
    toUpstream(OURS.replace('example.org', 'd&apos;or.example').replace('jabber:client', 'jabber:server')),
    upstream(`${ANSWER}\n${FEATURES.replace('<required/></starttls>', '</starttls>')}`),
    toUpstream(STARTTLS),
    upstream("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>"),
    tls('upstream'),
    toUpstream('<stream:stream xmlns="jabber:server" xmlns:stream="http://etherx.jabber.org/streams" version="1.0">'),
  ]);
});

test('features that nobody has to clean pass as they are', () => {
  const plain =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
  play(xmppClient(input()), [
    client(OPEN),
    toUpstream(OURS),
    upstream(ANSWER + FEATURES),
    toUpstream(STARTTLS),
    upstream(PROCEED),
    tls('upstream'),
    toUpstream(OPEN),
    upstream(ANSWER),
    toClient(ANSWER),
    upstream(plain),
    toClient(plain),
  ]);
});

test('nothing without a domain, without an offer, without consent', () => {
  assert.match(endOf(play(xmppClient(input()), [client(OPEN.replace("to='example.org'", ''))])), /protocolHost/);
  const opened = [client(OPEN), toUpstream(OURS)];
  for (const answer of [
    `${ANSWER}<stream:features/>`,
    `${ANSWER}<stream:features><starttls xmlns='something:else'/></stream:features>`,
    `${ANSWER}<stream:error><host-unknown/></stream:error>`,
    '</stream:stream>',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    `<x${' '.repeat(5000)}`,
  ]) {
    const played = play(xmppClient(input()), [...opened, upstream(answer)]);
    assert.match(endOf(played), /negotiation_failed/, answer.slice(0, 200));
    assert.deepEqual(played.secured, []);
  }
  for (const answer of [
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    '<proceed/>',
    "<a><proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></a>",
  ]) {
    const played = play(xmppClient(input()), [...opened, upstream(ANSWER + FEATURES), toUpstream(STARTTLS), upstream(answer)]);
    assert.match(endOf(played), /negotiation_failed/, answer);
    assert.deepEqual(played.secured, []);
  }
});
