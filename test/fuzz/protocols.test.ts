/** Conversations and parsers of the protocols on mutated and random input: no exception but our own, no endless loop, no early TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIALOGUES } from '../protocols/dialogues.ts';
import { FUZZ_INPUTS, fuzz, fuzzSubject, mutate } from '../support/fuzz.ts';
import { feed } from '../support/overcoat/transcript.ts';
import { PROTOCOL_SUBJECTS, saidIn } from './subjects/protocols.ts';

for (const [index, { name, start, script }] of DIALOGUES.entries()) {
  test(`${name}: parts exchanged between its legs`, () => {
    const good = saidIn(script);
    const all = [...good.client, ...good.upstream].filter((bytes) => bytes.length > 0);
    let secured = 0;
    fuzz(
      1000 + index,
      FUZZ_INPUTS,
      (random) => mutate(random, all),
      (bytes, random) => {
        const leg = random.pick(['client', 'upstream'] as const);
        const part = random.below(good[leg].length);
        const said = { ...good, [leg]: good[leg].map((original, at) => (at === part ? bytes : original)) };
        secured += feed(start(), said).secured.length;
      },
    );
    assert.ok(secured > 0 || !script.some((line) => 'tls' in line), 'some inputs are still good, so the mutations reach every part');
  });

  test(`${name}: random bytes`, () => {
    fuzz(
      2000 + index,
      FUZZ_INPUTS,
      (random) => random.bytes(random.below(random.below(20) === 0 ? 70_000 : 200)),
      (bytes) => {
        feed(start(), { client: [bytes, bytes], upstream: [bytes, bytes] });
      },
    );
  });
}

for (const [index, subject] of PROTOCOL_SUBJECTS.entries()) {
  if (!subject.name.startsWith('dialogue-')) test(subject.name, () => fuzzSubject(subject, 3000 + index));
}
