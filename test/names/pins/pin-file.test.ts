import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatPin, formatPinFile, parsePinFile } from '../../../src/names/pins/pin-file.ts';

const DIGEST = `${'q'.repeat(42)}o=`;
const LINE = `192.0.2.7:443 sha256:${DIGEST} first=2026-01-01T00:00:00.000Z until=2027-01-01T00:00:00.000Z`;

suite('the text of a pin store', () => {
  test('is read and written alike', () => {
    const text = `# comment\n\n${LINE}\n`;
    const file = parsePinFile(text);
    assert.ok('pins' in file);
    assert.equal(file.pins.length, 1);
    assert.equal(formatPin(file.pins[0]!), LINE);
    assert.equal(formatPinFile(file.lines.map((line) => line.text)), text);
    assert.deepEqual(parsePinFile(''), { lines: [], pins: [] });
  });

  test('needs only destination and key', () => {
    const file = parsePinFile(`[2001:db8::7]:443\tsha256:${DIGEST}`);
    assert.ok('pins' in file);
    assert.deepEqual(file.pins[0], { destination: '[2001:db8::7]:443', digest: DIGEST, first: '', until: '' });
  });

  test('is unreadable from its first bad line on', () => {
    for (const bad of [
      'x',
      `host sha256:${DIGEST}`,
      '192.0.2.7:443',
      '192.0.2.7:443 sha256:abc=',
      `192.0.2.7:443 ${DIGEST}`,
      `192.0.2.7:443 sha256:${DIGEST.slice(0, -1)}!`,
    ]) {
      assert.deepEqual(parsePinFile(`${LINE}\n${bad}\n`), { badLine: 2 }, bad);
    }
  });
});
