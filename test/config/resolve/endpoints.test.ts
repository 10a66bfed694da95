import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serviceOf } from '../../support/overcoat/resolve-text.ts';

const NEEDS_TWO = 'Service [s]: Each service must define two endpoints';

/** Whether a section of these lines has its two ends. */
function isWhole(...lines: readonly string[]): boolean {
  const { errors } = resolveText(['[p]', 'accept = 9', 'connect = 8', 'cert = x', '[s]', 'cert = x', ...lines].join('\n'));
  return !errors.some((problem) => problem.stunnelText === NEEDS_TWO);
}

suite('a section', () => {
  test('whose `sni` names no service is told that alone', () => {
    const { errors } = resolveText(['[s]', 'cert = x', 'accept = 1', 'connect = 2', 'sni = *.example'].join('\n'));
    assert.deepEqual(
      errors.map(({ option }) => option),
      ['sni'],
    );
  });

  test('has two ends', () => {
    for (const lines of [
      ['client = yes', 'accept = 1', 'connect = a:1'],
      ['client = yes', 'accept = 1', 'transparent = destination'],
      ['client = yes', 'accept = 1', 'transparent = both'],
      ['client = yes', 'exec = /bin/cat', 'connect = a:1'],
      ['accept = 1', 'exec = /bin/cat'],
      ['accept = 1', 'protocol = socks'],
      ['accept = 1', 'protocol = connect'],
      ['accept = 1', 'protocol = connect', 'connect = 1'],
      ['sni = p:a', 'connect = 1'],
      ['accept = 1', 'accept = 2', 'connect = 1', 'connect = 2'],
    ]) {
      assert.ok(isWhole(...lines), lines.join(', '));
    }
  });

  test('has not one and not three', () => {
    for (const lines of [
      [],
      ['accept = 1'],
      ['connect = 1'],
      ['client = yes', 'accept = 1', 'transparent = source'],
      ['client = yes', 'accept = 1', 'connect = a:1', 'transparent = destination'],
      ['client = yes', 'accept = 1', 'connect = a:1', 'exec = /bin/cat'],
      ['client = yes', 'accept = 1', 'protocol = socks'],
      ['accept = 1', 'connect = 1', 'protocol = socks'],
      ['accept = 1', 'connect = 1', 'sni = p:a'],
      ['client = yes', 'sni = p:a', 'connect = 1'],
    ]) {
      assert.ok(!isWhole(...lines), lines.join(', '));
    }
  });

  test('with a value that makes no sense is not told that it lacks an end', () => {
    const { errors } = resolveText('[s]\nclient = yes\naccept = nosuch\nconnect = a:1');
    assert.deepEqual(
      errors.map((problem) => problem.option),
      ['accept'],
    );
  });
});

test('types programs with their arguments', () => {
  const exec = (...lines: readonly string[]) =>
    resolveText(['[s]', 'client = yes', 'accept = 1', ...lines].join('\n')).config.services[0]?.exec;
  assert.deepEqual(exec('exec = /bin/cat'), { path: '/bin/cat', args: ['/bin/cat'], pty: false, errors: 'peer' });
  assert.deepEqual(exec('exec = /bin/cat', 'execArgs = cat  -u', 'pty = yes'), {
    path: '/bin/cat',
    args: ['cat', '-u'],
    pty: true,
    errors: 'peer',
  });
  assert.equal(exec('connect = a:1'), undefined);
});

test('types the pause of retry', () => {
  const retry = (value: string) => resolveText(`[s]\nclient = yes\nexec = x\nconnect = a:1\nretry = ${value}`).config.services[0]?.retryMs;
  assert.deepEqual([retry('yes'), retry('no'), retry('250')], [1000, undefined, 250]);
});

test('keeps delay and rotation apart', () => {
  assert.equal(serviceOf(clientService('failover = rr')).failover, 'rr');
  assert.equal(serviceOf(clientService('failover = rr', 'delay = yes')).failover, 'prio');
});

test('sorts socket options by socket, the last line of each counting', () => {
  const { sockets } = resolveText(
    clientService('socket = l:SO_KEEPALIVE=1', 'socket = l:SO_KEEPALIVE=0', 'socket = r:TCP_NODELAY=no', 'socket = a:SO_RCVBUF=1'),
  ).config.services[0] ?? { sockets: undefined };
  assert.deepEqual(sockets, {
    accept: [{ name: 'SO_RCVBUF', value: { kind: 'int', value: 1 } }],
    local: [{ name: 'SO_KEEPALIVE', value: { kind: 'flag', on: false } }],
    remote: [],
    localNoDelay: true,
    remoteNoDelay: false,
  });
});

test('refuses transparent beside a program, with what tells the address instead', () => {
  for (const value of ['source', 'both', 'destination']) {
    const lines = ['[s]', 'cert = x', 'accept = 1', 'exec = /bin/cat', `transparent = ${value}`];
    const { pending } = resolveText(lines.join('\n'));
    assert.ok(
      pending.some((problem) => problem.option === 'transparent' && problem.text.includes('REMOTE_HOST')),
      value,
    );
  }
  assert.deepEqual(resolveText('[s]\ncert = x\naccept = 1\nexec = /bin/cat\ntransparent = none').pending, []);
});

test('refuses a terminal in a chroot, where nothing could make it the program’s', () => {
  const both = 'chroot = /jail\n[s]\ncert = x\naccept = 1\nexec = /bin/cat\npty = yes';
  assert.deepEqual(
    resolveText(both).pending.map((problem) => problem.option),
    ['pty'],
  );
  assert.deepEqual(resolveText(both.replace('yes', 'no')).pending, []);
});

test('takes a program as the one end of inetd mode, and no log on the standard streams', () => {
  assert.deepEqual(resolveText('cert = x\nexec = /bin/cat').errors, []);
  const { errors } = resolveText('cert = x\nexec = /bin/cat\noutput = /dev/stdout');
  assert.deepEqual(
    errors.map((problem) => [problem.option, problem.stunnelText]),
    [['output', "Inetd mode: 'output' cannot be the socket of inetd mode"]],
  );
  assert.deepEqual(resolveText('output = /dev/stdout\n[s]\ncert = x\naccept = 1\nexec = /bin/cat').errors, []);
});
