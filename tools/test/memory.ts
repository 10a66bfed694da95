/**
 * `npm run test:memory`: tests under glibc's checking allocator, which looks at each block when it is freed or grown, fills it with a
 * pattern when it is allocated and when it is freed, and aborts the process at a fault. What it sees and what it cannot see shows
 * test/openssl/seeded-faults.test.ts.
 *
 * It runs what calls C most, and in the most orders of calls: the bindings to OpenSSL, the sockets, everything of TLS, the fuzz of
 * flights, and of the behaviours of the real daemon those of the connection path (handshakes, verdicts, resumption, virtual hosts, ends,
 * reloads, workers). Left out: parsers and texts, which allocate nothing in C; measurements, of memory too, which mean nothing under a
 * debugging allocator (that of churn holds here too); foreign peers and networks, which take long and enter C by the same calls.
 */
import { spawnSync } from 'node:child_process';

const FOLDERS = ['native', 'openssl', 'sockets', 'tls'].map((folder) => `test/${folder}/`);
const BEHAVIOURS = [
  ...['churn', 'client-ends-with-its-handshake', 'endings', 'floods', 'gone-before-accepted', 'hostile-dialogues'],
  'leaving-in-the-handshake',
  ...['limits', 'nothing-before-the-verdict', 'proxy-headers', 'redirect', 'reload', 'reload-in-handshakes', 'reload-under-load'],
  ...['resumption', 'server-names', 'slow-first-bytes', 'slow-negotiations', 'strict-close', 'upstream', 'virtual-hosts', 'volume'],
  'workers',
];
const FILES: ReadonlySet<string> = new Set([
  'test/fuzz/flights.test.ts',
  'test/fuzz/tls.test.ts',
  ...BEHAVIOURS.map((name) => `test/behaviour/${name}.test.ts`),
]);

/** Is a test file part of the run? */
export function callsMuchC(file: string): boolean {
  return FILES.has(file) || FOLDERS.some((folder) => file.startsWith(folder));
}

/** glibc's allocator with the checks of MALLOC_CHECK_ (mallopt(3)). Programs that a test starts inherit it. */
export const CHECKING_ALLOCATOR = {
  LD_PRELOAD: 'libc_malloc_debug.so.0',
  /** A message and abort(3) at a fault. */
  MALLOC_CHECK_: '3',
  /** What freed memory is filled with; new memory with its complement. */
  MALLOC_PERTURB_: '165',
} as const;

/** Part of glibc since 2.34 (Debian: libc6); without it the loader says so and goes on. */
export function hasCheckingAllocator(): boolean {
  const { status, stderr } = spawnSync('true', { env: { ...process.env, ...CHECKING_ALLOCATOR }, encoding: 'utf8' });
  return status === 0 && !stderr.includes(CHECKING_ALLOCATOR.LD_PRELOAD);
}
