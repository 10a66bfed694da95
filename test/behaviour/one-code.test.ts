/** The promise of docs/errors.md: a failure has the same code in the log, the record, the metrics and the API, and the page explains it. */
// Tests: src/status/ledger/count-event.ts, src/status/ledger/problems.ts, src/status/records.ts, src/observe/lines/failure.ts
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { dial, echoServer, listen } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, identity, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { ROOT, startDaemon } from '../support/overcoat/daemon.ts';
import { ask, askJson } from '../support/overcoat/status.ts';
import { tempFolder } from '../support/temp.ts';

interface Problem {
  readonly service: string;
  readonly code: string;
  readonly client: string;
  readonly remedy: string;
}

test('every failure has one code, wherever it is told', async (t) => {
  const good = await listenTls(t);
  const expired = await listenTls(t, { cert: certificate('expired').certificate, key: certificate('expired').key });
  const strict = await listenTls(t, { requestCert: true, rejectUnauthorized: true, ca: authority('stranger').certificate });
  const plain = await echoServer(t);
  const silent = await listen(t);
  const folder = tempFolder(t);
  const [control, records] = [join(folder, 'control.sock'), join(folder, 'records')];
  const services = {
    refused: clientSection('refused', { connect: 1 }),
    'another-name': clientSection('another-name', { connect: good.port, ...verified('other.test') }),
    'unknown-ca': clientSection('unknown-ca', { connect: good.port, ...verified(), CAfile: authority('stranger').certFile }),
    expired: clientSection('expired', { connect: expired.port, ...verified() }),
    'not-tls': clientSection('not-tls', { connect: plain.port }),
    unresolved: clientSection('unresolved', { connect: 'no-such-host.invalid:1' }),
    'wants-certificate': clientSection('wants-certificate', { connect: strict.port, sslVersion: 'TLSv1.2' }),
    silent: clientSection('silent', { connect: silent.port, TIMEOUTbusy: 1 }),
    'speaks-http': serverSection('speaks-http', { connect: plain.port, ...identity() }),
  };
  const names = Object.keys(services);
  const daemon = await startDaemon(t, { config: optionLines({ control, records }) + Object.values(services).join('') });
  for (const name of names) {
    const client = await dial(t, await daemon.port(name));
    client.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  }
  const { problems } = await eventually('all have failed', async () => {
    const answer = await askJson<{ problems: readonly Problem[] }>(control, '/api/v1/problems');
    return answer.problems.filter(({ client }) => client !== '').length >= names.length ? answer : undefined;
  });
  const metrics = (await ask(control, '/metrics')).body;
  await daemon.stop({ holding: true });
  const written = readFileSync(records, 'utf8').trimEnd().split('\n');
  const recorded = new Map(written.map((line) => JSON.parse(line) as Problem).map(({ service, code }) => [service, code]));
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const codes = new Set<string>();
  for (const name of names) {
    const code = problems.find(({ service, client }) => service === name && client !== '')?.code ?? 'none';
    codes.add(code);
    const line = daemon.lines.find((each) => each.includes('Connection failed: ') && each.includes(`service [${name}]`)) ?? '';
    assert.match(line, new RegExp(`stage [a-z]+, ${code}: `), name);
    assert.equal(recorded.get(name), code, name);
    assert.ok(metrics.includes(`overcoat_failures_total{service="${name}",code="${code}"} 1\n`), name);
    assert.match(page, new RegExp(`^#+ \`?${code}\`?$`, 'm'));
  }
  assert.ok(codes.size >= 5, [...codes].join());
});
