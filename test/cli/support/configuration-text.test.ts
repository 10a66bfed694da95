import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { shownConfiguration } from '../../../src/cli/support/configuration-text.ts';
import { OPTION_LIST } from '../../../src/config/option-table.ts';
import { tempFolder, writeFiles } from '../../support/temp.ts';

suite('a configuration that is shown to strangers', () => {
  const shown = (t: Parameters<typeof tempFolder>[0], text: string) => {
    const { conf } = writeFiles(tempFolder(t), { conf: text });
    const { lines, hidden } = shownConfiguration({ file: conf });
    return { lines: lines.map((line) => line.replace(`${conf}:`, '')), hidden };
  };

  test('keeps its lines and their numbers', (t) => {
    const { lines, hidden } = shown(t, 'debug = 7\n\n[a]\naccept = 1\npin = sha256:abc\n');
    assert.deepEqual(lines, ['1: debug = 7', '3: [a]', '4: accept = 1', '5: pin = sha256:abc']);
    assert.deepEqual(hidden, []);
  });

  test('shows no comment, no secret option in any spelling, and nothing it does not know', (t) => {
    const secret = OPTION_LIST.filter((option) => option.secret === true).map(({ name }) => `${name.toUpperCase()} = S3cret`);
    assert.ok(secret.length > 2);
    const { lines } = shown(
      t,
      ['; S3cret', '#S3cret', '[a]', ...secret, 'protocolPasword = S3cret', 'S3cret', 'execArgs = a S3cret'].join('\n'),
    );
    assert.doesNotMatch(lines.join('\n'), /S3cret/);
    assert.equal(lines.filter((line) => line.includes('***')).length, secret.length + 3);
  });

  test('takes secret parts out of addresses', (t) => {
    const { lines, hidden } = shown(t, '[a]\nocsp = http://joe:S3cret@ocsp.example/x\nkey = pkcs11:object=k;pin-value=1234?x=y\n');
    assert.deepEqual(lines.slice(1), ['2: ocsp = http://***@ocsp.example/x', '3: key = pkcs11:object=k;pin-value=***?x=y']);
    assert.deepEqual(hidden, ['joe:S3cret', '1234']);
  });

  test('names a header and a variable without their values, and a stream without its key', (t) => {
    const { lines } = shown(
      t,
      'setEnv = PGPASSWORD=S3cret\n[a]\nprotocolHeader = Proxy-Authorization: Basic S3cret\nprotocolHeader = S3cret\nrtmpRewrite = rtmp://joe:S3cret@a.example/live/S3cret\n',
    );
    assert.deepEqual(
      lines.filter((line) => !line.endsWith(']')),
      [
        '1: setEnv = PGPASSWORD=***',
        '3: protocolHeader = Proxy-Authorization: ***',
        '4: protocolHeader = ***',
        '5: rtmpRewrite = rtmp://***@a.example/live/***',
      ],
    );
  });

  test('says why there is nothing to show', () => {
    assert.deepEqual(shownConfiguration({ file: '/nowhere/at/all' }).lines, [
      '/nowhere/at/all: No such file or directory (2); check the name, and the folders before it',
    ]);
  });
});
