/** What an `accept` line binds, and what it says when it cannot. */
// Tests: src/connection/accept/bind-failure.ts
import assert from 'node:assert/strict';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Address } from '../../../src/config/config.ts';
import type { BindFailure } from '../../../src/connection/accept/bind-failure.ts';
import type { Binding } from '../../../src/connection/accept/binding.ts';
import { bindAddress } from '../../../src/connection/accept/binding.ts';
import { BoundAddresses } from '../../../src/connection/accept/bound-addresses.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import { tempFolder } from '../../support/temp.ts';

const config = serviceConfig({ service: { name: 's' } });

async function bindFor(
  address: Address,
  bound = new BoundAddresses(),
): Promise<{ bindings: readonly Binding[]; failures: readonly BindFailure[] }> {
  const failures: BindFailure[] = [];
  const context = { observe: () => undefined, bound, failed: (failure: BindFailure) => failures.push(failure) };
  return { bindings: await bindAddress(address, config, context), failures };
}

function closeAll(bindings: readonly Binding[]): void {
  for (const { bound } of bindings) bound.close();
}

test('port 0 tells the port the kernel chose', async () => {
  const { bindings } = await bindFor({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  assert.equal(bindings.length, 1);
  assert.equal(bindings[0]?.text, `127.0.0.1:${bindings[0]?.port}`);
  assert.ok((bindings[0]?.port ?? 0) > 0);
  closeAll(bindings);
});

test('a port in use is told in the kernel’s words, and no binding', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as net.AddressInfo;
  const second = await bindFor({ kind: 'tcp', host: '127.0.0.1', port });
  assert.deepEqual(second.bindings, []);
  assert.deepEqual(second.failures, [{ address: `127.0.0.1:${port}`, text: 'Address already in use', errno: 98, holder: undefined }]);
  await new Promise((resolve) => holder.close(resolve));
});

test('a socket file nobody serves is taken over, a served one is not touched', async (t) => {
  const path = join(tempFolder(t), 's.sock');
  const first = await bindFor({ kind: 'unix', path });
  const second = await bindFor({ kind: 'unix', path });
  assert.deepEqual(second.bindings, []);
  closeAll(first.bindings);
  const server = net.createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  assert.deepEqual((await bindFor({ kind: 'unix', path })).bindings, []);
  await new Promise((resolve) => server.close(resolve));
});

test('an address of ours is refused where another of ours leaves no room for it, until that one is given back', async () => {
  const bound = new BoundAddresses();
  const first = await bindFor({ kind: 'tcp', host: '127.0.0.1', port: 0 }, bound);
  const port = first.bindings[0]?.port ?? 0;
  for (const host of ['', '*', '::', '0.0.0.0', '127.0.0.1', '::ffff:127.0.0.1']) {
    const second = await bindFor({ kind: 'tcp', host, port }, bound);
    assert.deepEqual(second.bindings, [], host);
    assert.deepEqual(
      second.failures.map(({ holder, errno }) => ({ holder, errno })),
      [{ holder: 's', errno: 98 }],
      host,
    );
  }
  const beside = await bindFor({ kind: 'tcp', host: '127.0.0.2', port }, bound);
  assert.equal(beside.bindings.length, 1);
  for (const { bindings } of [first, beside]) {
    closeAll(bindings);
    for (const binding of bindings) binding.release();
  }
  const again = await bindFor({ kind: 'tcp', host: '*', port }, bound);
  assert.equal(again.bindings[0]?.text, `0.0.0.0:${port}`);
  closeAll(again.bindings);
});
