/** Hostile DNS answers: whatever a resolver sends is passed on or dropped, and never ends the forwarder. */
import { suite, test } from 'node:test';
import { fuzzSubject } from '../support/fuzz.ts';
import { DNS_SUBJECTS } from './subjects/dns.ts';

suite('fuzzing DNS', () => {
  for (const [index, subject] of DNS_SUBJECTS.entries()) test(subject.name, () => fuzzSubject(subject, 700 + index));
});
