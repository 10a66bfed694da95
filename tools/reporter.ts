/**
 * The test reporter of `npm test`: node's own `spec` output and summary, then every skipped test with its reason, then one plain
 * line for machines and tired readers: `N passed, N failed, N skipped`. `npm run check`, run just before, counts as one test.
 */
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

interface Tally {
  passed: number;
  failed: number;
  readonly skipped: string[];
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tally: Tally = { passed: 0, failed: 0, skipped: [] };
  const output = Readable.from(counting(source, tally)).compose(new spec());
  for await (const chunk of output) yield String(chunk);
  yield closingLines(tally);
}

async function* counting(source: AsyncIterable<TestEvent>, tally: Tally): AsyncGenerator<TestEvent> {
  for await (const event of source) {
    count(event, tally);
    yield event;
  }
}

/** A skipped suite counts as one: its tests are never registered. */
function count({ type, data }: TestEvent, tally: Tally): void {
  if (type === 'test:pass' && data.skip !== undefined) {
    const file = data.file === undefined ? '' : `${relative(process.cwd(), data.file)}: `;
    tally.skipped.push(`${file}${data.name} (${typeof data.skip === 'string' ? data.skip : 'no reason given'})`);
  } else if (type === 'test:summary' && data.file === undefined) {
    const { tests, passed, skipped, todo } = data.counts;
    tally.passed += passed;
    tally.failed += tests - passed - skipped - todo; // the cancelled ones too
  }
}

function closingLines({ passed, failed, skipped }: Tally): string {
  const check = process.env['OVERCOAT_CHECK'];
  const list = skipped.length === 0 ? '' : `\nskipped:\n${skipped.map((line) => `  ${line}\n`).join('')}`;
  const checkLine = check === 'failed' ? '\n`npm run check` failed: its findings stand at the top.\n' : '';
  const checkPassed = check === 'passed' ? 1 : 0;
  const checkFailed = check === 'failed' ? 1 : 0;
  return `${list}${checkLine}\n${passed + checkPassed} passed, ${failed + checkFailed} failed, ${skipped.length} skipped\n`;
}
