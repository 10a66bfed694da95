/** Usual mistakes about files and values: what `overcoat check` says about each, at its line and nowhere else. One run for all of them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { authority, certificate } from '../../support/data/certificates.ts';
import { BIN } from '../../support/overcoat/checkout.ts';
import type { Finished } from '../../support/program.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const { certFile, keyFile, bothFile } = certificate('rsa');
const weak = certificate('weak-key');
const HASHED = 'a directory prepared with `openssl rehash`';

interface Row {
  /** Lines of a section; the last one is to blame. `@` is the folder. */
  readonly lines: readonly string[];
  readonly says: string;
  readonly mode?: 'client' | 'server';
}

const TRUST = ['verifyChain = yes', 'checkHost = a.test'];

const ROWS: readonly Row[] = [
  { lines: [...TRUST, 'CAfile = @/folder'], says: `CAfile: @/folder: it is a directory; name one file, or give ${HASHED} to CApath` },
  { lines: [...TRUST, `CApath = ${certFile}`], says: `CApath: ${certFile}: it is a file; give it to CAfile; ${HASHED} is needed` },
  {
    lines: [...TRUST, `CAfile = ${authority().certFile}`, 'CRLfile = @/folder'],
    says: `CRLfile: @/folder: it is a directory; name one file, or give ${HASHED} to CRLpath`,
  },
  {
    lines: ['cert = @/folder'],
    mode: 'server',
    says: 'cert: @/folder: it is a directory; name one file, or give a directory of trusted certificates to CApath',
  },
  { lines: [`cert = ${certFile}`, 'key = @/folder'], mode: 'server', says: 'key: @/folder: it is a directory; name one file' },
  {
    lines: [`cert = "${bothFile}"`],
    mode: 'server',
    says: `cert: "${bothFile}": No such file or directory; drop the quotes, which are part of the value`,
  },
  {
    lines: [`cert = ${bothFile} # ours`],
    mode: 'server',
    says: `cert: ${bothFile} # ours: No such file or directory; "# ours" is part of the value, since a comment needs a line of its own`,
  },
  {
    lines: [...TRUST, "CApath = '/etc/ssl/certs'"],
    says: "CApath: '/etc/ssl/certs': No such file or directory; drop the quotes, which are part of the value",
  },
  {
    lines: ['TIMEOUTidle = "60"'],
    says: 'TIMEOUTidle: ""60"" is not a number of seconds; write digits only; drop the quotes, which are part of the value',
  },
  {
    lines: ['TIMEOUTidle = 60 ; a minute'],
    says: 'TIMEOUTidle: "60 ; a minute" is not a number of seconds; write digits only; "; a minute" is part of the value, since a comment needs a line of its own',
  },
  {
    lines: ['verifyChain = yes', `CAfile = ${authority().certFile}`, 'checkEmail = "me@a.test"'],
    says: 'checkEmail: warning: drop the quotes, which are part of the value',
  },
  {
    lines: ['verifyChain = yes', `CAfile = ${authority().certFile}`, 'checkHost = "a.test"'],
    says: 'checkHost: ""a.test"" is not a host name: it holds """; drop the quotes, which are part of the value',
  },
  { lines: ['cert = @/empty'], mode: 'server', says: 'cert: @/empty: the file is empty; a PEM file with the chain, leaf first, is needed' },
  {
    lines: [`cert = ${certFile}`, 'key = @/empty'],
    mode: 'server',
    says: 'key: @/empty: the file is empty; name the file that has it with `key`',
  },
  {
    lines: [...TRUST, 'CAfile = @/empty'],
    says: 'CAfile: @/empty: No trusted certificates found in it, since the file is empty; PEM certificates are needed',
  },
  { lines: ['PSKsecrets = @/empty'], says: 'PSKsecrets: @/empty: the file is empty; write one identity:key a line' },
  {
    lines: ['sni = auto', 'nameMap = @/none'],
    says: 'nameMap: @/none: No such file or directory; check that the file exists and that this user may read it',
  },
  {
    lines: ['sni = auto', 'nameMap = "@/empty"'],
    says: 'nameMap: "@/empty": No such file or directory; drop the quotes, which are part of the value',
  },
  {
    lines: [`key = ${weak.keyFile}`, `cert = ${weak.certFile}`],
    mode: 'server',
    says: `cert: ${weak.certFile}: its key has 1024 bits, and security level 2 asks for 2048 bits (RSA) or 224 (EC): ee key too small; make a certificate with a longer key, or, for old peers only, lower securityLevel`,
  },
  { lines: ['local = caf\xe9'], says: 'local: the value is not UTF-8; save the file as UTF-8' },
  {
    lines: [`key = ${keyFile}`, 'cert = @/caf\xe9.pem'],
    mode: 'server',
    says: 'cert: @/caf\\xe9.pem: No such file or directory; check that the file exists and that this user may read it',
  },
];

function check(folder: string, config: Buffer | string): Promise<Finished> {
  writeFileSync(join(folder, 'a.conf'), config);
  return runProgram([join(BIN, 'overcoat'), 'check', 'a.conf'], { cwd: folder });
}

suite('check', () => {
  let printed: readonly string[] = [];
  const blamed = new Map<Row, number>();

  async function run(t: TestContext): Promise<void> {
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'empty'), '', { mode: 0o600 });
    const lines: string[] = [];
    for (const [index, row] of ROWS.entries()) {
      lines.push(`[row-${index}]`, ...(row.mode === 'server' ? [] : ['client = yes']), 'accept = 127.0.0.1:1', 'connect = 127.0.0.1:2');
      lines.push(...row.lines.map((line) => line.replace('@', folder)));
      blamed.set(row, lines.length);
    }
    const { stdout } = await check(folder, Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
    printed = stdout.replaceAll(folder, '@').split('\n');
  }

  test('names each mistake at its line', async (t) => {
    await run(t);
    for (const row of ROWS) {
      const place = `a.conf:${blamed.get(row)}: `;
      assert.deepEqual(
        printed.filter((line) => line.startsWith(place)),
        [place + row.says],
      );
    }
  });

  test('says nothing else than that a file is UTF-16, binary or empty', async (t) => {
    const folder = tempFolder(t);
    const config = '[s]\naccept = 1\nnonsense\n';
    for (const [bytes, says] of [
      [Buffer.from(`\ufeff${config}`, 'utf16le'), 'the configuration cannot be read: it is UTF-16; save it as UTF-8'],
      [
        certificate('rsa').privateKey.export({ type: 'pkcs8', format: 'der' }),
        'the configuration cannot be read: it is no text file; name the file with the options',
      ],
      ['', 'the file holds no option; a service needs a [section] with accept and connect'],
      ['; only\n# comments\n', 'the file holds no option; a service needs a [section] with accept and connect'],
    ] as const)
      assert.deepEqual((await check(folder, bytes)).stdout.split('\n'), [`a.conf: ${says}`, 'a.conf: cannot be used: 1 error', '']);
  });

  test('says once, with all sections, that others can read a key', async (t) => {
    const folder = tempFolder(t);
    const own = join(folder, 'own.pem');
    writeFileSync(own, readFileSync(bothFile), { mode: 0o644 });
    const section = (name: string): string => `[${name}]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\ncert = ${own}\n`;
    const { stdout } = await check(folder, section('a') + section('b') + section('c'));
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.includes('Insecure')),
      [`a.conf:4: cert: warning: Insecure file permissions on ${own}: others can read a secret of [a], [b], [c]; chmod o-rwx ${own}`],
    );
  });
});
