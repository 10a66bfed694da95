import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { loadTicketSecrets } from '../../../src/tls/material/ticket-secrets.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

const [ONE, TWO] = ['11'.repeat(32), 'AB'.repeat(32)];

test('secrets are read in their order, with comments and blank lines between', (t) => {
  const { 'a.key': file } = writeFiles(tempFolder(t), { 'a.key': `# newest first\n${ONE}\n\n${TWO}\r\n` });
  const { secrets, exposed } = loadTicketSecrets(file);
  assert.deepEqual(
    secrets.map((each) => Buffer.from(each).toString('hex')),
    [ONE, TWO.toLowerCase()],
  );
  assert.equal(exposed, undefined);
  chmodSync(file, 0o644);
  assert.equal(loadTicketSecrets(file).exposed, file);
});

test('what is no secret is refused by its line and not repeated', (t) => {
  const refused = (content: string, pattern: RegExp): void => {
    const { 'b.key': file } = writeFiles(tempFolder(t), { 'b.key': content });
    assert.throws(
      () => loadTicketSecrets(file),
      (error: Error) => pattern.test(error.message) && !error.message.includes('5e5e'),
    );
  };
  refused(`${ONE}\n${'5e'.repeat(31)}\n`, /line 2 is not a secret of 64 hexadecimal digits/);
  refused(`${'5e5eZZ'.repeat(11).slice(0, 64)}\n`, /line 1 is not/);
  refused('', /the file is empty/);
  refused('# none\n', /holds no secret/);
  refused(`${ONE}\n`.repeat(9), /more than 8/);
});
