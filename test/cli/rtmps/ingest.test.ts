import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ingest, instructions } from '../../../src/cli/rtmps/ingest.ts';
import type { Address } from '../../../src/config/config.ts';

const read = (text: string) => {
  const parsed = ingest(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
};

suite('an RTMPS address', () => {
  test('has a host, a port, 443 without one, and an application', () => {
    assert.deepEqual(read('rtmps://live.example.org/app'), {
      url: 'rtmps://live.example.org/app',
      connect: { kind: 'tcp', host: 'live.example.org', port: 443 },
      app: 'app',
    });
    assert.deepEqual(read('rtmps://live.example.org:1937/live/2/').connect.port, 1937);
    assert.equal(read('rtmps://live.example.org:1937/live/2/').app, 'live/2');
  });

  test('is refused with the reason', () => {
    const why = (text: string): string => {
      const parsed = ingest(text);
      return parsed.ok ? '' : parsed.text;
    };
    assert.match(why('rtmp://live.example.org/app'), /is no RTMPS URL/);
    assert.match(why('rtmps://live.example.org'), /names no application/);
    assert.match(why('rtmps://192.0.2.1/app'), /no host name/);
    assert.match(why('rtmps://live.example.org:0/app'), /no port/);
  });
});

test('an encoder is told what to enter', () => {
  const target = read('rtmps://live.example.org:443/live2');
  const said = (accept: Address): string => instructions(target, undefined, accept).join('\n');
  const at = (host: string, port: number): Address => ({ kind: 'tcp', host, port });
  assert.match(said(at('127.0.0.1', 1935)), /Server: rtmp:\/\/127\.0\.0\.1\/live2; Stream Key: KEY/);
  assert.match(said(at('0.0.0.0', 1936)), /push rtmp:\/\/THIS-MACHINE:1936\/live2\/KEY;/);
  assert.match(said(at('2001:db8::1', 1936)), /rtmp:\/\/\[2001:db8::1\]:1936\/live2/);
});
