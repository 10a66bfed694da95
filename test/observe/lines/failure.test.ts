import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureCause } from '../../../src/failure-cause.ts';
import { explanation } from '../../../src/observe/lines/failure.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

test('a wait that was too long is told without the option of a file to whoever gave flags', () => {
  for (const code of ['negotiation_timeout', 'handshake_timeout'] as const) {
    for (const said of [undefined, false, true]) {
      const because: FailureCause = { kind: 'limit', limit: 'TIMEOUTbusy', ms: 10_000, side: 'upstream', said };
      const told = (origin: 'command' | 'file', name: string): string => {
        const { why, remedy } = explanation(
          { code, message: 'TIMEOUTbusy exceeded', because },
          { id: '1', service: serviceConfig({ service: { origin, name } }) },
        );
        return `${why}; ${remedy}`;
      };
      for (const name of ['exec', 'gateway', 'client', 'pin']) assert.doesNotMatch(told('command', name), /TIMEOUT/);
      assert.match(told('file', 'svc'), /within 10 s.*or raise TIMEOUTbusy/);
    }
  }
});
