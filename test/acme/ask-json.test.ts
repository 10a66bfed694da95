import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { askJson } from '../../src/acme/ask-json.ts';
import { authority } from '../support/data/certificates.ts';
import { closedPort } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';

const ca = readFileSync(authority().certFile, 'utf8');

suite('a directory that cannot be asked is told with what to do', () => {
  /** What is said of a server that answers `response`. */
  async function refusal(port: number, trusted: string | undefined): Promise<string> {
    const cause: unknown = await askJson(`https://localhost:${port}/dir`, trusted).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(cause instanceof Error);
    return cause.message;
  }

  for (const [what, status, says] of [
    ['another address', '404 Not Found', /HTTP status 404; see whether acmeDirectory \(--acme-directory\) is right/],
    ['a page for people', '200 OK', /no JSON; see whether acmeDirectory/],
  ] as const)
    test(what, async (t) => {
      const server = await listenTls(t, {}, (socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n<html>`));
      });
      assert.match(await refusal(server.port, ca), says);
    });

  test('one of another authority, without advice about the runtime', async (t) => {
    const server = await listenTls(t, {});
    const text = await refusal(server.port, undefined);
    assert.match(text, /no authority that is trusted here; name the authority .* with acmeCA \(--acme-ca\)$/);
    assert.doesNotMatch(text, /Node/);
  });

  test('nobody there', async () => {
    assert.match(await refusal(await closedPort(), ca), /ECONNREFUSED.*; see whether acmeDirectory/);
  });
});
