/** Damaged requests to our own HTTP server, and damaged answers of those we ask. */
import { suite, test } from 'node:test';
import { fuzzSubject } from '../support/fuzz.ts';
import { HTTP_SUBJECTS } from './subjects/http.ts';

suite('fuzzing HTTP', () => {
  for (const [index, subject] of HTTP_SUBJECTS.entries()) test(subject.name, () => fuzzSubject(subject, 1100 + index));
});
