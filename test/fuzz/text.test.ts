/** Damaged files and hostile spellings: every one is read to its end, nothing is thrown, and each mistake names a line. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { suite, test } from 'node:test';
import { ipVersion } from '../../src/address/ip.ts';
import { FUZZ_INPUTS, fuzzSubject, Random } from '../support/fuzz.ts';
import { TEXT_SUBJECTS } from './subjects/text.ts';

suite('fuzzing text', () => {
  for (const [index, subject] of TEXT_SUBJECTS.entries()) test(subject.name, () => fuzzSubject(subject, 900 + index));

  test('what an IP address is, is what the runtime takes for one, whatever it is put together of', () => {
    const pieces = ['0', '1', 'ff', 'FFFF', '12345', '0a', '00001', 'g', ':', ':', ':', '::', '.', '.', '1.2.3.4', '255', '256', '01'];
    const ends = ['%', 'eth0', '\0', ' ', '/', '[', '-'];
    const whole = [
      '1:2:3:4:5:6:7:8',
      '::',
      'fe80::1%eth0',
      '::ffff:192.0.2.1',
      '1:2:3:4:5:6:192.0.2.1',
      '1::8',
      '192.0.2.1',
      '1:2:3:4:5:6:7::',
    ];
    const random = new Random(47);
    for (let input = 0; input < FUZZ_INPUTS * 4; input += 1) {
      const parts = random.below(2) === 0 ? [...random.pick(whole)] : [];
      const changes = random.below(parts.length === 0 ? 18 : 4);
      for (let change = 0; change < changes; change += 1) {
        parts.splice(random.below(parts.length + 1), random.below(2), random.pick([...pieces, ...ends]));
      }
      const text = parts.join('');
      assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
    }
  });
});
