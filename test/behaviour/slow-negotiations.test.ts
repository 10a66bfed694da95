/**
 * Clients that say nothing, or a byte now and then, in every phase that waits for them: one deadline over all of it ends them, and
 * good clients are served meanwhile.
 */
// Tests: src/connection/life/step-errors.ts
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { authority } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import { ending, listen, readExactly, startDial } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

const PEERS = 40;
const DRIP_MS = 200;

/** What the client has said when it begins to be slow, and what it drips. */
const PHASES: Readonly<Record<string, { readonly service: string; readonly first: string; readonly drip: string }>> = {
  'before the PROXY header': { service: 'listed', first: '', drip: '' },
  'inside the PROXY header': { service: 'listed', first: 'PROXY TCP4 ', drip: '1' },
  'before STARTTLS': { service: 'smtp', first: '', drip: '' },
  'inside a command': { service: 'smtp', first: 'EHLO ', drip: 'x' },
  'command after command': { service: 'smtp', first: '', drip: 'NOOP\r\n' },
  'inside SSLRequest': { service: 'pgsql', first: '\0\0\0\x08\x04', drip: '' },
  'inside CONNECT': { service: 'connect', first: 'CONNECT 192.0.2.1:80 HTTP/1.1\r\n', drip: 'X' },
  'before the ClientHello': { service: 'pgsql', first: '\0\0\0\x08\x04\xd2\x16\x2f', drip: '' },
};

test('one deadline over all phases', async (t) => {
  const backend = await listen(t, (socket) => {
    socket.on('error', () => undefined);
    socket.write('220 mail\r\n');
  });
  const service = (name: string, options: Options): string => serverSection(name, { connect: backend.port, TIMEOUTsetup: 3, ...options });
  const daemon = await startDaemon(t, {
    config: [
      service('listed', { proxyAccept: '127.0.0.0/8' }),
      ...['smtp', 'pgsql', 'connect'].map((protocol) => service(protocol, { protocol })),
      service('good', {}),
    ].join(''),
  });
  const slow: Socket[] = [];
  for (const { service: name, first, drip } of Object.values(PHASES)) {
    const port = await daemon.port(name);
    for (let count = 0; count < PEERS; count += 1) {
      const socket = startDial(t, port);
      socket.write(Buffer.from(first, 'latin1'));
      const timer = drip === '' ? undefined : setInterval(() => socket.write(drip), DRIP_MS);
      socket.on('close', () => clearInterval(timer));
      slow.push(socket);
    }
  }
  const good = connectTls({ host: '127.0.0.1', port: await daemon.port('good'), ca: authority().certificate, servername: 'localhost' });
  t.after(() => {
    good.destroy();
  });
  assert.equal((await within('a good client is served', readExactly(good, 8))).toString(), '220 mail');
  const ends = await within('every slow client is ended', Promise.all(slow.map(ending)));
  assert.equal(ends.length, PEERS * Object.keys(PHASES).length);
  assert.equal(good.destroyed, false, 'the good one is still there');
  good.destroy();
  for (const socket of backend.accepted) socket.end();
  await daemon.stop();
});
