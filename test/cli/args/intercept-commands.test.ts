import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments } from '../../../src/cli/args.ts';
import type { ExecArguments, GatewayArguments } from '../../../src/cli/command.ts';

function gateway(line: string): GatewayArguments {
  const command = parseArguments(['gateway', ...line.split(' ')]);
  assert.ok(command.kind === 'gateway', JSON.stringify(command));
  return command.arguments;
}

function exec(line: string): ExecArguments {
  const command = parseArguments(['exec', ...line.split(' ')]);
  assert.ok(command.kind === 'exec', JSON.stringify(command));
  return command.arguments;
}

function mistake(line: string): string {
  const command = parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

describe('gateway', () => {
  it('takes interfaces and ports, and is careful otherwise', () => {
    const { action, from, ports, mapPort, mode, fail, dns, masquerade, local } = gateway(
      '--from eth0 --from eth1 --ports 443,8000-8010 --map-port 1935:443',
    );
    assert.deepEqual(
      [action, from, mode, fail, dns, masquerade, local],
      ['run', ['eth0', 'eth1'], 'redirect', 'closed', false, false, undefined],
    );
    assert.deepEqual(ports, [
      { from: 443, to: 443 },
      { from: 8000, to: 8010 },
    ]);
    assert.deepEqual(mapPort, [{ from: 1935, to: 443 }]);
    assert.deepEqual(gateway('--from eth0 --map-port 1935:443').ports, [], 'a mapped port is taken anyway');
  });

  it('takes all it can be told', () => {
    const all = gateway('up --from e --ports 1-65535 --dns --masquerade --mode tproxy --fail open --local user=nobody --ca x --debug 7');
    assert.deepEqual(
      [all.action, all.dns, all.masquerade, all.mode, all.fail, all.local, all.ca, all.debug],
      ['up', true, true, 'tproxy', 'open', { kind: 'user', value: 'nobody' }, 'x', 7],
    );
    assert.equal(gateway('show --from e --ports 1 --as iptables').as, 'iptables');
    assert.deepEqual(gateway('--local cgroup=/a=b --ports 1').local, { kind: 'cgroup', value: '/a=b' });
  });

  it('down and doctor look for themselves', () => {
    assert.equal(gateway('down').action, 'down');
    assert.equal(gateway('doctor').action, 'doctor');
  });

  it('is told what is wrong', () => {
    assert.match(mistake('gateway --ports 443'), /^--from INTERFACE is missing/);
    assert.match(mistake('gateway --from e'), /^--ports LIST is missing/);
    assert.match(mistake('gateway --from e --ports 0'), /^--ports: /);
    assert.match(mistake('gateway sideways'), /^gateway: "sideways" is not known here; write up, down, show or doctor$/);
    assert.match(mistake('gateway up down'), /^there is no place for "down"$/);
    assert.match(mistake('gateway --from e --ports 1 --mode x'), /^--mode: /);
    assert.match(mistake('gateway --from e --ports 1 --local user'), /^--local: write user=NAME/);
  });
});

describe('exec', () => {
  it('leaves everything behind -- to the command', () => {
    const { command, ports, explain } = exec('--ports 443 --explain -- curl --version -h --ports 1 -- x');
    assert.deepEqual(command, ['curl', '--version', '-h', '--ports', '1', '--', 'x']);
    assert.deepEqual(ports, [{ from: 443, to: 443 }]);
    assert.equal(explain, true);
  });

  it('takes exemptions', () => {
    const { plain, hostLoopback, log, mapPort } = exec('--plain 10.0.0.0/8 --plain ::1 --host-loopback --log /l --map-port 80:443 -- x');
    assert.deepEqual(
      plain.map(({ address, bits }) => `${address}/${bits}`),
      ['10.0.0.0/8', '::1/128'],
    );
    assert.deepEqual([hostLoopback, log, mapPort], [true, '/l', [{ from: 80, to: 443 }]]);
  });

  it('is told what is wrong', () => {
    assert.equal(mistake('exec curl x'), 'write -- before the command: overcoat exec -- curl ...');
    assert.equal(mistake('exec'), 'the command is missing: overcoat exec -- COMMAND ARG...');
    assert.equal(mistake('exec --'), 'the command is missing: overcoat exec -- COMMAND ARG...');
    assert.match(mistake('exec --plain x -- y'), /^--plain: /);
  });
});
