/** What a handshake tells: its facts where somebody wants them, and the alert of a peer that refuses us. */
// Tests: src/tls/verdict/alert.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { connect } from 'node:tls';
import type { ServiceConfig } from '../../../src/config/config.ts';
import { BoundAddresses } from '../../../src/connection/accept/bound-addresses.ts';
import { ConnectionTable } from '../../../src/connection/accept/connection-table.ts';
import { bindService } from '../../../src/connection/accept/listener.ts';
import { OwnPorts } from '../../../src/connection/dial/own-ports.ts';
import { loadServices } from '../../../src/daemon/services.ts';
import type { EventKind, Observe, OvercoatEvent } from '../../../src/observe/events.ts';
import { observer } from '../../../src/observe/observers.ts';
import { authority, certificate, strangersCertificate } from '../../support/data/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { dial, listen } from '../../support/net/tcp.ts';
import type { Changes } from '../../support/overcoat/service-config.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { startOpensslClient, startOpensslServer } from '../../support/peers/openssl.ts';
import { RawTls, RECORD } from '../../support/raw-tls/client.ts';
import { requires } from '../../support/requirements.ts';
import type { Ending } from '../../support/temp.ts';

const { certFile: cert, keyFile: key } = certificate('server');

/** A service in this process. @returns its port */
async function serve(t: Ending, observe: Observe, changes: Changes, upstreamPort: number, virtual?: ServiceConfig): Promise<number> {
  const config = {
    ...serviceConfig(changes),
    accept: [{ kind: 'tcp', host: '127.0.0.1', port: 0 } as const],
    connect: [{ kind: 'tcp', host: '127.0.0.1', port: upstreamPort } as const],
  };
  const [service] = loadServices(virtual === undefined ? [config] : [config, virtual], { ask: () => undefined, observe, strict: false });
  if (service === undefined) throw new Error('no service');
  await service.targets.prepare(() => undefined);
  const connections = new ConnectionTable();
  const binder = { observe, bound: new BoundAddresses(), inherited: [] };
  const listener = await bindService(service, binder, { observe, connections, ownPorts: new OwnPorts() });
  await listener.start();
  t.after(async () => {
    await listener.close();
    await connections.empty();
  });
  return Number(listener.addresses[0]?.split(':')[1]);
}

/** TLS in, plain out, to an upstream that says nothing and ends. */
async function serveTls(t: Ending, observe: Observe): Promise<number> {
  const upstream = await listen(t, (socket) => socket.end());
  return serve(t, observe, { mode: 'server', tls: { cert, key } }, upstream.port);
}

function recorded(wanted: (kind: EventKind) => boolean = () => true): { readonly events: OvercoatEvent[]; readonly observe: Observe } {
  const events: OvercoatEvent[] = [];
  return { events, observe: observer((event) => void events.push(event), wanted) };
}

const ended = (events: readonly OvercoatEvent[]): Promise<OvercoatEvent> =>
  eventually('the connection has ended', () => events.find(({ kind }) => kind === 'finished'));

test('its facts are data', async (t) => {
  const { events, observe } = recorded();
  const client = connect({ port: await serveTls(t, observe), host: '127.0.0.1', ca: authority().certificate, servername: 'localhost' });
  client.resume();
  await once(client, 'close');
  await ended(events);
  const finished = events.find((event) => event.kind === 'handshake-finished');
  assert.equal(finished?.kind === 'handshake-finished' && finished.facts.protocol, 'TLSv1.3');
  assert.deepEqual(structuredClone(events), events);
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`${version}: a record that was changed on its way ends the relay, and is told`, async (t) => {
    const { events, observe } = recorded();
    const upstream = await listen(t);
    const client = new RawTls(version, await serve(t, observe, { mode: 'server', tls: { cert, key } }, upstream.port));
    t.after(() => client.destroy());
    await client.shake();
    await upstream.next();
    const record = client.sealed(RECORD.data, Buffer.from('data'));
    record.writeUInt8((record.at(-1) ?? 0) ^ 1, record.length - 1);
    client.raw(record);
    await ended(events);
    const [broken, ...more] = events.flatMap((event) => (event.kind === 'tls-broken' ? [event.text] : []));
    assert.match(broken ?? '', /^error:0A000119:SSL routines::decryption failed or bad record mac$/);
    assert.deepEqual(more, []);
  });

test('nobody is told its facts who does not want them', async (t) => {
  const { events, observe } = recorded((kind) => kind !== 'handshake-finished');
  const client = connect({ port: await serveTls(t, observe), host: '127.0.0.1', ca: authority().certificate, servername: 'localhost' });
  client.resume();
  await once(client, 'close');
  await ended(events);
  assert.ok(events.some(({ kind }) => kind === 'upstream-connected'));
  assert.equal(
    events.some(({ kind }) => kind === 'handshake-finished'),
    false,
  );
});

suite('an alert has its name', { skip: requires({ packages: ['openssl'] }) }, () => {
  const alerts = (events: readonly OvercoatEvent[]): readonly OvercoatEvent[] => events.filter(({ kind }) => kind === 'alert');

  for (const version of ['-tls1_2', '-tls1_3'])
    test(`of a client that does not trust us (${version})`, async (t) => {
      const { events, observe } = recorded();
      const port = await serveTls(t, observe);
      const client = startOpensslClient(`127.0.0.1:${port}`, [version, '-CAfile', strangersCertificate().certFile, '-verify_return_error']);
      await client.finished;
      await ended(events);
      assert.deepEqual(alerts(events), [{ kind: 'alert', direction: 'received', peer: 'client', number: 48, name: 'unknown_ca' }]);
      assert.ok(events.findIndex(({ kind }) => kind === 'alert') < events.findIndex(({ kind }) => kind === 'closed'));
    });

  test('of a server that misses our certificate, which it says when our handshake is over', async (t) => {
    const { events, observe } = recorded();
    const server = await startOpensslServer(cert, key, ['-tls1_3', '-Verify', '1']);
    t.after(() => server.program.stop());
    const client = await dial(t, await serve(t, observe, {}, server.port));
    client.on('error', () => undefined).resume();
    await ended(events);
    assert.deepEqual(alerts(events), [
      { kind: 'alert', direction: 'received', peer: 'upstream', number: 116, name: 'certificate_required' },
    ]);
  });

  test('that we have sent to a client that asks for a name nobody has', async (t) => {
    const { events, observe } = recorded();
    const tls = { cert, key };
    const virtual = serviceConfig({
      mode: 'server',
      tls,
      service: { name: 'other', virtualHost: { primary: 'svc', pattern: 'other.test' } },
    });
    const port = await serve(t, observe, { mode: 'server', tls, service: { unmatchedName: 'refuse' } }, 1, virtual);
    const client = startOpensslClient(`127.0.0.1:${port}`, ['-servername', 'localhost']);
    await client.finished;
    await ended(events);
    assert.deepEqual(alerts(events), [{ kind: 'alert', direction: 'sent', peer: 'client', number: 112, name: 'unrecognized_name' }]);
    assert.match(client.output, /SSL alert number 112/);
  });
});
