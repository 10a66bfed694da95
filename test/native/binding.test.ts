/** Memory of C's is read as far as it goes and no further: here it ends at a page that nobody may touch. */
// Tests: src/native/binding.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, copyOf, copyTo, ownSymbols, textAt } from '../../src/native/binding.ts';

const PAGE = 4096;
const [NOTHING, READ_AND_WRITE] = [0, 3];
const PRIVATE_AND_ANONYMOUS = 0x22;

const C = bind([ownSymbols()], {
  mmap: 'void * (void *, size_t, int, int, int, long)',
  mprotect: 'int (void *, size_t, int)',
  munmap: 'int (void *, size_t)',
});

test('a text is read to its NUL, or as far as was asked for', (t) => {
  const pages = C.mmap(null, 2 * PAGE, READ_AND_WRITE, PRIVATE_AND_ANONYMOUS, -1, 0) ?? assert.fail('no memory');
  t.after(() => C.munmap(pages, 2 * PAGE));
  const end = pages + BigInt(PAGE);
  assert.equal(C.mprotect(end, PAGE, NOTHING), 0);
  const bytes = Buffer.from('SSL alert number 40\0');
  const text = end - BigInt(bytes.length);
  copyTo(text, bytes);
  assert.equal(textAt(text, 1024), 'SSL alert number 40');
  assert.equal(textAt(text, 3), 'SSL');
  assert.equal(textAt(end - 1n, 1024), '');
  assert.deepEqual(Buffer.from(copyOf(text, bytes.length)), bytes);
});
