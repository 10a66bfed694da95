import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ServiceConfig } from '../../src/config/config.ts';
import { COMMAND_SERVICE } from '../../src/config/defaults.ts';
import { RECOGNISERS } from '../../src/names/recognisers.ts';
import type { Recogniser } from '../../src/names/recognition.ts';
import { NOT_MINE } from '../../src/names/recognition.ts';
import { recogniseRtmp } from '../../src/names/rtmp/recognise.ts';
import { planSniff } from '../../src/names/sniff-plan.ts';

const tls: Recogniser = () => NOT_MINE;
const auto = (more: Partial<ServiceConfig> = {}): ServiceConfig => ({
  ...COMMAND_SERVICE,
  mode: 'client',
  serverName: { kind: 'auto' },
  alreadyTls: 'pass',
  ...more,
});

suite('what is looked for in the first bytes', () => {
  test('everything, while no name is known', () => {
    assert.deepEqual(planSniff(auto(), 12_345, 'name', tls), { recognisers: [...RECOGNISERS, tls], firstByteMs: 300 });
  });

  test('as long as it takes where clients speak first, not at all where servers do', () => {
    for (const port of [80, 443, 554, 1935, 8080]) assert.equal(planSniff(auto(), port, 'name', tls)?.firstByteMs, undefined, String(port));
    for (const port of [21, 22, 25, 110, 143, 587, 3306]) assert.equal(planSniff(auto(), port, 'name', tls), undefined, String(port));
  });

  test('with a name from elsewhere, TLS and the protocols with an ALPN name', () => {
    assert.deepEqual(planSniff(auto(), 443, 'rest', tls)?.recognisers.includes(tls), true);
    assert.equal(planSniff(auto(), 443, 'rest', tls)?.recognisers.includes(recogniseRtmp), false);
    const names = { ...COMMAND_SERVICE.names, sources: ['map'] as const };
    assert.deepEqual(planSniff(auto({ names }), 443, 'rest', tls)?.recognisers, [tls]);
    assert.equal(planSniff(auto({ names, alreadyTls: 'wrap' }), 443, 'rest', tls), undefined);
  });

  test('with a fixed name nothing, unless there is a tcUrl to rewrite', () => {
    const fixed = { serverName: { kind: 'fixed', name: 'a.example' } } as const;
    assert.equal(planSniff(auto(fixed), 443, 'rest', tls), undefined);
    const rewriting = auto({ ...fixed, rtmpRewrite: { kind: 'auto' } });
    assert.deepEqual(planSniff(rewriting, 25, 'rest', tls), { recognisers: [recogniseRtmp], firstByteMs: undefined });
  });
});
