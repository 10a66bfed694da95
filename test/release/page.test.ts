/**
 * The page in Debian's Chromium: beside a live stream through a gateway, with its bit rate, frozen and ended; over the control socket; with a
 * token; with 5,000 connections; every view in light, dark and at the width of a phone, judged by axe. Pictures are left in test-artefacts/page/.
 */
// Tests: src/status/page/, src/status/http/
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { dial, echoServer, ending, listen } from '../support/net/tcp.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { ROOT, runOvercoat, startCommand, startDaemon } from '../support/overcoat/daemon.ts';
import { askJson } from '../support/overcoat/status.ts';
import { openBrowser } from '../support/peers/chromium.ts';
import { makeMedia, startPublishing } from '../support/peers/ffmpeg.ts';
import { startRtmpReceiver } from '../support/peers/nginx.ts';
import { startSniFront } from '../support/peers/sni-front.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const ARTEFACTS = join(ROOT, 'test-artefacts/page');
const NAME = 'live.example.test';
const VIEWS = ['overview', 'streams', 'connections', 'handshakes', 'failures', 'certificates'] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The fastest of five tries: others may need the processor. */
const OPENS_WITHIN_MS = 1000;
const MANY = 5000;

/** Everything the browser complains of, the policy's refusals included. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(page.url()).host) complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}

async function show(page: Page, view: (typeof VIEWS)[number]): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('link', { name: new RegExp(`^${view}`, 'i') })
    .click();
  await page.locator('h1', { hasText: new RegExp(view, 'i') }).waitFor();
  await page.locator('main .card').first().waitFor();
}

/** What axe finds wrong, each with the elements. */
async function findings(page: Page): Promise<readonly string[]> {
  const run = `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`;
  return page.evaluate(run);
}

async function assertFits(page: Page, what: string): Promise<void> {
  const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(over <= 0, `${what}: ${over} pixels too wide`);
}

