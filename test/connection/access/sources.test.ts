/** How much of a service one source may have, without a network. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Limits, ServiceConfig } from '../../../src/config/config.ts';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import type { TooMany } from '../../../src/connection/access/sources.ts';
import { Sources } from '../../../src/connection/access/sources.ts';
import { eventually } from '../../support/eventually.ts';

function service(limits: Partial<Limits>, name = 's'): ServiceConfig {
  return { ...FILE_SERVICE, name, limits: { ...FILE_SERVICE.limits, ...limits } };
}

function enterTimes(sources: Sources, times: number, config: ServiceConfig, address: string | undefined): readonly (number | TooMany)[] {
  return Array.from({ length: times }, () => sources.enter(config, address));
}

function isIn(entered: number | TooMany): entered is number {
  return typeof entered === 'number';
}

suite('sources', () => {
  test('may have so many connections, and another one when one has gone', () => {
    const [sources, config] = [new Sources(), service({ clientsPerAddress: 3 })];
    const entered = enterTimes(sources, 5, config, '192.0.2.1');
    assert.deepEqual(entered.slice(3), Array(2).fill({ limit: 'clientsPerAddress', source: '192.0.2.1', most: 3 }));
    assert.ok(isIn(sources.enter(config, '192.0.2.2')), 'another address');
    assert.ok(isIn(sources.enter(service({ clientsPerAddress: 3 }, 'other'), '192.0.2.1')), 'another service');
    sources.leave(entered[0] as number);
    assert.deepEqual(enterTimes(sources, 2, config, '::ffff:192.0.2.1').map(isIn), [true, false]);
  });

  test('count what came while there was no limit, or another one', () => {
    const sources = new Sources();
    enterTimes(sources, 4, service({}), '192.0.2.1');
    assert.ok(!isIn(sources.enter(service({ clientsPerAddress: 4 }), '192.0.2.1')));
    assert.ok(isIn(sources.enter(service({ clientsPerAddress: 5 }), '192.0.2.1')));
  });

  test('may come so often a second, and all together so often; who is too fast takes nothing from the others', () => {
    const [sources, config] = [new Sources(), service({ handshakes: { all: 10, each: 4 } })];
    const fast = enterTimes(sources, 50, config, '2001:db8::1');
    assert.deepEqual([fast.filter(isIn).length, fast[4]], [4, { limit: 'handshakesPerSecond', source: '2001:db8::/64', most: 4 }]);
    for (const address of ['192.0.2.1', '192.0.2.2']) assert.equal(enterTimes(sources, 3, config, address).filter(isIn).length, 3);
    assert.deepEqual(sources.enter(config, '192.0.2.3'), { limit: 'handshakesPerSecond', source: '', most: 10 });
    assert.ok(!isIn(sources.enter(config, undefined)), 'a Unix socket is one of all');
  });

  test('are many: what all together took is counted through a flood of them, for each service by itself', async () => {
    const limits = { handshakes: { all: 1, each: undefined } };
    const [sources, config] = [new Sources(), service(limits)];
    const { last } = await eventually('all of it happened within the second that is counted', () => {
      const began = performance.now();
      enterTimes(sources, 2, config, '192.0.2.1');
      for (let each = 0; each < 40_000; each += 1) sources.leave(sources.enter(service({}), `10.0.${each >> 8}.${each & 255}`) as number);
      const last = sources.enter(config, '192.0.2.2');
      return performance.now() - began < 900 ? { last } : undefined;
    });
    assert.ok(!isIn(last));
    assert.ok(isIn(sources.enter(service(limits, 'other'), '192.0.2.1')));
  });

  test('that were refused are not counted', () => {
    const [sources, config] = [new Sources(), service({ clientsPerAddress: 2, handshakes: { all: 1, each: undefined } })];
    enterTimes(sources, 20, config, '192.0.2.1');
    assert.ok(isIn(sources.enter(service({ clientsPerAddress: 2 }), '192.0.2.1')));
  });

  test('of a flood one is told of, with how many there were before', () => {
    const [sources, config] = [new Sources(), service({ clientsPerAddress: 1 })];
    const why: TooMany = { limit: 'clientsPerAddress', source: '192.0.2.1', most: 1 };
    const causes = Array.from({ length: 5 }, () => sources.failure(why, config));
    assert.deepEqual(
      causes.map(({ because }) => because.kind === 'over-limit' && [because.told, because.untold]),
      [
        [true, 0],
        [false, 1],
        [false, 2],
        [false, 3],
        [false, 4],
      ],
    );
    assert.equal(causes[0]?.code, 'access_too_many_clients');
    assert.equal(causes[0]?.message, 'clientsPerAddress = 1 for 192.0.2.1');
    assert.match(sources.failure({ ...why, source: '' }, config).message, /for all clients together$/);
    assert.equal(sources.failure({ ...why, limit: 'handshakesPerSecond' }, config).code, 'access_too_many_handshakes');
  });
});
