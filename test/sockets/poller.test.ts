/** The poller given up and made anew: nobody hears of what it watched before, and it does not keep the process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poller } from '../../src/sockets/poller.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, plainPair } from '../support/net/legs.ts';

const descriptors = (): number => process.getActiveResourcesInfo().length;

test('closed, it forgets what it watched; the next descriptor makes it anew', async (t) => {
  const [deaf, other] = await plainPair(t);
  const ignored = new Inbox(deaf);
  const before = descriptors();
  poller.close();
  poller.close(); // twice is once
  assert.equal(poller.watched, 0);
  other.write(Buffer.from('nobody hears'));
  for (let round = 0; round < 3; round += 1) {
    const [one, far] = await plainPair(t);
    const inbox = new Inbox(one);
    far.write(Buffer.from('again'));
    await inbox.sees('again');
    one.end('close');
    far.end('close');
    await eventually('both are forgotten', () => poller.watched === 1, { every: 2 }); // the listener of the test
    poller.close();
  }
  assert.equal(ignored.text, '');
  assert.ok(descriptors() <= before);
});
