/**
 * Everything that TLS of a service is made of is renewed, again and again, under half of what the machine gives: certificates, keys and chains
 * of both ends, authorities, revocation lists, ticket secrets, pre-shared keys. Short connections come as fast as that half allows, twenty hashed
 * transfers run beside them: none fails, and no byte is another.
 */
// Tests: src/daemon/renewal/renewal.ts, src/daemon/renewal/file-watch.ts
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BackendProcess } from '../../bench/soak/backends.ts';
import { calibrate } from '../../bench/soak/calibrate.ts';
import type { Outcome } from '../../bench/soak/clients.ts';
import { LoadClients } from '../../bench/soak/clients.ts';
import type { Way } from '../../bench/soak/site.ts';
import type { Authority } from '../../src/demo/throwaway-authority.ts';
import { authority } from '../support/data/certificates.ts';
import { closedPort } from '../support/net/tcp.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { thisMachine } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const GENERATIONS = 8;
const TRANSFERS = 20;
/** Three ways in all: two with certificates, one with pre-shared keys. Half of the machine, less what the transfers take. */
const SHARE = 0.25;
const LOCAL = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };

/** Files of one generation, whole or not at all. */
function writer(folder: string): (files: Readonly<Record<string, string>>) => void {
  return (files) => {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 });
      renameSync(join(folder, `${name}.new`), join(folder, name));
    }
  };
}

/**
 * New keys, chains, lists and secrets, in the order of an operator who knows that two ends are never renewed at one moment: what one end
 * is going to show, the other has known since the generation before.
 */
function generations(): () => Readonly<Record<string, string>> {
  const root = authority();
  const tomorrow = new Date(Date.now() + 86_400_000);
  const keys: string[] = [];
  const tickets: string[] = [];
  const issuers: Authority[] = [];
  const grow = (): void => {
    issuers.push(root.intermediate({ subject: `CN=Issuer ${issuers.length}` }));
    keys.push(`k${keys.length}:${randomBytes(24).toString('hex')}`);
    tickets.unshift(randomBytes(32).toString('hex'));
  };
  grow();
  return () => {
    const now = issuers.length - 1;
    grow();
    const issuer = issuers[now] as Authority;
    const [server, client] = [issuer.issue(LOCAL), issuer.issue({ ...LOCAL, usages: ['clientAuth'] })];
    return {
      'ca.pem': root.certificate + authority(`other-${now % 2}`).certificate,
      'ca.crl': [root, ...issuers].map((each) => each.revoke([], { nextUpdate: tomorrow })).join(''),
      'server.pem': server.key + server.certificate + issuer.certificate,
      'client.pem': client.key + client.certificate + issuer.certificate,
      'ticket.txt': `${tickets.slice(0, 2).join('\n')}\n`,
      'psk.txt': `${keys.join('\n')}\n`,
      'psk-client.txt': `${keys[now]}\n`,
    };
  };
}

test('everything is renewed under half of what the machine gives', { skip: requires({ linux: true }) }, async (t) => {
  const folder = tempFolder(t);
  const [write, next] = [writer(folder), generations()];
  write(next());
  const backend = new BackendProcess(thisMachine, '127.0.0.1', await closedPort(), 'none');
  await backend.start();
  t.after(() => backend.kill());
  const file = (name: string): string => join(folder, name);
  const trust = { verifyChain: true, CAfile: file('ca.pem'), CRLfile: file('ca.crl'), reloadCerts: 'watch' };
  const psk = { ciphers: 'PSK', reloadCerts: 'watch', debug: 4 };
  const [accept, pskAccept] = [await closedPort(), await closedPort()];
  const inner = (name: string): string => file(`${name}.sock`);
  const daemon = await startDaemon(t, {
    config: [
      optionLines({ foreground: true, syslog: false, workers: 2 }),
      clientSection('wrap', { accept, connect: inner('unwrap'), cert: file('client.pem'), checkHost: 'localhost', ...trust }),
      serverSection('unwrap', {
        accept: inner('unwrap'),
        connect: backend.port,
        cert: file('server.pem'),
        ticketKeyFile: file('ticket.txt'),
        ...trust,
      }),
      clientSection('psk-wrap', { accept: pskAccept, connect: inner('psk'), PSKsecrets: file('psk-client.txt'), ...psk }),
      serverSection('psk-unwrap', { accept: inner('psk'), connect: backend.port, cert: undefined, PSKsecrets: file('psk.txt'), ...psk }),
    ].join(''),
    bare: true,
  });
  const way = (port: number): Way => ({ chain: 'direct', place: thisMachine, host: '127.0.0.1', port, dialogue: 'none' });
  const [main, second] = [way(accept), way(pskAccept)];
  const { shortPerSecond } = await calibrate(main);
  const each = { shortPerSecond: shortPerSecond * SHARE, atOnce: 2000, bulk: 0 };
  t.diagnostic(
    `flat out ${Math.round(shortPerSecond)} short connections a second; ${Math.round(each.shortPerSecond)} on each of two ways, ${TRANSFERS} transfers`,
  );
  const loads = [
    new LoadClients(main, { ...each, streams: TRANSFERS / 2 }, 1),
    new LoadClients(second, { ...each, streams: TRANSFERS / 2 }, 2),
  ];
  t.after(() => loads.forEach((load) => void load.kill()));
  for (let generation = 1; generation <= GENERATIONS; generation += 1) {
    const from = daemon.lines.length;
    write(next());
    await daemon.line('certificate of [unwrap] renewed', { from });
  }
  const outcomes: readonly Outcome[] = await Promise.all(loads.map((load) => load.finish()));
  const done = outcomes.flatMap(({ seconds }) => seconds).reduce((sum, second) => sum + second.done, 0);
  assert.deepEqual(
    outcomes.flatMap(({ failures }) => failures),
    [],
  );
  t.diagnostic(`${done} connections whole, ${GENERATIONS} renewals`);
  assert.ok(done > TRANSFERS);
  assert.equal(daemon.lines.filter((line) => line.includes('not taken')).length, 0);
  await daemon.stop();
});
