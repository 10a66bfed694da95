/** Hostile first bytes: no exception, no impossible answer, and nothing of the client lost, however its bytes arrive. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RECOGNISERS } from '../../src/names/recognisers.ts';
import { FUZZ_INPUTS, fuzz, fuzzSubject } from '../support/fuzz.ts';
import { checkRecognition, NAME_SUBJECTS, RECOGNISER_SUBJECTS } from './subjects/names.ts';

suite('fuzzing first bytes', () => {
  assert.equal(RECOGNISER_SUBJECTS.length, RECOGNISERS.length + 1, 'a recogniser is not fuzzed');

  for (const [index, subject] of NAME_SUBJECTS.entries()) test(subject.name, () => fuzzSubject(subject, 100 + index));

  for (const [index, { name, seeds, from = 0, recognise }] of RECOGNISER_SUBJECTS.entries()) {
    const real = seeds();
    test(`${name}: noise behind a true beginning`, () => {
      fuzz(
        200 + index,
        FUZZ_INPUTS,
        (random) => Buffer.concat([random.pick(real).subarray(0, from + random.below(40)), random.bytes(random.below(300))]),
        (bytes) => checkRecognition(recognise, bytes),
      );
    });
  }
});
