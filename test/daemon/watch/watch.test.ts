/** What looks at a process costs nothing where nobody wants it: nothing of it is even loaded. What it does is in test/behaviour/status.test.ts. */
// Tests: src/daemon/watch/watch.ts, src/status/no-desk.ts
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../support/overcoat/checkout.ts';

/** Modules of src/ that are loaded together with one: what it imports as more than types, and not by a call. */
function loadedWith(entry: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const text = readFileSync(join(ROOT, entry), 'utf8');
  for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm))
    if (target.startsWith('.')) loadedWith(relative(ROOT, join(ROOT, dirname(entry), target)), found);
    else found.add(target);
  return found;
}

for (const entry of [
  'src/cli/main.ts',
  'src/cli/serve.ts',
  'src/daemon/start.ts',
  'src/daemon/workers/run-worker.ts',
  'src/daemon/workers/supervisor/pool.ts',
])
  test(`${entry} loads nothing of it`, () => {
    const loaded = [...loadedWith(entry)];
    assert.ok(loaded.length > 5);
    assert.deepEqual(
      loaded.filter((path) => path.startsWith('src/status/')).filter((path) => path !== 'src/status/no-desk.ts'),
      [],
    );
    for (const name of ['hono', '@hono/node-server', 'prom-client', 'node:http', 'node:https']) assert.ok(!loaded.includes(name), name);
  });
