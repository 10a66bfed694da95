import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { BIN } from '../../support/overcoat/checkout.ts';
import { tempFolder } from '../../support/temp.ts';

const OVERCOAT = join(BIN, 'overcoat');
const KEY = `sha256:${'q'.repeat(42)}o=`;
const TIMES = 'first=2026-01-02T03:04:05.000Z until=2027-02-03T00:00:00.000Z';

function pin(store: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(OVERCOAT, ['pin', ...args, '--store', store], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

suite('overcoat pin --list and --remove', () => {
  test('show what was pinned at first use, and take it out again', (t) => {
    const store = join(tempFolder(t), 'pins');
    writeFileSync(store, `# kept\n192.0.2.7:443 ${KEY} ${TIMES}\n[2001:db8::7]:443 ${KEY}\n`);
    assert.deepEqual(pin(store, '--list'), {
      status: 0,
      out:
        `192.0.2.7:443      ${KEY}  first seen 2026-01-02, certificate ends 2027-02-03\n` +
        `[2001:db8::7]:443  ${KEY}  first seen unknown, certificate ends unknown\n`,
      err: '',
    });
    assert.equal(pin(store, '--remove', '192.0.2.7:443').out, `removed 192.0.2.7:443 ${KEY}\n`);
    assert.equal(readFileSync(store, 'utf8'), `# kept\n[2001:db8::7]:443 ${KEY}\n`);
    assert.equal(pin(store, '--remove', KEY).status, 0);
    assert.equal(pin(store, '--list').out, `no keys are pinned in ${store}\n`);
  });

  test('say what is missing or wrong', (t) => {
    const store = join(tempFolder(t), 'none', 'pins');
    assert.deepEqual(pin(store, '--remove', '192.0.2.7:443'), {
      status: 1,
      out: '',
      err: `overcoat: 192.0.2.7:443 is not in ${store}; see overcoat pin --list\n`,
    });
    assert.equal(existsSync(join(store, '..')), false);
    const broken = join(tempFolder(t), 'pins');
    writeFileSync(broken, 'garbage\n');
    assert.deepEqual(pin(broken, '--list'), { status: 1, out: '', err: `overcoat: ${broken}:1: not a pin; correct or remove the line\n` });
  });
});
