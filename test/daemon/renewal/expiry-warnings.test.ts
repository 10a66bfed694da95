import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Served } from '../../../src/daemon/engine.ts';
import { nearExpiries, warnOfExpiries } from '../../../src/daemon/renewal/expiry-warnings.ts';
import type { OvercoatEvent } from '../../../src/observe/events.ts';
import { linesOf } from '../../../src/observe/log-lines.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

const DAY = 86_400_000;
const ENDS = Date.parse('2027-03-31T12:00:00Z');

type Expiries = Served['tls']['expiries'];
const served = (name: string, expiries: Expiries): Pick<Served, 'config' | 'tls'> => ({
  config: { ...serviceConfig(), name },
  tls: { ownCertificate: undefined, expiries },
});
const OWN = served('web', [{ of: 'certificate', name: 'CN=web', expires: ENDS }]);

test('a line a day from 21 days on, louder at 7 and at 2, with the clock moved day by day', (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = ENDS - 30 * DAY;
  const events: OvercoatEvent[] = [];
  const end = warnOfExpiries(
    () => [OWN],
    (event) => events.push(event),
    () => now,
    1000,
  );
  const lines: string[] = [];
  for (let day = 30; day >= -2; day -= 1) {
    now = ENDS - day * DAY;
    t.mock.timers.tick(3000); // several looks a day
    lines.push(
      ...events
        .splice(0)
        .flatMap((event) => linesOf(event, { id: 'main', service: undefined }).map(({ level, text }) => `${level} ${day} ${text}`)),
    );
  }
  end();
  assert.equal(lines.length, 21 + 1 + 2, 'one for each of the days 21 to -2');
  assert.equal(lines[0], '5 21 Our certificate CN=web ends in 21 day(s), on 2027-03-31: renew it; used by [web]');
  const levels = lines.map((line) => line.split(' ', 2).join(' '));
  assert.ok(
    levels.includes('5 8') && levels.includes('4 7') && levels.includes('4 3') && levels.includes('3 2') && levels.includes('3 -1'),
  );
  assert.match(lines.at(-1) ?? '', /Our certificate CN=web ended on 2027-03-31: renew it/);
});

test('what several services use is said once, what ends first comes first, and what does not end never', () => {
  const shared = { of: 'authority', name: 'CN=root', expires: ENDS } as const;
  const list = { of: 'revocation-list', name: 'CN=root', expires: ENDS - DAY } as const;
  const services = [served('a', [shared, list]), served('b', [shared, { of: 'revocation-list', name: 'CN=x', expires: undefined }])];
  const found = nearExpiries(services, ENDS - 5 * DAY);
  assert.deepEqual(
    found.map(({ of, daysLeft, services: users }) => [of, daysLeft, users]),
    [
      ['revocation-list', 4, ['a']],
      ['authority', 5, ['a', 'b']],
    ],
  );
});
