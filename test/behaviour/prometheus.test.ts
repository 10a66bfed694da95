/** The examples for Prometheus and Grafana: promtool finds nothing wrong, every metric exists, and a real scrape answers every query. */
// Tests: examples/prometheus/, examples/grafana/
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { METRICS } from '../../src/status/metrics/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { ROOT, startDaemon } from '../support/overcoat/daemon.ts';
import { askJson } from '../support/overcoat/status.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const FOLDER = join(ROOT, 'examples/prometheus');

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly type: string; readonly definition?: string }[] };
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** What no query of the dashboard may miss although nothing of its kind has happened here. */
const NEVER_HERE = /alerts_total|failures_total|expiry/;

/** Queries as Grafana sends them, with all instances and services chosen. */
function dashboardQueries(): readonly { readonly title: string; readonly query: string }[] {
  const { panels } = JSON.parse(readFileSync(join(ROOT, 'examples/grafana/overcoat.json'), 'utf8')) as Dashboard;
  const filled = (text: string): string => text.replaceAll('$__rate_interval', '1m').replaceAll(/\$(instance|service)/g, '.*');
  return panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, query: filled(expr) })));
}

test('the dashboard names no metric that is not there, and nothing of one machine', () => {
  const text = readFileSync(join(ROOT, 'examples/grafana/overcoat.json'), 'utf8');
  const named = [...text.matchAll(/\bovercoat_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
  assert.ok(named.length > 20);
  for (const name of named) assert.ok(name in METRICS, name);
  assert.doesNotMatch(text, /localhost|127\.0\.0\.1/);
});

test('the rules name no metric that is not there', () => {
  const rules = readFileSync(join(FOLDER, 'overcoat.rules.yml'), 'utf8');
  const named = [...rules.matchAll(/\bovercoat_\w+/g)].map(([name]) => name);
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(name in METRICS, name);
});

suite('Prometheus', { skip: requires({ packages: ['prometheus'] }) }, () => {
  test('finds nothing wrong with the rules and the configuration', async () => {
    for (const words of [
      ['rules', 'overcoat.rules.yml'],
      ['config', 'prometheus.yml'],
    ]) {
      const { code, stdout, stderr } = await runProgram(['promtool', 'check', words[0] ?? '', join(FOLDER, words[1] ?? '')]);
      assert.equal(code, 0, stdout + stderr);
    }
  });

  test('scrapes two workers as one', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const daemon = await startDaemon(t, {
      config: optionLines({ workers: 2, status: '127.0.0.1:0', control: false }) + clientSection('svc', { connect: upstream.port }),
    });
    const port = /:(\d+)\/$/.exec(await daemon.line('Status is served at http'))?.[1] ?? '';
    const service = await daemon.port('svc');
    for (let number = 0; number < 8; number += 1) {
      const socket = await dial(t, service);
      socket.write('hello');
      await readExactly(socket, 5);
      socket.destroy();
    }
    const folder = tempFolder(t);
    cpSync(join(FOLDER, 'overcoat.rules.yml'), join(folder, 'overcoat.rules.yml'));
    const usual = readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8');
    writeFileSync(join(folder, 'prometheus.yml'), usual.replaceAll('127.0.0.1:9100', `127.0.0.1:${port}`).replace('15s', '5s'));
    const own = await closedPort();
    const prometheus = new Program([
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ]);
    t.after(() => prometheus.kill('SIGKILL'));
    const value = async (query: string): Promise<string | undefined> => {
      const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = await askJson<{ data: { result: readonly { value: readonly [number, string] }[] } }>(own, path);
      return data.result[0]?.value[1];
    };
    await eventually('it has scraped', async () => (await value('sum(overcoat_connections_accepted_total{service="svc"})')) === '8', {
      every: 300,
    });
    assert.equal(await value('up{job="overcoat"}'), '1');
    assert.equal(await value('sum(overcoat_relayed_bytes_total{service="svc",to="tls"})'), '40');
    assert.equal(await value('count(overcoat_process_resident_memory_bytes)'), '4');
    const rate = 'sum(rate(overcoat_relayed_bytes_total[1m]))';
    await eventually('there is a rate', async () => (await value(rate)) !== undefined, { every: 500 });
    const queries = dashboardQueries();
    assert.ok(queries.length > 20);
    for (const { title, query } of queries) {
      const answer = await value(query); // askJson fails where Prometheus does not understand it
      if (!NEVER_HERE.test(query)) assert.notEqual(answer, undefined, `${title}: ${query}`);
    }
    prometheus.kill('SIGTERM');
    await prometheus.finished;
    await daemon.stop();
  });
});
