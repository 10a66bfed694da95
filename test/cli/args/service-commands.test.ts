import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments } from '../../../src/cli/args.ts';
import type { ClientChoice, ServerChoice } from '../../../src/config/commands.ts';

const PIN = 'sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

function client(line: string): ClientChoice {
  const command = parseArguments(['client', ...line.split(' ')]);
  assert.ok(command.kind === 'client', JSON.stringify(command));
  return command.arguments;
}

function server(line: string): ServerChoice {
  const command = parseArguments(['server', ...line.split(' ')]);
  assert.ok(command.kind === 'server', JSON.stringify(command));
  return command.arguments;
}

function mistake(line: string): string {
  const command = parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

describe('client', () => {
  it('takes host names for --sni and CONNECT, and says why something is none', () => {
    assert.equal(client('1 a:1 --sni Bücher.example.').sni, 'xn--bcher-kva.example');
    assert.equal(mistake('client 1 a:1 --sni pay.example/é.test'), '--sni: "pay.example/é.test" is not a host name: it holds "/"');
    assert.match(mistake('client 1 a:1 --sni 192.0.2.1'), /is not a host name: it is an IP address; /);
    assert.match(mistake('client 1 127.1:443'), /^CONNECT: /);
  });

  it('listens on this machine', () => {
    const { accept, connect, debug, pins } = client('1935 example.org:https');
    assert.deepEqual(accept, { kind: 'tcp', host: '127.0.0.1', port: 1935 });
    assert.deepEqual(connect, { kind: 'tcp', host: 'example.org', port: 443 });
    assert.deepEqual([debug, pins], [5, []]);
  });

  it('listens for others only when told twice', () => {
    for (const accept of ['0.0.0.0:1', ':::1', '192.0.2.1:1', 'example.org:1']) {
      assert.match(mistake(`client ${accept} a:1`), /^ACCEPT: anybody who reaches this address/, accept);
      assert.equal(client(`${accept} a:1 --unsafe-listen`).accept.kind, 'tcp');
    }
    assert.equal(client('192.168.0.1:1 a:1').accept.kind, 'tcp');
    assert.equal(client('/run/x a:1').accept.kind, 'unix');
  });

  it('takes what it is to trust', () => {
    const { ca, pins, cert, key, sni } = client(`1 a:1 --ca ca.pem --pin ${PIN} --pin p.pem --cert c.pem --sni B.example.`);
    assert.deepEqual([ca, cert, key, sni], ['ca.pem', 'c.pem', 'c.pem', 'b.example']);
    assert.deepEqual(
      pins.map((pin) => pin.kind),
      ['sha256', 'file'],
    );
  });

  it('is told what is wrong', () => {
    assert.equal(mistake('client 1'), 'CONNECT is missing');
    assert.equal(mistake('client'), 'ACCEPT is missing');
    assert.match(mistake('client 1 x:nosuch'), /^CONNECT: "nosuch" is not a port/);
    assert.match(mistake('client 1 /run/x'), /^CONNECT: there is no host name to verify in it/);
    assert.match(mistake(`client 1 /run/x --ca x --pin ${PIN}`), /^CONNECT: there is no host name/);
    assert.equal(client(`1 /run/x --pin ${PIN}`).connect.kind, 'unix');
    assert.equal(client('1 /run/x --sni a.example').sni, 'a.example');
    assert.match(mistake('client 1 a:1 --pin sha256:x'), /^--pin: "sha256:x" is not a pin/);
    assert.equal(mistake('client 1 a:1 --key k.pem'), '--key needs --cert');
    assert.match(mistake('client 1 a:1 --sni 192.0.2.1'), /^--sni: /);
    assert.match(mistake('client 1 a:1 --debug 9'), /^--debug: /);
    assert.match(mistake('client 1 a:1 --debug daemon.5'), /^--debug: only the level/);
    assert.match(mistake('client 1 a:1 --protocol proxy'), /^--protocol: protocol proxy does not exist in client mode/);
  });
});

describe('server', () => {
  it('needs a certificate', () => assert.match(mistake('server 443 80'), /^--cert FILE is missing/));

  it('connects to this machine, and may ask for certificates', () => {
    const { accept, connect, ca, pins, cert, key } = server(`0.0.0.0:443 80 --cert c.pem --key k.pem --ca ca.pem --pin ${PIN}`);
    assert.deepEqual(accept, { kind: 'tcp', host: '0.0.0.0', port: 443 });
    assert.deepEqual(connect, { kind: 'tcp', host: '', port: 80 });
    assert.deepEqual([ca, pins.length, cert, key], ['ca.pem', 1, 'c.pem', 'k.pem']);
  });

  it('without a host listens on this machine', () =>
    assert.deepEqual(server('443 80 --cert c').accept, { kind: 'tcp', host: '127.0.0.1', port: 443 }));
});
