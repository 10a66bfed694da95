import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TopState, TopWish } from '../../../src/cli/control/top-keys.ts';
import { FIRST_STATE, pressed } from '../../../src/cli/control/top-keys.ts';

const PAGE = 10;

/** The state after these keys, and what the last one wished. */
function after(...names: readonly string[]): readonly [TopState, TopWish] {
  let result: readonly [TopState, TopWish] = [FIRST_STATE, undefined];
  for (const name of names) result = pressed(result[0], { name, ctrl: false }, PAGE);
  return result;
}

suite('a key of top', () => {
  test('sorts as htop does, and by first letters', () => {
    for (const [name, sort] of [
      ['P', 'rate'],
      ['T', 'age'],
      ['M', 'bytes'],
      ['a', 'age'],
      ['b', 'bytes'],
    ] as const)
      assert.equal(after('b', name)[0].sort, sort, name);
    assert.equal(after('f6')[0].sort, 'age');
    assert.equal(after('<')[0].sort, 'bytes');
    assert.equal(after('I')[0].inverted, true);
    assert.equal(after('I', 'I')[0].inverted, false);
  });

  test('moves what is selected, and never before the first', () => {
    assert.equal(after('down', 'down', 'up')[0].selected, 1);
    assert.equal(after('up', 'pageup')[0].selected, 0);
    assert.equal(after('pagedown')[0].selected, PAGE);
    assert.equal(after('pagedown', 'home')[0].selected, 0);
  });

  test('ends a connection after a yes, and nothing after anything else', () => {
    for (const key of ['k', 'f9']) {
      assert.deepEqual([after(key)[0].asking, after(key)[1]], [true, undefined]);
      assert.deepEqual([after(key, 'y')[0].asking, after(key, 'y')[1]], [false, 'end']);
      for (const other of ['n', 'q', 'return', 'escape']) assert.deepEqual(after(key, other), [FIRST_STATE, undefined], other);
    }
  });

  test('quits; an Escape, which an arrow over a slow line begins with, does not', () => {
    for (const name of ['q', 'Q', 'f10']) assert.equal(after(name)[1], 'quit', name);
    assert.equal(pressed(FIRST_STATE, { name: 'c', ctrl: true }, PAGE)[1], 'quit');
    assert.deepEqual(after('escape'), [FIRST_STATE, undefined]);
    assert.deepEqual(pressed(FIRST_STATE, { name: 'k', ctrl: true }, PAGE), [FIRST_STATE, undefined]);
  });

  test('helps, and takes the help away', () => {
    for (const name of ['h', '?', 'f1']) assert.deepEqual([after(name)[0].help, after(name, name)[0].help], [true, false], name);
  });
});
