import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupId, userId } from '../../../src/config/values/accounts.ts';

test('finds users and groups by name and by number', () => {
  assert.deepEqual(userId('root'), { ok: true, value: 0 });
  assert.deepEqual(userId('1234'), { ok: true, value: 1234 });
  assert.deepEqual(groupId('0'), { ok: true, value: 0 });
  assert.equal(groupId('root').ok, true);
});

test("refuses the rest in stunnel's words", () => {
  for (const wrong of ['', 'no-such-account', '-1', '4294967295', '$(id)', '--help', ':x:']) {
    const user = userId(wrong);
    const group = groupId(wrong);
    assert.ok(!user.ok && !group.ok, wrong);
    assert.equal(user.stunnelText, 'Illegal UID');
    assert.equal(group.stunnelText, 'Illegal GID');
  }
});