/** Every view as it is seen, judged and kept. */
async function judgeViews(page: Page, name: string): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  const looks = [
    { look: 'light', colorScheme: 'light', width: 1280 },
    { look: 'dark', colorScheme: 'dark', width: 1280 },
    { look: 'phone', colorScheme: 'light', width: 390 },
  ] as const;
  for (const { look, colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    for (const view of VIEWS) {
      await show(page, view);
      assert.deepEqual(await findings(page), [], `${name}, ${view}, ${look}`);
      await assertFits(page, `${view}, ${look}`);
      await page.screenshot({ path: join(ARTEFACTS, `${name}-${view}-${look}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** The control socket on a port of this machine, as `ssh -L` leads to it. */
async function ledTo(t: TestContext, path: string): Promise<number> {
  const { port } = await listen(t, (client) => {
    const socket = connect(path);
    client.on('error', () => socket.destroy()).pipe(socket);
    socket.on('error', () => client.destroy()).pipe(client);
  });
  return port;
}

const packages = ['chromium', 'nginx', 'libnginx-mod-rtmp', 'haproxy', 'ffmpeg', 'iproute2', 'nftables'];

suite('the page', { skip: requires({ netns: true, packages }) }, () => {
  test('shows a live stream through a gateway, marks it when it freezes, and lets it go when it is ended', async (t) => {
    const net = openThreeHosts();
    t.after(() => net.close());
    net.sender.names({ [NAME]: net.wan.right.v4 });
    const media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, 240);
    await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
    await startSniFront(net.receiver, tempFolder(t), [{ port: 443, behind: { [NAME]: 1935 } }]);
    const control = join(tempFolder(t), 'control.sock');
    const watched = ['--status', '127.0.0.1:9100', '--control', control];
    const gateway = await startCommand(t, ['gateway', '--from', 'eth0', '--ports', '443', '--ca', authority().certFile, ...watched], {
      place: net.gateway,
    });
    const streams = ['studio', 'stadium'].map((stream) => startPublishing(media, `rtmp://${NAME}:443/live/${stream}`, net.sender));
    t.after(() => {
      for (const stream of streams) stream.kill('SIGKILL');
    });
    const refused = startPublishing(media, `rtmp://${net.wan.right.v4}:443/live/nameless`, net.sender);
    await refused.finished;

    const browser = await openBrowser(t, net.gateway);
    const page = await browser.newPage();
    await page.goto('http://127.0.0.1:9100/#streams');
    const complaints = complaintsOf(page);
    const device = page.getByRole('region', { name: `Device ${net.lan.left.v4}` });
    await device.getByText('live', { exact: true }).nth(1).waitFor();
    assert.equal(await device.getByRole('button', { name: NAME }).count(), 2, 'by the name that the encoder said');
    assert.ok((await device.getByText(/said by the client · \[gateway\]/).count()) === 2);
    const rates = new Set<string>();
    await eventually('the bit rate moves', async () => rates.add(await device.locator('.rate').first().innerText()).size > 2, {
      every: 500,
    });
    for (const rate of rates) assert.match(rate, /^[\d.]+ [kM]?bit\/s$/);

    streams[0]?.kill('SIGSTOP');
    await device.getByText(/^stopped for \d+s/).waitFor({ timeout: 40_000 });
    assert.equal(await device.getByText('live', { exact: true }).count(), 1, 'the other one goes on');
    await show(page, 'failures');
    await page.getByText('silent_connection').first().waitFor();
    assert.ok((await page.getByText('a frozen encoder stays connected').count()) > 0, 'with the remedy beside it');
    await judgeViews(page, 'gateway');

    await show(page, 'connections');
    await page.getByRole('searchbox', { name: 'Search' }).fill('nobody.example');
    await page.getByText('No connection is like that.').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill(NAME.toUpperCase());
    await page
      .getByRole('status')
      .filter({ hasText: /^2 connections$/ })
      .waitFor();
    await page.getByRole('button', { name: /^Rate/ }).click();
    const rows = page.locator('tbody tr');
    await eventually('the frozen one comes first, by rate upwards', async () => /stopped/.test(await rows.first().innerText()));
    await page.getByRole('button', { name: /^Rate/ }).click();
    await eventually('and last, by rate downwards', async () => /stopped/.test(await rows.last().innerText()));
    assert.equal(await page.getByRole('columnheader', { name: /^Rate/ }).getAttribute('aria-sort'), 'descending');
    assert.equal(await page.getByRole('button', { name: /^End/ }).count(), 0, 'the status port takes no orders');

    await page.getByRole('searchbox', { name: 'Search' }).fill('');
    const [first] = (await askJson<{ connections: readonly { connection: number }[] }>(control, '/api/v1/connections?sort=silent'))
      .connections;
    const { code, stderr } = await runOvercoat(['end', String(first?.connection), '--control', control]);
    assert.equal(code, 0, stderr);
    await page
      .getByRole('status')
      .filter({ hasText: /^1 connection$/ })
      .waitFor();
    streams[0]?.kill('SIGKILL');

    const remote = await openBrowser(t);
    const orders = await remote.newPage();
    await orders.goto(`http://localhost:${await ledTo(t, control)}/#connections`);
    const end = orders.getByRole('button', { name: /^End connection/ });
    await end.waitFor();
    assert.deepEqual(await findings(orders), []);
    await end.focus();
    await orders.keyboard.press('Enter');
    await orders.getByText('No connection is like that.').waitFor();
    await show(orders, 'overview');
    await orders.getByRole('button', { name: 'Drain gateway' }).click();
    await orders.getByRole('button', { name: 'Resume gateway' }).waitFor();
    await orders.getByText(/not ready: service \[gateway\] is drained/).waitFor();
    assert.deepEqual(complaints, []);
    await remote.close();
    await browser.close();
    await gateway.stop();
  });

  test('asks for the token where there is one, and with the keyboard alone', async (t) => {
    const token = join(tempFolder(t), 'token');
    writeFileSync(token, 'a-token-of-some-length\n', { mode: 0o600 });
    const { daemon, url } = await startServer(t, { statusToken: token });
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    await page.goto(url);
    const field = page.getByLabel('Token');
    let [asked, answered] = [0, false];
    await page.route('**/api/v1/status', async (route) => {
      if (route.request().headers()['authorization'] === 'Bearer not the token' && !answered) {
        asked += 1;
        await eventually('the answer may come', () => answered);
      }
      await route.continue();
    });
    await field.fill('not the token');
    await page.keyboard.press('Enter');
    await eventually('it is asked', () => asked > 0);
    assert.equal(await page.getByText('That is not the token.').count(), 0, 'nobody has said so yet');
    answered = true;
    await page.getByText('That is not the token.').waitFor();
    assert.deepEqual(await findings(page), []);
    await field.fill('a-token-of-some-length');
    await page.keyboard.press('Enter');
    await page.getByText('ready', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('ready', { exact: true }).waitFor();
    assert.ok(!page.url().includes('token'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1', 'the first key leads past the frame');
    await browser.close();
    await daemon.stop();
  });

  test('goes back to the last page there is when the connections of a later one have ended', async (t) => {
    const { daemon, url } = await startServer(t, {});
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    let total = 120;
    await page.route('**/api/v1/connections?*', async (route) => {
      const offset = Number(new URL(route.request().url()).searchParams.get('offset'));
      const connections = Array.from({ length: Math.min(Math.max(total - offset, 0), 50) }, (_, index) => someConnection(offset + index));
      await route.fulfill({ json: { total, offset, connections } });
    });
    await page.goto(`${url}#connections`);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51 to 100 of 120').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('101 to 120 of 120').waitFor();
    total = 60;
    await page.getByText('51 to 60 of 60').waitFor();
    await browser.close();
    await daemon.stop();
  });

  test('has room for long names on the smallest of phones', async (t) => {
    const { daemon, url, port } = await startServer(t, {});
    const held = await dial(t, port);
    const failing = await dial(t, port);
    failing.write('this is no ClientHello\r\n');
    await ending(failing);
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    const name = 'AServiceOfOneVeryLongWord'.repeat(5);
    await page.route('**/api/v1/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll('"svc"', `"${name}"`) });
    });
    await page.setViewportSize({ width: 320, height: 900 });
    await page.goto(url);
    for (const view of VIEWS) {
      await show(page, view);
      if (view === 'failures') await page.getByText(name).first().waitFor();
      await assertFits(page, view);
    }
    await browser.close();
    held.destroy();
    await daemon.stop();
  });

  test(`opens with ${MANY} connections at once, sorts and searches them, and costs the process next to nothing`, async (t) => {
    const { daemon, url, port, pid } = await startServer(t, { TIMEOUTbusy: 3000 });
    const holder = new Program([process.execPath, join(ROOT, 'test/support/net/hold-many.ts'), String(port), String(MANY)]);
    t.after(() => void holder.kill('SIGKILL'));
    await holder.saw(/open/, 60_000);
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    const times: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      await page.goto('about:blank');
      const from = performance.now();
      await page.goto(`${url}#connections`);
      await page.locator('tbody tr').nth(49).waitFor();
      times.push(performance.now() - from);
    }
    t.diagnostic(`opened in ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    assert.ok(Math.min(...times) < OPENS_WITHIN_MS, `${times}`);
    await page.getByText(`1 to 50 of ${MANY.toLocaleString('en')}`).waitFor();
    const client = page.getByRole('button', { name: /^Client/ });
    const tookToSort = performance.now();
    await client.click();
    await page.locator('tbody tr').first().filter({ hasText: '127.0.0.2:' }).waitFor();
    t.diagnostic(`sorted in ${(performance.now() - tookToSort).toFixed(0)} ms`);
    await page.getByRole('searchbox', { name: 'Search' }).fill('127.0.0.4:');
    await page.getByText('1 to 50 of 1,000').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('');
    await page.getByText(`1 to 50 of ${MANY.toLocaleString('en')}`).waitFor();
    await judgeViews(page, 'many');
    await show(page, 'connections');

    const before = cpuSeconds(pid);
    const began = performance.now();
    await eventually('half a minute has passed', () => performance.now() - began > 30_000, { every: 1000, within: 60_000 });
    const share = (cpuSeconds(pid) - before) / ((performance.now() - began) / 1000);
    t.diagnostic(`${(100 * share).toFixed(2)} % of a core while the page is open`);
    assert.ok(share < 0.01, `${(100 * share).toFixed(2)} % of a core`);
    await browser.close();
    holder.kill('SIGKILL');
    await daemon.stop();
  });
});

/** As the API has one that has only just come. */
function someConnection(connection: number): object {
  const nothing = { name: '', nameSource: 'none', originalDestination: '', upstream: '', verified: '', peerSha256: '', tls: null };
  const counts = { seconds: 1, toTls: 0, toPlain: 0, bytesPerSecond: 0, silentSeconds: 0 };
  const facts = { id: `${connection}`, service: 'svc', mode: 'server', client: '127.0.0.1:1', startedAt: '2026-01-01T00:00:00.000Z' };
  return { connection, ...facts, ...nothing, ...counts, stage: 'access', silent: false, passedOn: false };
}

async function startServer(t: TestContext, globals: Parameters<typeof optionLines>[0]) {
  const backend = await echoServer(t);
  const { TIMEOUTbusy, ...others } = globals;
  const section = serverSection('svc', { connect: backend.port, ...(TIMEOUTbusy === undefined ? {} : { TIMEOUTbusy }) });
  const daemon = await startDaemon(t, { config: optionLines({ status: '127.0.0.1:0', control: false, ...others }) + section });
  const url = /http:\S+/.exec(await daemon.line('Status is served at http'))?.[0] ?? '';
  return { daemon, url, port: await daemon.port('svc'), pid: daemon.pid };
}

/** Of one process, user and system. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
