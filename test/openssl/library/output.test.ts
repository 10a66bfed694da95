/** The proof that no connection's bytes go out on another one's socket: a leftover ends the process before a byte of it has left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../../support/program.ts';

const SECRET = 'a secret of connection A';

/** A child that leaves something behind and then starts a handshake of another connection; everything its socket sends is printed. */
const SCRIPT = `
import { createServer } from 'node:net';
import { leaveBehind } from './src/openssl/library/output.ts';
import { TlsLeg } from './src/openssl/connection/tls-leg.ts';
import { acceptAll, clientContext, dialSocket } from './test/support/net/legs.ts';
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    process.stdout.write(bytes.toString('latin1'));
    leg.end('reset');
    server.close();
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const context = clientContext({ after: () => undefined });
const leg = new TlsLeg(await dialSocket(server.address().port), { context, judge: acceptAll });
if (process.argv[1] === 'defective') leaveBehind(Buffer.from('${SECRET}'));
leg.handshake(() => undefined);
`;

function child(argument: string) {
  const argv = [process.execPath, '--input-type=module-typescript', '--eval', SCRIPT, argument];
  return runProgram(argv, { cwd: new URL('../../..', import.meta.url).pathname });
}

test('a leftover in the shared output ends the process, and nobody is sent it', async () => {
  const { signal, stdout, stderr } = await child('defective');
  assert.equal(signal, 'SIGABRT');
  assert.match(stderr, /bytes of one connection were left where those of another go/);
  assert.equal(stdout, '', 'not a byte has arrived');
});

test('without one the same program sends its hello', async () => {
  const { signal, code, stdout, stderr } = await child('sound');
  assert.deepEqual([signal, code], [null, 0], stderr);
  assert.match(stdout, /^\x16\x03\x01/);
});
