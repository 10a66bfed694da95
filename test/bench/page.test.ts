/** docs/benchmarks.md is measured in pieces: a scenario that is measured again replaces its section and nothing else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { INTRODUCTION, withSection } from '../../bench/page.ts';
import { ROOT } from '../support/overcoat/checkout.ts';

const ORDER = ['machine', 'bulk', 'memory'];

function section(name: string, body: string): { readonly name: string; readonly title: string; readonly body: string } {
  return { name, title: `About ${name}`, body };
}

suite('page of the benchmarks', () => {
  test('begins with the introduction', () => {
    const page = withSection('', section('bulk', 'one'), ORDER);
    assert.equal(page, `${INTRODUCTION}\n\n<!-- begin bulk -->\n## About bulk\n\none\n<!-- end bulk -->\n`);
  });

  test('keeps the order of the scenarios, whichever was measured first', () => {
    let page = '';
    for (const name of ['memory', 'machine', 'bulk']) page = withSection(page, section(name, name), ORDER);
    assert.deepEqual(page.match(/^## .*/gm), ['## About machine', '## About bulk', '## About memory']);
  });

  test('replaces a section and no other', () => {
    const before = withSection(withSection('', section('bulk', 'old'), ORDER), section('memory', 'kept'), ORDER);
    const after = withSection(before, section('bulk', 'new'), ORDER);
    assert.equal(after, before.replace('old', 'new'));
  });

  test('drops what is no scenario any more, and an introduction of before', () => {
    const before = `# Something older\n\n${withSection('', section('bulk', 'one'), ORDER)}`;
    assert.equal(withSection(before, section('memory', 'two'), ['memory']), withSection('', section('memory', 'two'), ORDER));
  });

  test('is what the checkout has', () => {
    const page = readFileSync(join(ROOT, 'docs/benchmarks.md'), 'utf8');
    assert.ok(
      page.startsWith(`${INTRODUCTION}\n\n<!-- begin machine -->`),
      'docs/benchmarks.md and bench/page.ts have different introductions',
    );
  });
});
