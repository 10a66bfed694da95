/**
 * Cipher lists and Diffie-Hellman parameters of servers, beside Debian's stunnel4: the same section in both programs, one client that
 * takes everything, and what the two negotiate with it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { certificate } from '../support/data/certificates.ts';
import { listen } from '../support/net/tcp.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { sharedFolder, tempFolder } from '../support/temp.ts';

const A128 = 'ECDHE-RSA-AES128-GCM-SHA256';
const A256 = 'ECDHE-RSA-AES256-GCM-SHA384';
const DHE = 'DHE-RSA-AES128-GCM-SHA256';
const rsa = certificate('rsa').bothFile;

interface Row {
  readonly options: string;
  readonly cert?: () => string;
  /** Protocol, cipher, and the temporary key where it is a Diffie-Hellman one. */
  readonly gives: string;
}

const ROWS: readonly Row[] = [
  { options: `ciphers = ${A128}:${A256}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A128}:${A256}:@STRENGTH`, gives: `TLSv1.2 ${A256}` },
  { options: `ciphers = ${A256}:${A128}:+${A256}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A256}:${A128}:-${A256}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A256}:${A128}:-${A256}:${A256}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = !${A256}:${A256}:${A128}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ALL!${A256}:!DH:!CHACHA20:!AESCCM:!ARIA:!ECDSA`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A128},${A256}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A128} ${A256};@STRENGTH`, gives: `TLSv1.2 ${A256}` },
  { options: `ciphers = TLS_AES_256_GCM_SHA384,${A128}`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = !TLS_AES_256_GCM_SHA384,${A128}`, gives: `TLSv1.2 ${A128}` },
  { options: 'ciphers = ECDHE-RSA-AES128-SHA:@SECLEVEL=0\nsslVersion = TLSv1', gives: 'TLSv1 ECDHE-RSA-AES128-SHA' },
  { options: 'ciphers = @SECLEVEL=0:ECDHE-RSA-AES128-SHA\nsslVersion = TLSv1', gives: 'TLSv1 ECDHE-RSA-AES128-SHA' },
  { options: 'ciphers = ECDHE-RSA-AES128-SHA@SECLEVEL=0\nsslVersion = TLSv1.1', gives: 'TLSv1.1 ECDHE-RSA-AES128-SHA' },
  { options: 'ciphers = DEFAULT:!DH:@SECLEVEL=0\nsslVersion = TLSv1.1', gives: 'TLSv1.1 ECDHE-RSA-AES256-SHA' },
  { options: `ciphers = ${A128}:@SECLEVEL=1\nsecurityLevel = 3`, gives: `TLSv1.2 ${A128}` },
  { options: `ciphers = ${A128}:@SECLEVEL=0`, cert: () => certificate('weak-key').bothFile, gives: `TLSv1.2 ${A128}` },
  {
    options: `ciphers = ${A256}:@SECLEVEL=0\nconfig = CipherString:ECDHE-RSA-AES128-SHA\nsslVersion = TLSv1`,
    gives: 'TLSv1 ECDHE-RSA-AES128-SHA',
  },
  { options: `config = CipherString:ECDHE-RSA-AES128-SHA:@SECLEVEL=0\nsslVersion = TLSv1`, gives: 'TLSv1 ECDHE-RSA-AES128-SHA' },
  { options: `ciphers = ${DHE}`, gives: `TLSv1.2 ${DHE} DH 2048` },
  { options: `ciphers = ${DHE}`, cert: () => withParameters('ffdhe3072'), gives: `TLSv1.2 ${DHE} DH 3072` },
  { options: `ciphers = ${DHE}:@SECLEVEL=1`, cert: () => withParameters('1024'), gives: `TLSv1.2 ${DHE} DH 1024` },
];

/** The RSA certificate's file with Diffie-Hellman parameters behind it: a standard group as PKCS#3, or new ones of 1024 bits as X9.42. */
function withParameters(group: 'ffdhe3072' | '1024'): string {
  const make =
    group === '1024' ? ['dhparam', '-dsaparam', '1024'] : ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', `group:${group}`];
  const parameters = execFileSync('openssl', make, { encoding: 'latin1', stdio: 'pipe' });
  const file = join(sharedFolder(), `rsa-with-${group}.pem`);
  writeFileSync(file, readFileSync(rsa, 'latin1') + parameters, { mode: 0o600 });
  return file;
}

suite('a cipher list means what it means to stunnel', { skip: requires({ packages: ['stunnel4', 'openssl'] }) }, () => {
  const t = suiteEnd();
  let ours: Daemon;
  let theirs: Program;

  before(async () => {
    const { port } = await listen(t, (socket) => void socket.on('end', () => socket.end()).resume());
    const sections = ROWS.map(({ options, cert = () => rsa }, index) =>
      serverSection(`row-${index}`, { connect: port, cert: cert(), options: 'CIPHER_SERVER_PREFERENCE' }, options),
    ).join('\n');
    ours = await startDaemon(t, { config: sections });
    theirs = await startStunnel(sections, { directory: tempFolder(t) });
    t.after(() => theirs.stop().then(() => undefined));
  });

  for (const [index, { options, gives }] of ROWS.entries()) {
    test(`${options.replaceAll('\n', ', ')}: ${gives}`, async () => {
      const [, port] = await theirs.saw(new RegExp(`Service \\[row-${index}\\] .*bound to 127\\.0\\.0\\.1:(\\d+)`));
      assert.equal(await negotiated(Number(port)), gives, 'stunnel');
      assert.equal(await negotiated(await ours.port(`row-${index}`)), gives);
    });
  }

  test('nothing is left open', () => ours.stop());
});

async function negotiated(port: number): Promise<string> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ciphers: 'ALL:@SECLEVEL=0',
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    minDHSize: 1,
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const { type, size } = socket.getEphemeralKeyInfo() as { readonly type?: string; readonly size?: number };
  const outcome = `${socket.getProtocol()} ${socket.getCipher().name}${type === 'DH' ? ` DH ${size}` : ''}`;
  await closed(socket);
  return outcome;
}

async function closed(socket: TLSSocket): Promise<void> {
  const gone = once(socket, 'close');
  socket.end();
  await gone;
}
