import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { ServerChoice } from '../../../src/config/commands.ts';

const PIN = 'sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

async function server(line: string): Promise<ServerChoice> {
  const command = await parseArguments(['server', ...line.split(' ')]);
  assert.ok(command.kind === 'server', JSON.stringify(command));
  return command.arguments;
}

async function mistake(line: string): Promise<string> {
  const command = await parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

suite('server', () => {
  test('needs a certificate', async () => assert.match(await mistake('server 443 80'), /^--cert FILE is missing/));

  test('connects to this machine, and may ask for certificates', async () => {
    const { accept, connect, ca, pins, cert, key } = await server(`0.0.0.0:443 80 --cert c.pem --key k.pem --ca ca.pem --pin ${PIN}`);
    assert.deepEqual(accept, { kind: 'tcp', host: '0.0.0.0', port: 443 });
    assert.deepEqual(connect, { kind: 'tcp', host: '', port: 80 });
    assert.deepEqual([ca, pins.length, cert, key], ['ca.pem', 1, 'c.pem', 'k.pem']);
  });

  test('without a host listens on this machine', async () =>
    assert.deepEqual((await server('443 80 --cert c')).accept, { kind: 'tcp', host: '127.0.0.1', port: 443 }));

  test('as a proxy has no target of its own', async () => {
    for (const name of ['socks', 'connect']) {
      const { connect, protocol } = await server(`1080 --cert c --protocol ${name}`);
      assert.deepEqual([connect, protocol], [undefined, name]);
      await server(`1080 80 --cert c --protocol ${name}`);
      assert.equal(
        await mistake(`server 0.0.0.0:1080 --cert c --protocol ${name}`),
        'ACCEPT: anybody who reaches this port can connect anywhere through it; ask for client certificates with --ca or --pin',
      );
      await server(`0.0.0.0:1080 --cert c --ca ca.pem --protocol ${name}`);
    }
    assert.match(await mistake('server 1080 --cert c --protocol smtp'), /^CONNECT is missing$/);
  });
});
