/** Who may read the status port, as a real client finds it: token, client certificates, HEAD of a load balancer; and where it does not start. */
// Tests: src/status/http/secured.ts, src/status/http/guard.ts, src/status/http/app.ts, src/config/resolve/watch.ts
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, strangersCertificate } from '../support/data/certificates.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, optionLines } from '../support/overcoat/config-text.ts';
import { runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { startHaproxy } from '../support/peers/haproxy.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const TOKEN = 'a token that nobody guesses';
const SERVICE = clientSection('svc', { connect: 1 });
/** curl: an alert, before or behind the handshake (TLS 1.3); or an end without one, as a reset or not: Node's for a certificate it does not trust. */
const REFUSED = new Set([35, 52, 56]);

function tokenFile(t: TestContext, mode = 0o600, token = `${TOKEN}\n`): string {
  const file = join(tempFolder(t), 'token');
  writeFileSync(file, token);
  chmodSync(file, mode);
  return file;
}

/** A status port over TLS, and curl that verifies it. */
async function start(t: TestContext, options: Options) {
  const { cert, key } = identity();
  const globals = optionLines({ control: false, status: '127.0.0.1:0', statusCert: cert, statusKey: key, ...options });
  const daemon = await startDaemon(t, { config: globals + SERVICE });
  const url = /https:\S+/.exec(await daemon.line('Status is served at https'))?.[0] ?? '';
  const curl = (...args: readonly string[]) =>
    runProgram([
      ...['curl', '--silent', '--show-error', '--cacert', authority().certFile, '--output', '/dev/null'],
      ...['--write-out', '%{http_code}', ...args, `${url}api/v1/status`],
    ]);
  return { daemon, curl };
}

const BEARER = ['--header', `Authorization: Bearer ${TOKEN}`] as const;
const showing = ({ certFile, keyFile }: Stored) => ['--cert', certFile, '--key', keyFile] as const;

suite('the status port over TLS', { skip: requires({ packages: ['curl'] }) }, () => {
  test('is for whoever has the token', async (t) => {
    const { daemon, curl } = await start(t, { statusToken: tokenFile(t) });
    assert.equal((await curl()).stdout, '401');
    assert.equal((await curl('--header', `Authorization: Bearer ${TOKEN}x`)).stdout, '401');
    assert.equal((await curl(...BEARER)).stdout, '200');
    await daemon.stop();
  });

  test('is for whoever shows a certificate of statusCA, and nobody else says a word', async (t) => {
    const { daemon, curl } = await start(t, { statusCA: authority().certFile });
    const good = await curl(...showing(certificate('client')));
    assert.deepEqual([good.code, good.stdout], [0, '200'], good.stderr);
    for (const shown of [[], showing(strangersCertificate()), showing(certificate('expired'))]) {
      const { code, stdout } = await curl(...shown);
      assert.ok(REFUSED.has(code ?? 0), `curl ended with ${code}`);
      assert.equal(stdout, '000');
    }
    await daemon.stop();
  });

  test('asks for both where both are given', async (t) => {
    const { daemon, curl } = await start(t, { statusCA: authority().certFile, statusToken: tokenFile(t) });
    assert.equal((await curl(...showing(certificate('client')))).stdout, '401');
    assert.equal((await curl(...showing(certificate('client')), ...BEARER)).stdout, '200');
    assert.equal((await curl(...BEARER)).stdout, '000');
    await daemon.stop();
  });
});

test('HEAD, as load balancers ask, is answered without a body, and elsewhere refused with what may be asked', {
  skip: requires({ packages: ['curl'] }),
}, async (t) => {
  const daemon = await startDaemon(t, { config: optionLines({ control: false, status: '127.0.0.1:0' }) + SERVICE });
  const url = /http:\S+/.exec(await daemon.line('Status is served at http'))?.[0] ?? '';
  const head = async (path: string) => (await runProgram(['curl', '--silent', '--head', '--max-time', '20', `${url}${path}`])).stdout;
  for (const path of ['healthz', 'readyz', 'metrics', 'api/v1/status', '']) assert.match(await head(path), /^HTTP\/1\.1 200 OK\r\n/, path);
  const refused = await head('api/v1/reload');
  assert.match(refused, /^HTTP\/1\.1 405 /);
  assert.match(refused, /\r\nallow: POST\r\n/i);
  await daemon.stop();
});

test('a health check of HAProxy, which names no host, is answered', { skip: requires({ packages: ['haproxy'] }) }, async (t) => {
  const daemon = await startDaemon(t, { config: optionLines({ control: false, status: '127.0.0.1:0' }) + SERVICE });
  const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(await daemon.line('Status is served at http'))?.[1] ?? '';
  const folder = tempFolder(t);
  const section = [
    'listen checked',
    `bind unix@${folder}/front.sock`,
    'log global',
    'option httpchk GET /readyz',
    'option log-health-checks',
  ];
  const haproxy = await startHaproxy(`${section.join('\n')}\nserver overcoat 127.0.0.1:${port} check inter 200ms\n`, folder);
  t.after(() => void haproxy.kill('SIGKILL'));
  const said = await haproxy.saw(/Health check for server checked\/overcoat .*/, 60_000);
  assert.match(String(said), /succeeded.*code: 200/);
  haproxy.kill('SIGTERM');
  await haproxy.finished;
  await daemon.stop();
});

suite('a status port does not start', () => {
  const { cert, key } = identity();
  const PUBLIC = { status: '0.0.0.0:0' };
  for (const [what, options, why] of [
    [
      'for other machines in clear',
      () => PUBLIC,
      /status: other machines reach this address: give statusCert too, or listen on 127\.0\.0\.1/,
    ],
    [
      'for other machines without a proof of who asks',
      () => ({ ...PUBLIC, statusCert: cert, statusKey: key }),
      /status: other machines reach this address: give statusCA or statusToken too/,
    ],
    [
      'with a token that everybody reads',
      (t) => ({ status: 0, statusToken: tokenFile(t, 0o644) }),
      /statusToken: .*others may read .*chmod o=/,
    ],
    [
      'with a token that can be guessed',
      (t) => ({ status: 0, statusToken: tokenFile(t, 0o600, 'short') }),
      /a token has 16 characters or more/,
    ],
    [
      'with a key that is another certificate’s',
      () => ({ status: 0, statusCert: cert, statusKey: certificate('client').keyFile }),
      /statusKey: .* does not belong to the certificate in .*; give the key that does/,
    ],
  ] as const satisfies readonly (readonly [string, (t: TestContext) => Options, RegExp])[])
    test(what, async (t) => {
      const { code, stderr } = await runDaemon(t, { config: optionLines({ control: false, ...options(t) }) + SERVICE });
      assert.equal(code, 1);
      assert.match(stderr, why);
    });
});
