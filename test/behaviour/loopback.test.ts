import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { echoesOverTls } from '../support/net/echoes.ts';
import { closedPort, echoServer } from '../support/net/tcp.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const asRoot = { root: true, linux: true, commands: ['unshare'] } as const;

function nameless(t: TestContext): Place {
  const files = writeFiles(tempFolder(t), {
    hosts: '192.0.2.1 elsewhere\n',
    'resolv.conf': 'nameserver 127.0.0.255\noptions attempts:1 timeout:30\n',
  });
  const script = `mount --bind ${files.hosts} /etc/hosts && mount --bind ${files['resolv.conf']} /etc/resolv.conf && exec "$@"`;
  return { name: 'a machine without names', enter: (argv) => ['unshare', '--mount', 'sh', '-c', script, 'sh', ...argv] };
}

/** A server, and a client of it that dials what it says by a port alone. */
function sections(accept: number | string, connect: string): string {
  return serverSection('svc', { accept, connect });
}

suite('this machine, without its name', { skip: requires(asRoot) }, () => {
  for (const host of ['127.0.0.1', '::1'])
    for (const write of [(port: number) => `${port}`, (port: number) => `*:${port}`])
      test(`connect = ${write(443)} reaches a server on ${host}`, async (t) => {
        const backend = await echoServer(t, host);
        const daemon = await startDaemon(t, { config: sections('127.0.0.1:0', write(backend.port)), place: nameless(t) });
        await echoesOverTls(t, await daemon.port('svc'));
        await daemon.stop();
      });

  test('so does localhost written out', async (t) => {
    const backend = await echoServer(t);
    const daemon = await startDaemon(t, { config: sections('127.0.0.1:0', `localhost:${backend.port}`), place: nameless(t) });
    await echoesOverTls(t, await daemon.port('svc'));
    await daemon.stop();
  });

  test('stunnel reaches it too', { skip: requires({ ...asRoot, commands: ['unshare', 'stunnel4'] }) }, async (t) => {
    for (const host of ['127.0.0.1', '::1']) {
      const [backend, port] = [await echoServer(t, host), await closedPort()];
      const stunnel = await startStunnel(sections(`127.0.0.1:${port}`, String(backend.port)), {
        directory: tempFolder(t),
        place: nameless(t),
      });
      t.after(() => stunnel.stop());
      await echoesOverTls(t, port);
    }
  });
});
