/** Services without a file are safe by default. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ClientChoice } from '../../src/config/commands.ts';
import { buildClientConfig, buildServerConfig, buildTransparentService } from '../../src/config/commands.ts';
import type { Address, ServiceConfig } from '../../src/config/config.ts';
import type { Pin } from '../../src/config/tls-config.ts';

const PIN: Pin = { kind: 'sha256', digest: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' };
const NOTHING = { ca: undefined, pins: [], cert: undefined, key: undefined } as const;
const at = (host: string, port: number): Address => ({ kind: 'tcp', host, port });

function client(changes: Partial<ClientChoice> = {}): ServiceConfig {
  const choice: ClientChoice = {
    ...NOTHING,
    accept: at('127.0.0.1', 1),
    connect: at('example.org', 443),
    name: undefined,
    protocol: undefined,
    debug: 6,
    ...changes,
  };
  const [service] = buildClientConfig(choice).services;
  assert.ok(service);
  return service;
}

suite('client', () => {
  test("verifies the name of its target against the system's authorities", () => {
    const { verify, trust, serverName } = client();
    assert.deepEqual([verify.chain, verify.require, verify.checkHost, verify.checkIp], [true, true, ['example.org'], []]);
    assert.equal(trust.system, true);
    assert.deepEqual(serverName, { kind: 'fixed', name: 'example.org' });
  });

  test('verifies an IP address as such and sends no name', () => {
    const { verify, serverName } = client({ connect: at('192.0.2.1', 443) });
    assert.deepEqual([verify.checkHost, verify.checkIp], [[], ['192.0.2.1']]);
    assert.deepEqual(serverName, { kind: 'none' });
  });

  test('verifies the name it is told', () => {
    const { verify, serverName } = client({ connect: at('192.0.2.1', 443), name: 'a.example' });
    assert.deepEqual([verify.checkHost, verify.checkIp], [['a.example'], []]);
    assert.deepEqual(serverName, { kind: 'fixed', name: 'a.example' });
  });

  test('lets a pin replace chain and name, and holds both beside an authority', () => {
    const pinned = client({ pins: [PIN] });
    assert.deepEqual([pinned.verify.chain, pinned.verify.checkHost, pinned.verify.pins], [false, [], [PIN]]);
    assert.equal(pinned.trust.system, false);
    const both = client({ pins: [PIN], ca: '/ca.pem' });
    assert.deepEqual([both.verify.chain, both.verify.checkHost, both.verify.pins], [true, ['example.org'], [PIN]]);
    assert.deepEqual([both.trust.system, both.trust.caFile], [false, '/ca.pem']);
  });

  test('speaks strong TLS only, and bounds what waits', () => {
    const { tls, limits, verify, origin } = client();
    assert.deepEqual([tls.minVersion, tls.maxVersion, tls.renegotiation, tls.secureOptions], ['TLSv1.2', 'TLSv1.3', false, 2 ** 30]);
    assert.ok(tls.ciphers.split(':').every((name) => name.startsWith('ECDHE-') && /GCM|POLY1305/.test(name)));
    assert.equal(tls.curves.split(':')[0], '*X25519MLKEM768');
    assert.equal(limits.setupMs, 10_000);
    assert.deepEqual([verify.profile, origin], ['strict', 'command']);
  });

  test('stays in the foreground, logs there, and drains', () => {
    const { global, strict } = buildClientConfig({
      ...NOTHING,
      accept: at('', 1),
      connect: at('a', 1),
      name: undefined,
      protocol: undefined,
      debug: 7,
    });
    assert.deepEqual([global.foreground, global.syslog, global.drainMs, global.logLevel, strict], ['yes', false, 30_000, 7, true]);
  });
});

suite('server', () => {
  const server = (ca: string | undefined, pins: readonly Pin[] = [], protocol?: 'socks'): ServiceConfig => {
    const [service] = buildServerConfig({
      accept: at('', 443),
      connect: at('localhost', 80),
      cert: 'c.pem',
      key: undefined,
      ca,
      pins,
      protocol,
      debug: 5,
    }).services;
    assert.ok(service);
    return service;
  };

  test('takes any client, or asks for a certificate', () => {
    const asked = ({ verify }: ServiceConfig) => [verify.request, verify.require, verify.chain];
    assert.deepEqual(asked(server(undefined)), [false, false, false]);
    assert.deepEqual(asked(server('/ca.pem')), [true, true, true]);
    assert.deepEqual(asked(server(undefined, [PIN])), [true, true, false]);
  });

  test('that is a proxy warns of a target it never uses', () => {
    assert.deepEqual(server(undefined).warnings, []);
    assert.match(server(undefined, [], 'socks').warnings.join(), /never uses CONNECT: with --protocol socks each client/);
  });

  test('never trusts whom the system trusts, and prefers its own order', () => {
    assert.equal(server('/ca.pem').trust.system, false);
    assert.equal(server(undefined).tls.honorCipherOrder, true);
    assert.equal(server(undefined).tls.key, 'c.pem');
  });
});

suite('an intercepting service', () => {
  const service = buildTransparentService({ ...NOTHING, service: 'gateway', accept: [], portMap: [{ from: 1935, to: 443 }], debug: 5 });

  test('learns names, verifies them, and refuses what has none', () => {
    assert.deepEqual(service.serverName, { kind: 'auto' });
    assert.deepEqual([service.verify.chain, service.verify.serverName, service.names.missing], [true, true, 'refuse']);
  });

  test('goes to the original destination, and hands TLS through', () => {
    assert.deepEqual(service.transparent, { destination: true, source: false });
    assert.deepEqual([service.alreadyTls, service.protocol.name], ['pass', 'auto']);
    assert.deepEqual(service.portMap, [{ from: 1935, to: 443 }]);
  });

  test('needs no name where a key is pinned', () => {
    const pinned = buildTransparentService({ ...NOTHING, pins: [PIN], service: 'exec', accept: [], portMap: [], debug: 5 });
    assert.deepEqual([pinned.verify.chain, pinned.verify.serverName], [false, false]);
  });
});
