import assert from 'node:assert/strict';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { clientService } from '../support/overcoat/resolve-text.ts';
import { formatStunnelFailure } from '../support/overcoat/stunnel-failure.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const OVERCOAT = { strict: false, launcher: 'overcoat' } as const;
const STUNNEL = { strict: false, launcher: 'stunnel' } as const;

suite('a file', () => {
  test('is the same whoever reads it, but for the drain', (t) => {
    const { 'a.conf': file } = writeFiles(tempFolder(t), { 'a.conf': clientService() });
    const ours = loadConfig({ file }, OVERCOAT).config;
    const theirs = loadConfig({ file }, STUNNEL).config;
    assert.equal(ours?.source, realpathSync(file));
    assert.deepEqual([ours?.global.drainMs, theirs?.global.drainMs], [30_000, 0]);
    assert.deepEqual(ours?.services, theirs?.services);
  });

  test('may include directories, and each problem names its own file', (t) => {
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'd'));
    const files = writeFiles(folder, {
      'a.conf': `foreground = yes\ninclude = ${join(folder, 'd')}\nclient = maybe`,
      'd/1.conf': clientService(),
      'd/2.conf': '[t]\nclient = yes\nfoo = 1',
    });
    const { problems } = loadConfig({ file: files['a.conf'] }, OVERCOAT);
    assert.deepEqual(
      problems.filter((problem) => problem.code !== 'config_unsafe').map(({ file, line, option }) => [file, line, option]),
      [
        [files['d/2.conf'], 3, 'foo'],
        [files['a.conf'], 3, 'client'],
      ],
    );
  });

  test('that cannot be read is one problem', () => {
    const { config, problems } = loadConfig({ file: '/no/such.conf' }, OVERCOAT);
    assert.equal(config, undefined);
    assert.equal(
      problems[0]?.text,
      'the configuration cannot be read: No such file or directory (2); check the name, and the folders before it',
    );
    assert.deepEqual(formatStunnelFailure(problems), [
      '[!] Invalid configuration file name "/no/such.conf"',
      '[!] realpath: No such file or directory (2)',
      '[!] Configuration failed',
    ]);
  });
});

suite('blame', () => {
  test('finds the line that names a file, the longest name first, else the section', (t) => {
    const text = `CAfile = /etc/ca\n${clientService('cert = /etc/ca/own.pem')}`;
    const { 'a.conf': file } = writeFiles(tempFolder(t), { 'a.conf': text });
    const { blame } = loadConfig({ file }, OVERCOAT);
    const lineOf = (message: string): readonly unknown[] => [blame(0, message).option, blame(0, message).at.line];
    assert.deepEqual(lineOf('cert = /etc/ca/own.pem: no such file'), ['cert', 6]);
    assert.deepEqual(lineOf('CAfile = /etc/ca: no such file'), ['CAfile', 1]);
    assert.deepEqual(lineOf('something else'), ['', 2]);
    assert.deepEqual([blame(7, 'x').at.line, blame(7, 'x').option], [0, '']);
  });
});
