/**
 * Java (package default-jdk-headless) and Go (package golang-go) as TLS peers of other makes: one small program of each, built here, offline.
 * Both take the same words: `connect=PORT` (else they serve, and say `port N`), `version`, `ca`, `name`, `alpn`, `times` (one more connection a
 * letter), `ask` (for a client certificate), and their own certificate. They verify, send or answer a line, and say with whom they spoke.
 */
import { join } from 'node:path';
import type { Stored } from '../data/certificates.ts';
import { authority } from '../data/certificates.ts';
import { outputOf, Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder } from '../temp.ts';
import type { OpensslServer } from './openssl.ts';

/** A program of one make that is ready to run. */
export interface Make {
  /** @param options without `ca`; @param own its certificate */
  start(options: Readonly<Record<string, string>>, own?: Stored): Promise<Program>;
}

const SOURCES = join(import.meta.dirname, 'programs');
const PASSWORD = 'interop';
/** Both compilers want some time on a busy machine. */
const BUILD_MS = 300_000;

export async function makeOfGo(t: Ending): Promise<Make> {
  const folder = tempFolder(t);
  const env = { ...process.env, GOCACHE: join(folder, 'cache'), GOFLAGS: '-mod=mod', GOPROXY: 'off', CGO_ENABLED: '0' };
  const program = join(folder, 'peer');
  await outputOf(['go', 'build', '-o', program, join(SOURCES, 'peer.go')], { env, timeoutMs: BUILD_MS });
  return {
    start: async (options, own) =>
      new Program([program, ...wordsOf(options), ...(own === undefined ? [] : [`cert=${own.certFile}`, `key=${own.keyFile}`])]),
  };
}

export async function makeOfJava(t: Ending): Promise<Make> {
  const folder = tempFolder(t);
  await outputOf(['javac', '-d', folder, join(SOURCES, 'Peer.java')], { timeoutMs: BUILD_MS });
  return {
    start: async (options, own) => {
      const files = own === undefined ? [] : [`p12=${await pkcs12(t, own)}`];
      return new Program(['java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', folder, 'Peer', ...wordsOf(options), ...files]);
    },
  };
}

export async function startServerOf(t: Ending, make: Make, options: Readonly<Record<string, string>>, own: Stored): Promise<OpensslServer> {
  const program = await make.start(options, own);
  t.after(() => program.stop('SIGKILL').then(() => undefined));
  const [, port] = await program.saw(/^port (\d+)$/m);
  return { program, port: Number(port) };
}

function wordsOf(options: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries({ ca: authority().certFile, ...options }).map(([name, value]) => `${name}=${value}`);
}

async function pkcs12(t: Ending, { certFile, keyFile }: Stored): Promise<string> {
  const file = join(tempFolder(t), 'own.p12');
  await outputOf(['openssl', 'pkcs12', '-export', '-in', certFile, '-inkey', keyFile, '-out', file, '-passout', `pass:${PASSWORD}`]);
  return file;
}
