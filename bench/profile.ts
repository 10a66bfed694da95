/**
 * `npm run bench:profile -- bulk|connections [client|server] [up|down]`: where the CPU of one scenario goes, by layer. Samples the
 * running daemon with Debian's linux-perf (package linux-perf; a virtual machine without cycle counters does, the clock is sampled)
 * and sorts every sample by the library and function it fell into.
 */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../src/linux/files/find-program.ts';
import { Bench, makeMaterial } from './run.ts';
import { overcoat } from './subjects/index.ts';
import type { Mode } from './subjects/subject.ts';

/** The first rule that matches a sample's `thread|library|symbol` decides its layer. */
const LAYERS: readonly (readonly [layer: string, rule: RegExp])[] = [
  ['garbage collection', /^node-V8Worker|v8::internal::(Scavenger|.*Mark|.*Sweep|Heap::|.*GC)/i],
  ['kernel', /\|\[kernel/],
  ['malloc, memcpy', /\|libc\.so.*\|.*(malloc|free|calloc|realloc|mem(move|cpy|set))/],
  ['crypto primitives', /aes|gcm|sha(1|256|512)|x25519|ecp_|bn_|mlkem|chacha|poly1305|ghash|EC_|fe51/i],
  ['OpenSSL, not crypto', /ssl|tls1|tls_|BIO|EVP|X509|ASN1|d2i|OPENSSL|CRYPTO|ERR_|ossl|WPACKET|PACKET/],
  ['JavaScript and V8', /Builtins_|v8::|LazyCompile|JS:|\[anon|perf-|jit/i],
  ['node and libuv', /node::|uv_|uv__|\|node\|/],
];

const [what = 'bulk', mode = 'client', direction = 'up'] = process.argv.slice(2);
const perf = findProgram('perf');
if (perf === undefined || !['bulk', 'connections'].includes(what)) {
  process.stderr.write(perf === undefined ? 'perf is not installed; install the package linux-perf\n' : `unknown scenario ${what}\n`);
  process.exitCode = 2;
} else {
  await profile(perf, what, mode === 'server' ? 'server' : 'client', direction === 'down' ? 'down' : 'up');
}

async function profile(program: string, scenario: string, role: Mode, way: 'up' | 'down'): Promise<void> {
  const material = makeMaterial();
  const bench = await Bench.start(overcoat, role, material);
  const work = async (scale: number): Promise<void> => {
    if (scenario === 'bulk') await (await bench.clients.transfer(way, 1, scale * 2e9))();
    else await bench.clients.connections(scale * 4000, 8, true);
  };
  try {
    await work(0.2);
    const data = join(material.folder, 'perf.data');
    const recorder = spawn(program, ['record', '-q', '-e', 'cpu-clock', '-F', '999', '-o', data, '-p', String(bench.pid)], {
      stdio: 'ignore',
    });
    await sleep(500);
    await work(1);
    const ended = new Promise((resolve) => recorder.once('exit', resolve));
    recorder.kill('SIGINT');
    await ended;
    process.stdout.write(
      layers(execFileSync(program, ['script', '-i', data, '-F', 'comm,ip,sym,dso'], { encoding: 'latin1', maxBuffer: 2 ** 30 })),
    );
  } finally {
    await bench.stop();
  }
}

/** One line of `perf script` a sample: `COMM  IP SYMBOL (LIBRARY)`. */
function layers(script: string): string {
  const counts = new Map<string, number>();
  let samples = 0;
  for (const line of script.split('\n')) {
    const match = /^\s*(\S+)\s+[0-9a-f]+ (.*) \((.*)\)$/.exec(line);
    if (match === null) continue;
    samples += 1;
    const [, thread = '', symbol = '', library = ''] = match;
    const subject = `${thread}|${library.split('/').at(-1) ?? ''}|${symbol}`;
    const layer = LAYERS.find(([, rule]) => rule.test(subject))?.[0] ?? 'other';
    counts.set(layer, (counts.get(layer) ?? 0) + 1);
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a);
  return rows.map(([layer, count]) => `${layer.padEnd(22)}${((count / samples) * 100).toFixed(1).padStart(6)} %\n`).join('');
}
