import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ingest } from '../../../src/cli/rtmps/ingest.ts';
import { PRESETS, stateOf } from '../../../src/cli/rtmps/presets.ts';

suite('services', () => {
  for (const preset of PRESETS) {
    test(preset.service, () => {
      assert.match(preset.service, /^[a-z]+$/);
      if (preset.url === undefined) assert.match(preset.looksLike ?? '', /^rtmps:\/\//);
      else assert.ok(ingest(preset.url).ok);
      assert.match(preset.source, /^https:\/\//);
      assert.match(preset.date, /^20\d\d-\d\d-\d\d$/);
      assert.match(stateOf(preset), /^(unverified|verified 20\d\d-\d\d-\d\d)$/);
    });
  }

  test('have names of their own', () => {
    assert.equal(new Set(PRESETS.map(({ service }) => service)).size, PRESETS.length);
  });
});
