/** Every dialogue cut at every point: prefixes wait, and where a message is split makes no difference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Line } from '../support/overcoat/transcript.ts';
import { endOf, play } from '../support/overcoat/transcript.ts';
import { DIALOGUES } from './dialogues.ts';

type Says = Extract<Line, { readonly says: unknown }>;

/** Replaces line `index` of a script. */
function withLine(script: readonly Line[], index: number, ...lines: readonly Line[]): Line[] {
  return [...script.slice(0, index), ...lines, ...script.slice(index + 1)];
}

function spoken(script: readonly Line[]): [number, Says][] {
  return [...script.entries()].filter((entry): entry is [number, Says] => 'says' in entry[1]);
}

for (const { name, start, script } of DIALOGUES) {
  test(`${name}: as it is`, () => {
    assert.equal(endOf(play(start(), script)), 'done');
  });

  test(`${name}: every prefix of every message waits for more, and nothing is said or secured too early`, () => {
    for (const [index, { says, bytes }] of spoken(script)) {
      const before = script.slice(0, index);
      for (let length = 0; length < bytes.length; length += 1) {
        const played = play(start(), [...before, ...(length > 0 ? [{ says, bytes: bytes.subarray(0, length) }] : [])]);
        assert.ok(played.end === 'waiting' || played.end === 'done', `line ${index} cut at ${length}: ${endOf(played)}`);
      }
    }
  });

  test(`${name}: every split of every message`, () => {
    for (const [index, { says, bytes }] of spoken(script)) {
      for (let at = 1; at < bytes.length; at += 1) {
        const split = withLine(script, index, { says, bytes: bytes.subarray(0, at) }, { says, bytes: bytes.subarray(at) });
        assert.equal(endOf(play(start(), split)), 'done', `line ${index} split at ${at}`);
      }
    }
  });

  test(`${name}: byte by byte`, () => {
    const single = script.flatMap<Line>((line) =>
      'says' in line ? [...line.bytes].map((byte) => ({ says: line.says, bytes: Buffer.from([byte]) })) : [line],
    );
    assert.equal(endOf(play(start(), single)), 'done');
  });
}
