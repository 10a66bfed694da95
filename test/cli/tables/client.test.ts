import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { ClientChoice } from '../../../src/config/commands.ts';

const PIN = 'sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

async function client(line: string): Promise<ClientChoice> {
  const command = await parseArguments(['client', ...line.split(' ')]);
  assert.ok(command.kind === 'client', JSON.stringify(command));
  return command.arguments;
}

async function mistake(line: string): Promise<string> {
  const command = await parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

suite('client', () => {
  test('takes host names for --sni and CONNECT, and says why something is none', async () => {
    assert.equal((await client('1 a:1 --sni Bücher.example.')).name, 'xn--bcher-kva.example');
    assert.equal(await mistake('client 1 a:1 --sni pay.example/é.test'), '--sni: "pay.example/é.test" is not a host name: it holds "/"');
    assert.match(
      await mistake('client 1 a:1 --sni 192.0.2.1'),
      /^--sni: it is an IP address, which is never sent as a name; leave it away/,
    );
    assert.match(await mistake('client 1 127.1:443'), /^CONNECT: /);
  });

  test('listens on this machine', async () => {
    const { accept, connect, debug, pins } = await client('1935 example.org:https');
    assert.deepEqual(accept, { kind: 'tcp', host: '127.0.0.1', port: 1935 });
    assert.deepEqual(connect, { kind: 'tcp', host: 'example.org', port: 443 });
    assert.deepEqual([debug, pins], [5, []]);
  });

  test('listens for others only when told twice', async () => {
    for (const accept of ['0.0.0.0:1', ':::1', '192.0.2.1:1', 'example.org:1']) {
      assert.match(await mistake(`client ${accept} a:1`), /^ACCEPT: anybody who reaches this port/, accept);
      assert.equal((await client(`${accept} a:1 --unsafe-listen`)).accept.kind, 'tcp');
    }
    assert.equal((await client('192.168.0.1:1 a:1')).accept.kind, 'tcp');
    assert.equal((await client('/run/x a:1')).accept.kind, 'unix');
  });

  test('takes what it is to trust', async () => {
    const { ca, pins, cert, key, name } = await client(`1 a:1 --ca ca.pem --pin ${PIN} --pin p.pem --cert c.pem --sni B.example.`);
    assert.deepEqual([ca, cert, key, name], ['ca.pem', 'c.pem', 'c.pem', 'b.example']);
    assert.deepEqual(
      pins.map((pin) => pin.kind),
      ['sha256', 'file'],
    );
  });

  test('is told what is wrong', async () => {
    assert.equal(await mistake('client 1'), 'CONNECT is missing');
    assert.equal(await mistake('client'), 'ACCEPT is missing');
    assert.match(await mistake('client 1 x:nosuch'), /^CONNECT: "nosuch" is not a port/);
    assert.match(await mistake('client 1 /run/x'), /^CONNECT: there is no host name to verify in it/);
    assert.match(await mistake(`client 1 /run/x --ca x --pin ${PIN}`), /^CONNECT: there is no host name/);
    assert.equal((await client(`1 /run/x --pin ${PIN}`)).connect.kind, 'unix');
    assert.equal((await client('1 /run/x --sni a.example')).name, 'a.example');
    assert.match(await mistake('client 1 a:1 --pin sha256:x'), /^--pin: "sha256:x" is not a pin/);
    assert.equal(await mistake('client 1 a:1 --key k.pem'), '--key needs --cert');
    assert.match(await mistake('client 1 a:1 --sni 192.0.2.1'), /^--sni: /);
    assert.match(await mistake('client 1 a:1 --debug 9'), /^--debug: /);
    assert.match(await mistake('client 1 a:1 --debug daemon.5'), /^--debug: only the level/);
    assert.match(
      await mistake('client 1 a:1 --protocol proxy'),
      /^--protocol: protocol proxy does not exist in client mode; write one of smtp, (?!.*proxy)/,
    );
  });
});

test('client takes --name, of old --sni, and how tcUrls are rewritten', async () => {
  assert.equal((await client('1 a:1 --name B.example.')).name, 'b.example');
  assert.equal((await client('1 a:1 --sni a.example')).name, 'a.example');
  assert.match(await mistake('client 1 a:1 --name b.example --sni a.example'), /^--sni is the same as --name: say one of them$/);
  assert.deepEqual((await client('1 a:1 --rtmp-rewrite auto')).rtmpRewrite, { kind: 'auto' });
  assert.deepEqual((await client('1 a:1 --rtmp-rewrite rtmp://a/app')).rtmpRewrite, { kind: 'url', url: 'rtmp://a/app' });
  assert.match(await mistake('client 1 a:1 --rtmp-rewrite http://a/app'), /^--rtmp-rewrite: .* is not an RTMP URL/);
});
