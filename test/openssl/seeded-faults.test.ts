/**
 * What notices a fault of memory: three are seeded, each in a process of its own, as they are and under the checking allocator of
 * `npm run test:memory`. Through a handle none of them can happen: a freed one has no pointer to give. Below the handles, where the
 * library or a call of ours with a wrong number could do it, the allocator sees what touches its books: a double free at once, a write
 * after free when its lists are used next, if it was the links that were written over. It does not see a read of freed memory: a freed SSL
 * that is used just fails, which is what the handles are for.
 */
// Tests: src/openssl/library/handle.ts, tools/test/memory.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKING_ALLOCATOR, hasCheckingAllocator } from '../../tools/test/memory.ts';
import type { Finished } from '../support/program.ts';
import { runProgram } from '../support/program.ts';

const skip = hasCheckingAllocator() ? false : `no ${CHECKING_ALLOCATOR.LD_PRELOAD}`;

/** The faults, by the argument. Nothing may be allocated between a free and the write after it: it would get that block. */
const SCRIPT = `
import { C } from './src/openssl/library/library.ts';
import { copyTo } from './src/native/binding.ts';
import { Context } from './src/openssl/context/context.ts';
import { Connection } from './src/openssl/connection/connection.ts';
const BYTES = 1500; // too many for the lists of small blocks, whose links nobody checks
const blocks = Array.from({ length: 8 }, () => C.CRYPTO_malloc(BYTES, '', 0));
const written = Buffer.alloc(BYTES);
for (let at = 0; at + 8 <= BYTES; at += 8) written.writeBigUInt64LE(blocks[0], at); // as links they lead somewhere, but not back
const goOn = () => blocks.map(() => C.CRYPTO_malloc(BYTES, '', 0)).forEach((block) => C.CRYPTO_free(block, '', 0));
const context = new Context({ role: 'client' });
const connection = new Connection(context, {}, { send: () => undefined }, undefined);
const faults = {
  none: () => {
    copyTo(blocks[3], written);
    C.CRYPTO_free(blocks[3], '', 0);
  },
  'write after free': () => {
    C.CRYPTO_free(blocks[3], '', 0);
    copyTo(blocks[3], written);
  },
  'double free': () => {
    C.CRYPTO_free(blocks[3], '', 0);
    C.CRYPTO_free(blocks[3], '', 0);
  },
  'use of a freed SSL': () => {
    const ssl = connection.ssl;
    C.SSL_free(ssl);
    console.log(C.SSL_do_handshake(ssl));
  },
  'use of a freed handle': () => {
    connection.free();
    for (const use of [() => connection.ssl, () => connection.hasUnread, () => connection.shutdown(), () => connection.updateKeys()]) {
      try {
        use();
        console.log('nothing noticed it');
      } catch (error) {
        console.log(error.message);
      }
    }
  },
  'a context that is freed twice, and under its connection': () => {
    context.free();
    context.free();
    C.SSL_do_handshake(connection.ssl);
    connection.free();
  },
};
faults[process.argv[1]]();
goOn();
console.log('at its end');
`;

function run(fault: string, env: Readonly<Record<string, string>>): Promise<Finished> {
  const argv = [process.execPath, '--input-type=module-typescript', '--eval', SCRIPT, fault];
  const { LD_PRELOAD: _, MALLOC_CHECK_: __, MALLOC_PERTURB_: ___, ...rest } = process.env;
  return runProgram(argv, { cwd: new URL('../..', import.meta.url).pathname, env: { ...rest, ...env } });
}

const ABORTED = 'SIGABRT';

test('without a fault both allocators let the same calls pass', { skip }, async () => {
  for (const env of [{}, CHECKING_ALLOCATOR]) {
    const { code, stdout, stderr } = await run('none', env);
    assert.deepEqual([code, stdout], [0, 'at its end\n'], stderr);
  }
});

test('a write after free: the allocator, at the next use of its lists', { skip }, async () => {
  const { signal, stdout, stderr } = await run('write after free', CHECKING_ALLOCATOR);
  assert.equal(signal, ABORTED, stdout + stderr);
  assert.match(stderr, /^malloc\(\): /m);
});

test('a double free: the allocator, at once', { skip }, async () => {
  const { signal, stdout, stderr } = await run('double free', CHECKING_ALLOCATOR);
  assert.equal(signal, ABORTED, stdout + stderr);
  assert.match(stderr, /^free\(\): invalid pointer/m);
});

test('use of a freed SSL below its handle: nothing, it reads like a connection that has failed', { skip }, async () => {
  const { code, stdout, stderr } = await run('use of a freed SSL', CHECKING_ALLOCATOR);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^(?:0|-1)\nat its end\n$/);
});

test('use of a freed SSL through its handle: the handle, without an allocator', { skip }, async () => {
  for (const env of [{}, CHECKING_ALLOCATOR]) {
    const { code, stdout, stderr } = await run('use of a freed handle', env);
    assert.deepEqual([code, stdout], [0, `${'a freed connection was used\n'.repeat(4)}at its end\n`], stderr);
  }
});

test('a context that is freed twice, and under its connection: nothing is wrong, the library counts', { skip }, async () => {
  const { code, stdout, stderr } = await run('a context that is freed twice, and under its connection', CHECKING_ALLOCATOR);
  assert.deepEqual([code, stdout], [0, 'at its end\n'], stderr);
});
