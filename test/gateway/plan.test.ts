import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { COMMAND_SERVICE } from '../../src/config/defaults.ts';
import type { GatewayChoice } from '../../src/gateway/plan.ts';
import { gatewayConfig, planGateway, servesPort53 } from '../../src/gateway/plan.ts';

function choice(different: Partial<GatewayChoice> = {}): GatewayChoice {
  return {
    from: ['eth0'],
    ports: [{ from: 443, to: 443 }],
    portMap: [{ from: 1935, to: 443 }],
    dns: false,
    masquerade: false,
    mode: 'redirect',
    fail: 'closed',
    forward: 'all',
    local: undefined,
    listen: undefined,
    ca: undefined,
    pins: [],
    cert: undefined,
    key: undefined,
    debug: 5,
    ...different,
  };
}

suite('the plan of a gateway', () => {
  test('is closed, verified, and takes names from the connection', () => {
    const plan = planGateway(choice());
    assert.equal(plan.rules.failClosed, true);
    assert.equal(plan.rules.listenPort, 15_001);
    const { global, services } = gatewayConfig(choice(), plan);
    assert.equal(global.setuid, undefined);
    const [service] = services;
    assert.deepEqual(service?.accept, [{ kind: 'tcp', host: '', port: 15_001 }]);
    assert.deepEqual(service?.serverName, { kind: 'auto' });
    assert.deepEqual(service?.portMap, [{ from: 1935, to: 443 }]);
    assert.deepEqual([service?.verify.chain, service?.verify.serverName, service?.names.missing], [true, true, 'refuse']);
    assert.deepEqual([service?.protocol.name, service?.alreadyTls, service?.transparent.destination], ['auto', 'pass', true]);
  });

  test('takes the ports that are mapped, beside those that are named or alone', () => {
    const one = (port: number) => ({ from: port, to: port });
    assert.deepEqual(planGateway(choice()).rules.ports, [one(443), one(1935)]);
    assert.deepEqual(planGateway(choice({ ports: [] })).rules.ports, [one(1935)]);
    assert.deepEqual(planGateway(choice({ ports: [{ from: 1, to: 2000 }] })).rules.ports, [{ from: 1, to: 2000 }]);
  });

  test('does not map questions that it answers itself', () => {
    const mapped = { portMap: [{ from: 53, to: 853 }] };
    assert.throws(() => planGateway(choice({ ...mapped, dns: true })), { code: 'gateway_rules', message: /--map-port 53:853/ });
    assert.deepEqual(planGateway(choice(mapped)).rules.ports[0], { from: 53, to: 53 });
  });

  test('gives up root for the exempt user', () => {
    const local = { local: { kind: 'user', value: 'nobody' } } as const;
    const plan = planGateway(choice(local));
    assert.deepEqual(plan.rules.local, { kind: 'user', uid: 65_534 });
    const { global } = gatewayConfig(choice(local), plan);
    assert.deepEqual([global.setuid, global.setgid], [65_534, 65_534]);
  });

  test('stays root where root is exempt', () => {
    const local = { local: { kind: 'user', value: 'root' } } as const;
    assert.equal(gatewayConfig(choice(local), planGateway(choice(local))).global.setuid, undefined);
  });

  for (const device of ['', 'eth 0', 'a/b', 'eth0"', 'sixteen-letters-', 'eth*', 'eth0\n'])
    test(`knows no device ${JSON.stringify(device)}`, () => {
      assert.throws(() => planGateway(choice({ from: [device] })), { code: 'gateway_rules' });
    });

  test('marks what it dials where a mark is the exemption', () => {
    const local = { local: { kind: 'mark', value: '0x10' } } as const;
    const plan = planGateway(choice(local));
    assert.deepEqual(plan.rules.local, { kind: 'mark', mark: 16 });
    const { services } = gatewayConfig(choice(local), plan);
    const mark = { name: 'SO_MARK', value: { kind: 'int', value: 16 } } as const;
    assert.deepEqual(services[0]?.sockets.remote, [...COMMAND_SERVICE.sockets.remote, mark]);
  });

  for (const mark of ['0', '', ' 1', '1.5', '-1', '0x100000000', 'x', '20291'])
    test(`knows no mark "${mark}"`, () => {
      assert.throws(() => planGateway(choice({ local: { kind: 'mark', value: mark } })), { code: 'gateway_rules' });
    });

  test('knows no user that is not there', () => {
    assert.throws(() => planGateway(choice({ local: { kind: 'user', value: 'no such user' } })), { code: 'gateway_rules' });
  });
});

suite('a name server of the machine itself', () => {
  const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';
  const row = (local: string): string =>
    `${HEAD}  12: ${local} 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 1 2 0 0\n`;

  test('counts when the network can ask it', () => {
    assert.equal(servesPort53(row('00000000:0035')), true);
    assert.equal(servesPort53(row('0101A8C0:0035')), true);
    assert.equal(servesPort53(row('00000000000000000000000000000000:0035')), true);
  });

  test('does not when it is bound to loopback, or to another port', () => {
    assert.equal(servesPort53(row('3500007F:0035')), false);
    assert.equal(servesPort53(row('00000000000000000000000001000000:0035')), false);
    assert.equal(servesPort53(row('00000000:0044')), false);
    assert.equal(servesPort53(HEAD), false);
  });
});
