/**
 * Our own CONNECT and SOCKS servers, against the real daemon: whatever the spelling, nobody reaches this machine, its links or the
 * addresses where clouds keep credentials, unless `allowTargets` says so; and a file refuses only what stunnel refuses.
 */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { LOCAL_NAMES, LOOPBACK_SPELLINGS, SPECIAL_SPELLINGS } from '../protocols/spellings.ts';
import { certificate } from '../support/data/certificates.ts';
import { echoServer, readExactly, startDial } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startCommand, startDaemon } from '../support/overcoat/daemon.ts';
import type { Ending } from '../support/temp.ts';

const HERE = [...LOOPBACK_SPELLINGS, ...LOCAL_NAMES];
const PORT = 9;

/** The status an HTTP client is given. */
async function connectStatus(t: Ending, port: number, host: string, to = PORT): Promise<string> {
  const socket = startDial(t, port);
  socket.write(`CONNECT ${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${to} HTTP/1.1\r\n\r\n`);
  const status = (await readExactly(socket, 12)).toString('latin1').slice(9);
  socket.destroy();
  return status;
}

/** The code a SOCKS 5 client is given for a name. */
async function socksReply(t: Ending, port: number, host: string, to = PORT): Promise<number> {
  const socket = await dialTls(t, port);
  const name = Buffer.from(host, 'latin1');
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length]), name, Buffer.from([to >> 8, to & 255])]));
  const reply = await readExactly(socket, 4);
  socket.destroy();
  return reply.readUInt8(3);
}

/** `overcoat server` has our own rules. */
function command(t: Parameters<typeof startCommand>[0], protocol: string): Promise<Daemon> {
  const { certFile, keyFile } = certificate('server');
  return startCommand(t, ['server', '127.0.0.1:0', '--cert', certFile, '--key', keyFile, '--protocol', protocol, '--debug', '7']);
}

const ownAddress = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

test('CONNECT: every spelling is 403', async (t) => {
  const daemon = await command(t, 'connect');
  const port = await daemon.port('server');
  for (const host of [...HERE, ...SPECIAL_SPELLINGS, ...(ownAddress === undefined ? [] : [ownAddress])]) {
    assert.equal(await connectStatus(t, port, host), '403', host);
  }
  assert.ok(!daemon.lines.some((line) => line.includes('connecting')), 'nothing was dialled');
  await daemon.stop();
});

test('SOCKS: every spelling is refused by ruleset', async (t) => {
  const daemon = await command(t, 'socks');
  const port = await daemon.port('server');
  for (const host of [...HERE, ...SPECIAL_SPELLINGS]) assert.equal(await socksReply(t, port, host), 2, host);
  assert.ok(!daemon.lines.some((line) => line.includes('connecting')), 'nothing was dialled');
  await daemon.stop();
});

test('a file refuses loopback, as stunnel does, and no more', async (t) => {
  const config = serverSection('socks', { protocol: 'socks' });
  const daemon = await startDaemon(t, { config });
  const port = await daemon.port('socks');
  for (const host of HERE) assert.equal(await socksReply(t, port, host), 2, host);
  // Multicast cannot be connected to, so it shows that the rule let it pass without anything being sent.
  assert.notEqual(await socksReply(t, port, '224.0.0.1'), 2);
  await daemon.stop();
});

test('allowTargets opens what it lists, for every spelling of it', async (t) => {
  const target = await echoServer(t);
  const config = serverSection('connect', { protocol: 'connect', allowTargets: '127.0.0.0/8' });
  const daemon = await startDaemon(t, { config });
  const port = await daemon.port('connect');
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '::ffff:127.0.0.1']) {
    assert.equal(await connectStatus(t, port, host, target.port), '200', host);
  }
  assert.equal(await connectStatus(t, port, '::1', target.port), '403');
  await daemon.stop();
});
