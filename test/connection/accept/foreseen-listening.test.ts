import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { foreseeListening } from '../../../src/connection/accept/foreseen-listening.ts';
import { listen } from '../../support/net/tcp.ts';
import { resolveText } from '../../support/overcoat/resolve-text.ts';

/** Each service by its `accept` lines. @returns `SERVICE.LINE: TEXT`, with `!` behind those that leave a service without a listener */
async function failures(...services: readonly (readonly string[])[]): Promise<readonly string[]> {
  const sections = services.map((lines, index) => `[${'abc'[index]}]\nclient = yes\nconnect = 1\n${lines.join('\n')}\n`);
  const { config } = resolveText(sections.join(''));
  const found = await foreseeListening(config.services);
  return found.map(({ service, line, text, fatal }) => `${'abc'[service]}.${line}${fatal ? '!' : ''} ${text.split(';', 2).join(';')}`);
}

const BUSY = 'Address already in use (98)';

suite('accept lines that would be lost', () => {
  test('none where every address has its own port, its own family or a port of the kernel’s choice', async () => {
    assert.deepEqual(await failures(['accept = 127.0.0.1:7', 'accept = ::1:7'], ['accept = 127.0.0.1:8'], ['accept = 127.0.0.2:7']), []);
    assert.deepEqual(await failures(['accept = 127.0.0.1:0'], ['accept = 127.0.0.1:0']), []);
  });

  test('a second line of one service that is the same, or contained in the first: the service goes on', async () => {
    const other = `${BUSY}; another \`accept\` line of this service has it already`;
    assert.deepEqual(await failures(['accept = 127.0.0.1:7', 'accept = 127.0.0.1:7']), [`a.1 127.0.0.1:7: ${other}`]);
    assert.deepEqual(await failures(['accept = 0.0.0.0:7', 'accept = :::7']), [`a.1 :::7: ${other}`]);
    assert.deepEqual(await failures(['accept = 7', 'accept = 127.0.0.1:7']), [`a.1 127.0.0.1:7: ${other}`]);
  });

  test('those of a service below another that has the port: it is named', async () => {
    const taken = `${BUSY}; service [a] listens there: change \`accept\` of one of them`;
    assert.deepEqual(await failures(['accept = 127.0.0.1:7'], ['accept = 127.0.0.1:7']), [`b.0! 127.0.0.1:7: ${taken}`]);
    assert.deepEqual(await failures(['accept = 127.0.0.1:7'], ['accept = 0.0.0.0:7']), [`b.0! 0.0.0.0:7: ${taken}`]);
    assert.deepEqual(await failures(['accept = 7'], ['accept = ::1:7', 'accept = 8']), [`b.0 ::1:7: ${taken}`]);
    assert.deepEqual(await failures(['accept = /tmp/s'], ['accept = /tmp/s']), [`b.0! /tmp/s: ${taken}`]);
  });

  test('those on one device as well', async () => {
    const bound = ['accept = 127.0.0.1:7', 'socket = a:SO_BINDTODEVICE=lo'];
    assert.equal((await failures(bound, bound)).length, 1);
  });

  test('addresses of other machines, unknown names, and paths where no socket can be', async () => {
    assert.deepEqual(await failures(['accept = 192.0.2.1:7']), [
      'a.0! 192.0.2.1:7: Cannot assign requested address (99); no interface of this machine has that address',
    ]);
    assert.match((await failures(['accept = nowhere.invalid:7'])).join(), /^a\.0! nowhere\.invalid:7: /);
    assert.deepEqual(await failures(['accept = /none/s', 'accept = 7']), [
      'a.0 /none/s: No such file or directory (2); the folder of a Unix socket must exist',
    ]);
    assert.match(
      (await failures([`accept = ${import.meta.filename}`])).join(),
      /^a\.0! .*: Address already in use \(98\); another program/,
    );
  });

  test('not one that another program holds: that may be the daemon that will be reloaded', async (t) => {
    const { port } = await listen(t);
    assert.deepEqual(await failures([`accept = 127.0.0.1:${port}`]), []);
  });
});
