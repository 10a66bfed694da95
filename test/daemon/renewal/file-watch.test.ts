/** The rests of a second are real: what is tested is that nothing is told before one has passed. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { FileWatch, REST_MS } from '../../../src/daemon/renewal/file-watch.ts';
import type { FilesRead } from '../../../src/start-files.ts';
import { eventually } from '../../support/eventually.ts';
import { tempFolder } from '../../support/temp.ts';

interface Watching {
  readonly told: FilesRead[];
  readonly text: (question: string) => string;
}

function watching(t: TestContext, folder: string, questions: readonly string[], everyMs: number, notices: boolean): Watching {
  const told: FilesRead[] = [];
  const watch = new FileWatch({ questions, folder, everyMs, notices }, (files) => told.push(files));
  t.after(() => watch.close());
  return {
    told,
    text: (question) => {
      const answer = told.at(-1)?.get(question);
      return answer?.kind === 'value' && answer.value instanceof Uint8Array ? Buffer.from(answer.value).toString() : String(answer?.kind);
    },
  };
}

suite('a watch', { concurrency: true }, () => {
  for (const [how, everyMs, notices] of [
    ['notices', 600_000, true],
    ['looks', 100, false],
  ] as const) {
    test(`by ${how} tells what is there, then each change once it has rested`, async (t) => {
      const folder = tempFolder(t);
      writeFileSync(join(folder, 'a'), 'one');
      const { told, text } = watching(t, folder, ['file a'], everyMs, notices);
      await eventually(`told 1 times`, () => told.length === 1);
      assert.equal(text('file a'), 'one');
      writeFileSync(join(folder, 'a'), 'two');
      const changedAt = performance.now();
      await eventually(`told 2 times`, () => told.length === 2);
      assert.ok(performance.now() - changedAt >= REST_MS - 50);
      assert.equal(text('file a'), 'two');
      writeFileSync(join(folder, 'new'), 'three');
      renameSync(join(folder, 'new'), join(folder, 'a'));
      await eventually(`told 3 times`, () => told.length === 3);
      assert.equal(text('file a'), 'three');
    });
  }

  test('of a folder tells the files that are new in it', async (t) => {
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'certs'));
    const { told, text } = watching(t, folder, ['folder certs'], 600_000, true);
    await eventually(`told 1 times`, () => told.length === 1);
    writeFileSync(join(folder, 'certs/0123abcd.0'), 'pem');
    await eventually(`told 2 times`, () => told.length === 2);
    assert.equal(text('file certs/0123abcd.0'), 'pem');
  });
});
