/**
 * A TLS peer that makes work instead of sending data: key updates, renegotiations, one-byte and empty records. Either it is served or
 * its connection ends; the daemon stays, other connections do not notice, and nothing is left afterwards.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, echo, listen, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startOpensslClient } from '../support/peers/openssl.ts';
import type { Program } from '../support/program.ts';
import { MESSAGE, RawTls, RECORD } from '../support/raw-tls/client.ts';
import { message } from '../support/raw-tls/hello.ts';
import { reverseLines } from '../support/raw-tls/table.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';

const KEY_UPDATES = 1000;
/** RFC 8446 section 4.6.3. */
const UPDATE_REQUESTED = 1;
const RENEGOTIATIONS = 50;
const ONE_BYTE_RECORDS = 100_000;

suite('floods', { skip: requires({ packages: ['openssl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let port: number;

  before(async () => {
    const [backend, lines] = [await listen(t, echo), await listen(t, reverseLines)];
    const service = { connect: backend.port };
    daemon = await startDaemon(t, {
      config:
        serverSection('unwrap', service) +
        serverSection('refusing', { ...service, renegotiation: false }) +
        serverSection('lines', { connect: lines.port }),
    });
    port = await daemon.port('unwrap');
  });

  test('a thousand key updates in both directions', async (context) => {
    const client = new RawTls('TLSv1.3', await daemon.port('lines'));
    context.after(() => client.destroy());
    await client.shake();
    for (let count = 0; count < KEY_UPDATES; count += 1) {
      client.send(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(UPDATE_REQUESTED)));
      client.renewWriting();
      await client.carries();
    }
    assert.equal(client.trace.filter((step) => step === 'key update').length, KEY_UPDATES, 'each asks for one in return');
    client.destroy();
    await daemon.holdsNothing();
  });

  for (const service of ['unwrap', 'refusing']) {
    test(`renegotiations, one after the other, of service ${service}`, async (context) => {
      const servicePort = await daemon.port(service);
      const other = await dialTls(context, servicePort, { servername: 'localhost' });
      const client = interactiveClient(context, servicePort, '-tls1_2');
      await client.saw(/Verify return code/);
      await repeat(client, 'R', 'RENEGOTIATING', RENEGOTIATIONS);
      other.write('unharmed');
      assert.equal((await readExactly(other, 8)).toString(), 'unharmed');
      other.destroy();
      client.endInput();
      await client.finished;
      await daemon.holdsNothing();
    });
  }

  test('a hundred thousand records of one byte', async (context) => {
    const client = await dialTls(context, port, { servername: 'localhost' });
    const received = receiveHash(client);
    const letters = Buffer.from('abcdefghij');
    for (let sent = 0; sent < ONE_BYTE_RECORDS; sent += 1) {
      const at = sent % letters.length;
      await new Promise((resolve) => client.write(letters.subarray(at, at + 1), resolve)); // else many would share a record
    }
    client.end();
    assert.equal((await received).bytes, ONE_BYTE_RECORDS);
    await daemon.holdsNothing();
  });

  test('resets in the middle of a transfer, forty at once', async (context) => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => dial(context, port)));
    for (const client of clients) client.write(Buffer.of(0x16, 0x03, 0x01));
    const secure = await Promise.all(Array.from({ length: 40 }, () => dialTls(context, port, { servername: 'localhost' })));
    const sending = secure.map((client) => sendPattern(client, 8 * 2 ** 20).catch(() => 'cut'));
    await Promise.all(secure.map((client) => readExactly(client, 1)));
    for (const client of [...clients, ...secure]) client.destroy();
    await Promise.all(sending);
    await eventually('the daemon has let go of all of them', () => daemon.holdsNothing().then(() => true));
  });

  test('nothing is left open', () => daemon.stop());
});

/** s_client obeys one letter a line, if nothing else came with it. */
function interactiveClient(context: TestContext, port: number, version: string): Program {
  const client = startOpensslClient(`127.0.0.1:${port}`, [version]);
  context.after(() => client.kill('SIGKILL'));
  return client;
}

/** Gives the command so many times, each after the last was obeyed; stops when the server has ended the connection. */
async function repeat(client: Program, command: string, answer: string, times: number): Promise<void> {
  for (let count = 1; count <= times && !client.ended; count += 1) {
    client.write(`${command}\n`);
    const obeyed = await client.until((output) => output.split(answer).length > count || undefined);
    assert.ok(obeyed || client.ended, `${answer} number ${count} of ${times}`);
  }
}
