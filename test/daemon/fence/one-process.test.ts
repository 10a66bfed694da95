import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { buildClientConfig } from '../../../src/config/commands.ts';
import type { Config } from '../../../src/config/config.ts';
import { fenceOfOne } from '../../../src/daemon/fence/one-process.ts';
import { tempFolder } from '../../support/temp.ts';

const CONFIG: Config = buildClientConfig({
  accept: { kind: 'tcp', host: '127.0.0.1', port: 1935 },
  connect: { kind: 'tcp', host: 'a.example', port: 443 },
  name: undefined,
  protocol: undefined,
  ca: '/srv/relay/ca/ca.pem',
  pins: [],
  cert: undefined,
  key: undefined,
  keyLog: '/srv/relay/keys.log',
  debug: 5,
});

suite('the fence of one process', () => {
  test('leaves its ports, the folders of its files, and its own program', () => {
    const { rules, open } = fenceOfOne(CONFIG, false) ?? assert.fail();
    assert.deepEqual(rules.bind, [1935]);
    assert.deepEqual(rules.connect, [53, 443]);
    assert.ok(rules.read.includes('/srv/relay/ca'), 'renewed files have the same name and are others');
    assert.ok(!rules.read.includes('/srv') && !rules.read.includes('/root') && !rules.read.includes('/'));
    assert.ok(rules.write.includes('/srv/relay'));
    assert.ok(rules.execute !== 'any' && !rules.execute.includes('/usr/bin') && !rules.execute.includes('/bin'));
    assert.ok(!rules.read.includes('/dev') && !rules.write.includes('/dev'), 'disks are there, too');
    assert.ok(open.some((text) => text.includes('/etc as a whole')));
  });

  test('leaves the folder that a link leads into, which renewed certificates are', (t) => {
    const folder = tempFolder(t);
    for (const name of ['live', 'archive']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'archive/cert1.pem'), '');
    symlinkSync('../archive/cert1.pem', join(folder, 'live/cert.pem'));
    const [service = assert.fail()] = CONFIG.services;
    const linked = { ...service, tls: { ...service.tls, cert: join(folder, 'live/cert.pem') } };
    const { rules } = fenceOfOne({ ...CONFIG, services: [linked] }, false) ?? assert.fail();
    for (const name of ['live', 'archive']) assert.ok(rules.read.includes(join(folder, name)), name);
    assert.ok(!rules.read.includes(folder));
  });

  test('leaves the trust store that variables of OpenSSL name', (t) => {
    const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
    t.after(() => {
      for (const [name, value] of Object.entries({ SSL_CERT_FILE, SSL_CERT_DIR }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    Object.assign(process.env, { SSL_CERT_FILE: '/srv/store/all.pem', SSL_CERT_DIR: '/srv/one:/srv/two' });
    const { rules } = fenceOfOne(CONFIG, false) ?? assert.fail();
    for (const path of ['/srv/store', '/srv/one', '/srv/two']) assert.ok(rules.read.includes(path), path);
  });

  test('leaves what an ACME directory is verified and asked with', () => {
    const [service = assert.fail()] = CONFIG.services;
    const acme = {
      names: ['a.example'],
      directory: 'https://acme.example/',
      email: undefined,
      binding: { kid: 'k', keyFile: '/srv/binding/key' },
      keyType: 'ec256',
      profile: undefined,
      caFile: '/srv/authority/ca.pem',
      http: undefined,
      store: '/srv/acme',
      accountFolder: '/srv/acme/account',
      folder: '/srv/acme/a.example',
    } as const;
    const { rules } = fenceOfOne({ ...CONFIG, services: [{ ...service, acme }] }, false) ?? assert.fail();
    for (const path of ['/srv/binding', '/srv/authority']) assert.ok(rules.read.includes(path), path);
    assert.ok(rules.write.includes('/srv/acme'));
  });

  test('leaves devices to modules of others, which is said', (t) => {
    const { OPENSSL_CONF } = process.env;
    t.after(() => {
      if (OPENSSL_CONF === undefined) delete process.env['OPENSSL_CONF'];
      else process.env['OPENSSL_CONF'] = OPENSSL_CONF;
    });
    delete process.env['OPENSSL_CONF'];
    const fenceFor = (name: string) =>
      fenceOfOne({ ...CONFIG, global: { ...CONFIG.global, providers: [{ name, parameters: [] }] } }, false) ?? assert.fail();
    assert.deepEqual([fenceFor('legacy').rules.write.includes('/dev'), fenceFor('legacy').modules], [false, false]);
    const { rules, modules, open } = fenceFor('tpm2');
    assert.deepEqual([rules.write.includes('/dev'), modules], [true, true]);
    assert.ok(open.some((text) => text.includes('devices: ') && text.includes('provider tpm2')));
    process.env['OPENSSL_CONF'] = '/srv/openssl.cnf';
    assert.ok(fenceFor('legacy').rules.write.includes('/dev'));
  });

  test('leaves the programs of a gateway', () => {
    assert.equal(fenceOfOne(CONFIG, true)?.rules.execute, 'any');
  });

  test('is not wanted with no', () => {
    assert.equal(fenceOfOne({ ...CONFIG, global: { ...CONFIG.global, confine: 'no' } }, false), undefined);
  });
});
