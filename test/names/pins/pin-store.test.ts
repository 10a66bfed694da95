import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { PinStore, pinDestination } from '../../../src/names/pins/pin-store.ts';
import { tempFolder } from '../../support/temp.ts';

const HERE = '192.0.2.7:443';
const NOW = new Date('2026-06-01T00:00:00Z');
const NEXT_YEAR = new Date('2027-06-01T00:00:00Z');

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
const key = (text: string, notAfter = NEXT_YEAR) => ({ digest: digest(text), notAfter });

function open(t: { after(end: () => void): void }): { file: string; store: PinStore } {
  const file = join(tempFolder(t), 'state', 'pins');
  return { file, store: new PinStore(file, () => NOW) };
}

suite('the pin store', () => {
  test('learns the first key of a destination, accepts it again and no other', async (t) => {
    const { file, store } = open(t);
    assert.deepEqual(await store.check(HERE, key('one')), { kind: 'learnt' });
    assert.deepEqual(await store.check(HERE, key('one')), { kind: 'known', expiresInDays: undefined });
    assert.deepEqual(await store.check(HERE, key('two')), { kind: 'mismatch', digests: [digest('one')] });
    assert.deepEqual(await store.check('192.0.2.7:444', key('two')), { kind: 'learnt' });
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(file, '..')), ['pins']);
  });

  test('knows them in the next process', async (t) => {
    const { file, store } = open(t);
    await store.check(HERE, key('one'));
    assert.equal((await new PinStore(file).check(HERE, key('two'))).kind, 'mismatch');
  });

  test('takes several keys of one destination, as a person wrote them, and keeps comments', async (t) => {
    const { file, store } = open(t);
    await store.check(HERE, key('one'));
    const text = `# mine\n${readFileSync(file, 'utf8')}\n${HERE} sha256:${digest('two')}\n`;
    writeFileSync(file, text);
    assert.equal((await store.check(HERE, key('two'))).kind, 'known');
    assert.equal((await store.check(HERE, key('three'))).kind, 'mismatch');
    await store.check('192.0.2.9:443', key('nine'));
    assert.ok(readFileSync(file, 'utf8').startsWith('# mine\n'));
    assert.equal((await store.list()).length, 3);
  });

  test('says when a pinned certificate is about to expire, and notes its renewal', async (t) => {
    const { store } = open(t);
    const soon = new Date('2026-06-11T12:00:00Z');
    await store.check(HERE, key('one', soon));
    await store.check('192.0.2.8:443', key('one', soon));
    assert.deepEqual(await store.check(HERE, key('one', soon)), { kind: 'known', expiresInDays: 10 });
    assert.deepEqual(await store.check(HERE, key('one', NEXT_YEAR)), { kind: 'known', expiresInDays: undefined });
    assert.equal((await store.list())[0]?.until, NEXT_YEAR.toISOString());
    assert.equal((await store.list())[0]?.first, NOW.toISOString());
    assert.equal((await store.list())[1]?.until, soon.toISOString(), 'the same key elsewhere has not been seen again');
    const within = async (days: number) => {
      const notAfter = new Date(NOW.getTime() + days * 24 * 3_600_000);
      await store.check('192.0.2.9:443', key('two', notAfter));
      return store.check('192.0.2.9:443', key('two', notAfter));
    };
    assert.deepEqual(await within(30), { kind: 'known', expiresInDays: undefined });
    assert.deepEqual(await within(29), { kind: 'known', expiresInDays: 29 });
  });

  test('removes by destination or by key', async (t) => {
    const { store } = open(t);
    await store.check(HERE, key('one'));
    await store.check('192.0.2.8:443', key('two'));
    await store.check('192.0.2.9:443', key('two'));
    assert.deepEqual(
      (await store.remove(HERE)).map(({ destination }) => destination),
      [HERE],
    );
    assert.equal((await store.remove(`sha256:${digest('two')}`)).length, 2);
    assert.deepEqual(await store.remove(HERE), []);
    assert.deepEqual(await store.list(), []);
    assert.equal((await store.check(HERE, key('other'))).kind, 'learnt');
  });

  test('fails closed when it cannot be read, understood or written', async (t) => {
    const { file, store } = open(t);
    mkdirSync(join(file, '..'));
    writeFileSync(file, `# fine\n${HERE} sha256:short\n`);
    const verdict = await store.check(HERE, key('one'));
    assert.ok(verdict.kind === 'unusable');
    assert.match(verdict.why, /pins:2: not a pin/);

    const blocked = new PinStore(join(file, 'below'));
    assert.equal((await blocked.check(HERE, key('one'))).kind, 'unusable');

    if (process.getuid?.() !== 0) {
      const folder = join(tempFolder(t), 'locked');
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      assert.equal((await new PinStore(join(folder, 'pins')).check(HERE, key('one'))).kind, 'unusable');
    }
  });

  test('what is no file keeps no pins, is not waited for, and stays what it is', async (t) => {
    const { file, store } = open(t);
    mkdirSync(join(file, '..'));
    symlinkSync('/dev/null', file);
    const pipe = `${file}.pipe`;
    execFileSync('mkfifo', [pipe]);
    for (const [path, each] of [
      [file, store],
      [pipe, new PinStore(pipe)],
    ] as const) {
      assert.deepEqual(await each.check(HERE, key('one')), { kind: 'unusable', why: `${path} is not a file, so it keeps no pins` });
      await assert.rejects(each.list(), /is not a file/);
    }
    assert.ok(statSync(file).isCharacterDevice());
    assert.ok(statSync(pipe).isFIFO());
  });

  test('of many first connections at once one key wins, and all are told so', async (t) => {
    const { store } = open(t);
    const verdicts = await Promise.all(Array.from({ length: 40 }, (_, index) => store.check(HERE, key(`key ${index}`))));
    assert.equal(verdicts.filter(({ kind }) => kind === 'learnt').length, 1);
    assert.equal(verdicts.filter(({ kind }) => kind === 'mismatch').length, 39);
  });

  test('of several processes at once none loses what another wrote', async (t) => {
    const { file, store } = open(t);
    const module = join(import.meta.dirname, '../../../src/names/pins/pin-store.ts');
    const script = `
      import { PinStore } from ${JSON.stringify(module)};
      const store = new PinStore(${JSON.stringify(file)});
      const seen = { digest: ${JSON.stringify(digest('one'))}, notAfter: new Date('2027-01-01') };
      for (let port = 1; port <= 25; port++) {
        const { kind } = await store.check('192.0.2.' + process.argv[1] + ':' + port, seen);
        if (kind !== 'learnt') throw new Error(kind);
      }`;
    const run = promisify(execFile);
    await Promise.all([1, 2, 3].map((host) => run(process.execPath, ['--input-type=module-typescript', '-e', script, String(host)])));
    assert.equal((await store.list()).length, 75);
    assert.equal(existsSync(`${file}.lock`), false);
  });

  test('takes over the lock of a process that died', async (t) => {
    const { file, store } = open(t);
    mkdirSync(join(file, '..'));
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.pid']);
    writeFileSync(`${file}.lock`, stdout);
    assert.equal((await store.check(HERE, key('one'))).kind, 'learnt');
  });
});

suite('the destination of a pin', () => {
  test('has one spelling', () => {
    assert.equal(pinDestination('::ffff:192.0.2.7', 443), HERE);
    assert.equal(pinDestination('2001:DB8::7', 443), '[2001:db8::7]:443');
  });
});
