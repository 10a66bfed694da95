/** What many questions at once cost the process that they are put to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoAnswer } from '../../src/status/control.ts';
import type { DeskAnswer } from '../../src/status/desk.ts';
import { LocalDesk } from '../../src/status/desk.ts';
import type { Views } from '../../src/status/views.ts';

const MANY = 20;

function askForMany(views: Partial<Views>): Promise<readonly DeskAnswer[]> {
  const desk = new LocalDesk(
    () => views as Views,
    () => () => undefined,
    (error) => assert.fail(error),
  );
  return Promise.all(Array.from({ length: MANY }, () => desk.read({ ask: 'connections', offset: 0, limit: 5000 })));
}

test('lists of connections are made one after the other, and what else there is to do comes in between', async () => {
  let turns = 0;
  let over = false;
  const takeTurn = (): void => {
    turns += 1;
    if (!over) setImmediate(takeTurn);
  };
  setImmediate(takeTurn);
  const madeIn: number[] = [];
  const answers = await askForMany({
    look: async () => undefined,
    connections: async () => {
      madeIn.push(turns);
      return { list: madeIn.length };
    },
  });
  over = true;
  assert.equal(new Set(madeIn).size, MANY, `${madeIn}`);
  assert.deepEqual(
    answers,
    madeIn.map((_, index) => ({ kind: 'answer', value: { list: index + 1 } })),
  );
});

test('where a process does not answer, all who ask for a list are told at once', async () => {
  let lists = 0;
  const answers = await askForMany({
    look: () => Promise.reject(new NoAnswer('a worker does not answer')),
    connections: async () => {
      lists += 1;
      return {};
    },
  });
  assert.ok(answers.every(({ kind }) => kind === 'no-answer'));
  assert.equal(lists, 0);
});
