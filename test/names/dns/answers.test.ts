import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { encode } from 'dns-packet';
import type { ToldAddresses } from '../../../src/names/dns/answers.ts';
import { readAnswer } from '../../../src/names/dns/answers.ts';

interface Said {
  readonly name?: string;
  readonly type?: 'A' | 'AAAA' | 'TXT';
  readonly rcode?: number;
  readonly query?: boolean;
}

function read(answers: Answer[], { name = 'www.example.org', type = 'A', rcode = 0, query = false }: Said = {}): ToldAddresses | undefined {
  return readAnswer(encode({ type: query ? 'query' : 'response', id: 1, flags: rcode, questions: [{ name, type }], answers }));
}

const a = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, data, ttl });
const cname = (name: string, data: string, ttl = 60): Answer => ({ type: 'CNAME', name, data, ttl });

suite('what a DNS answer says', () => {
  test('all addresses of the asked name', () => {
    assert.deepEqual(read([a('www.example.org', '192.0.2.1', 30), a('WWW.example.org', '192.0.2.2', 90)]), {
      name: 'www.example.org',
      addresses: ['192.0.2.1', '192.0.2.2'],
      ttlSeconds: 30,
    });
  });

  test('IPv6, in one spelling', () => {
    const told = read([{ type: 'AAAA', name: 'www.example.org', data: '2001:db8:0:0:0:0:0:7', ttl: 5 }], { type: 'AAAA' });
    assert.deepEqual(told?.addresses, ['2001:db8::7']);
  });

  test('a chain of CNAMEs counts as the asked name, for the shortest TTL on the way', () => {
    const told = read([
      cname('www.example.org', 'a.cdn.example', 300),
      cname('a.cdn.example', 'b.cdn.example', 7),
      a('b.cdn.example', '192.0.2.9', 60),
    ]);
    assert.deepEqual(told, { name: 'www.example.org', addresses: ['192.0.2.9'], ttlSeconds: 7 });
  });

  test('nothing that does not hang together with the question', () => {
    assert.equal(read([a('other.example', '192.0.2.1')]), undefined);
    assert.equal(read([cname('www.example.org', 'a.example'), a('b.example', '192.0.2.1')]), undefined);
    assert.equal(read([cname('www.example.org', 'a.example'), cname('a.example', 'www.example.org')]), undefined);
    assert.equal(read([{ type: 'AAAA', name: 'www.example.org', data: '2001:db8::7', ttl: 5 }]), undefined);
  });

  test('nothing in errors, empty answers, questions, other types, and names that are none', () => {
    const good = [a('www.example.org', '192.0.2.1')];
    assert.equal(read(good, { rcode: 3 }), undefined);
    assert.equal(read(good, { rcode: 2 }), undefined);
    assert.equal(read([]), undefined);
    assert.equal(read(good, { query: true }), undefined);
    assert.equal(read(good, { type: 'TXT' }), undefined);
    assert.equal(read([a('*.example.org', '192.0.2.1')], { name: '*.example.org' }), undefined);
    assert.equal(readAnswer(Buffer.alloc(3)), undefined);
    assert.equal(readAnswer(Buffer.from('000181800001000100000000ffff', 'hex')), undefined);
  });

  test('of a thousand addresses the first 256, and no TTL beyond a week', () => {
    const many = Array.from({ length: 1000 }, (_, index) => a('www.example.org', `10.0.${index >> 8}.${index & 255}`, 0x7fffffff));
    const told = read(many);
    assert.equal(told?.addresses.length, 256);
    assert.equal(told?.ttlSeconds, 7 * 24 * 3600);
  });
});
