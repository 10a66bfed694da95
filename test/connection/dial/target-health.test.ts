/** A target that is down is tried last, one caller at a time finds out whether it is back, and none is ever left out. */
import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { DialAddress } from '../../../src/address/dial-address.ts';

import { TargetHealth } from '../../../src/connection/dial/target-health.ts';

const address = (port: number): DialAddress => ({ kind: 'tcp', host: '127.0.0.1', port, family: 4 });
const [first, second, third] = [address(1), address(2), address(3)];
const all = [first, second, third];

suite('targets that are down', () => {
  let now = 0;
  let health: TargetHealth;
  beforeEach(() => {
    now = 0;
    health = new TargetHealth(() => now);
  });

  test('nothing is known: the order stays', () => {
    assert.deepEqual(health.ordered(all), all);
  });

  test('come after the others, in their order', () => {
    health.failed(first);
    health.failed(second);
    assert.deepEqual(health.ordered(all), [third, first, second]);
  });

  test('are tried all the same when there is nothing else', () => {
    health.failed(first);
    assert.deepEqual(health.ordered([first]), [first]);
    health.failed(second);
    health.failed(third);
    assert.deepEqual(health.ordered(all), all);
  });

  test('are tried again after a second, by one caller', () => {
    health.failed(first);
    now = 999;
    assert.deepEqual(health.ordered(all), [second, third, first]);
    now = 1000;
    assert.deepEqual(health.ordered(all), all);
    assert.deepEqual(health.ordered(all), [second, third, first]);
  });

  test('are waited for twice as long after each failure, up to half a minute', () => {
    let pause = 1000;
    for (let round = 0; round < 10; round += 1) {
      health.failed(first);
      now += pause - 1;
      assert.deepEqual(health.ordered(all), [second, third, first], `round ${round}`);
      now += 1;
      assert.deepEqual(health.ordered(all), all, `round ${round}`);
      pause = Math.min(pause * 2, 30_000);
    }
  });

  test('are forgotten as soon as they answer', () => {
    health.failed(first);
    health.answered(first);
    assert.deepEqual(health.ordered(all), all);
  });
});
