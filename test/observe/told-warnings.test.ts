import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaemonEvent } from '../../src/observe/daemon-events.ts';
import { ToldWarnings } from '../../src/observe/told-warnings.ts';

const READING: DaemonEvent = { kind: 'configuration-reading', source: 'a.conf' };
const ACCEPTING: DaemonEvent = { kind: 'accepting' };
const FAILED: DaemonEvent = { kind: 'reload-failed', code: undefined, problems: [], usable: false };
const warning = (text: string): DaemonEvent => ({ kind: 'configuration-warning', text });
const MAIN = { id: 'main', service: undefined };

/** The warnings of each reading that were news. */
function news(...events: readonly DaemonEvent[]): readonly string[] {
  const warnings = new ToldWarnings();
  return events.flatMap((event) => (warnings.isNews(event, MAIN) && event.kind === 'configuration-warning' ? [event.text] : []));
}

test('a warning is said once, however often the same mistake is read', () => {
  assert.deepEqual(news(READING, warning('a'), warning('a'), ACCEPTING, READING, warning('a'), warning('b'), ACCEPTING), ['a', 'b']);
});

test('what was mended and comes back is news again', () => {
  assert.deepEqual(news(READING, warning('a'), ACCEPTING, READING, ACCEPTING, READING, warning('a'), ACCEPTING), ['a', 'a']);
});

test('a reload that failed has said what it said', () => {
  assert.deepEqual(news(READING, warning('a'), ACCEPTING, READING, warning('b'), FAILED, READING, warning('a'), warning('b'), ACCEPTING), [
    'a',
    'b',
  ]);
});
