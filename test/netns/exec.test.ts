/** `overcoat exec` as user nobody: real programs whose connections come out as TLS, and who notice nothing else. */
// Tests: src/exec/helper-protocol.ts, src/exec/helper.ts, src/exec/name-service.ts, src/exec/namespace.ts, src/exec/plain.ts, src/exec/start-command.ts, src/exec/wrap-command.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ReadStream } from 'node:tty';
import { openpty } from '../../src/linux/libc/descriptors.ts';
import { certificate, encryptedKey } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { BIN, openBin, openCheckout } from '../support/overcoat/checkout.ts';
import { runExec, startExec } from '../support/overcoat/exec.ts';
import type { Expected } from '../support/overcoat/failure-line.ts';
import { judgeFailure, readFailure } from '../support/overcoat/failure-line.ts';
import { receiverCertificate, startHttps } from '../support/overcoat/gateway.ts';
import { startNginx } from '../support/peers/nginx.ts';
import type { Finished } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const skip = requires({
  netns: true,
  packages: ['nftables', 'iproute2', 'nginx', 'curl', 'socat', 'netcat-openbsd'],
  commands: ['setpriv', 'unshare'],
});
const CURL = ['curl', '-sS', '-m', '60'];

suite('overcoat exec', { skip, concurrency: 3 }, () => {
  let net: ThreeHosts;
  let https: string;
  let pin: readonly string[];

  before(async () => {
    net = openThreeHosts();
    const suite = { after: (undo: () => void) => undos.push(undo) };
    await startHttps(suite, net, [443, 8443]);
    await startNginx('http { access_log off; server { listen 8080; location / { return 200 "in clear"; } } }', {
      directory: tempFolder(suite),
      place: net.receiver,
    });
    https = `http://${net.wan.right.v4}:443/`;
    pin = ['--pin', receiverCertificate(net).certFile];
  });

  const undos: (() => void)[] = [];
  after(() => {
    net?.close();
    for (const undo of undos) undo();
  });

  const exec = (flags: readonly string[], ...command: readonly string[]): Promise<Finished> =>
    runExec(net.gateway, [...pin, ...flags], command);
  const shell = (script: string, flags: readonly string[] = []): Promise<Finished> => exec(flags, 'sh', '-c', script);

  test('wraps what curl sends, over IPv4 and IPv6', async () => {
    const urls = [https, `http://[${net.wan.right.v6}]:8443/`];
    const { code, stdout, stderr } = await exec([], ...CURL, ...urls);
    assert.deepEqual([code, stdout, stderr], [0, 'through TLSthrough TLS', '']);
  });

  test('explains each connection at the end', async () => {
    const { stderr } = await exec(['--explain'], ...CURL, https);
    assert.match(
      stderr,
      /^overcoat: 10\.77\.2\.2:443: TLSv1\.\d X25519\S*, name from the protocol, verified by pin, \d+ bytes sent, \d+ received\n$/,
    );
  });

  test('keeps the user id, takes no capability, and leaves stdio and the environment alone', async () => {
    const { stdout } = await exec(
      [],
      'sh',
      '-c',
      'id -u; id -g; grep CapEff /proc/self/status; grep -h SigIgn /proc/self/status; env | grep -c NODE_CHANNEL; cat',
    );
    assert.equal(stdout, '65534\n65534\nCapEff:\t0000000000000000\nSigIgn:\t0000000000000000\n0\n');
    const bytes = randomBytes(300_000);
    const copied = await runExec(net.gateway, [...pin], ['cat'], { input: bytes });
    assert.equal(Buffer.from(copied.stdout, 'latin1').equals(bytes), true);
  });

  test('gives the variables of the runtime back to the command', async () => {
    const env = { ...process.env, NODE_OPTIONS: '--no-deprecation', NODE_EXTRA_CA_CERTS: '/dev/null' };
    const { stdout } = await runExec(
      net.gateway,
      [...pin],
      ['sh', '-c', 'echo $NODE_OPTIONS $NODE_EXTRA_CA_CERTS; env | grep -cE "OVERCOAT_(CALLER|IGNORED)"'],
      { env },
    );
    assert.equal(stdout, '--no-deprecation /dev/null\n0\n');
  });

  test('finds nft, ip and unshare where PATH has no sbin, and names the package of one that is missing', async () => {
    const env = { ...process.env, PATH: '/bin:/usr/bin' };
    assert.deepEqual((await runExec(net.gateway, [...pin], ['echo', 'hello'], { env })).stdout, 'hello\n');
    const hidden = `mount --bind /dev/null "$(command -v nft)"; exec ${BIN}/overcoat exec -- true`;
    const { code, stderr } = await runProgram(['unshare', '-m', 'sh', '-euc', hidden], { place: net.gateway });
    assert.deepEqual([code, stderr], [1, 'overcoat: The program nft is not installed; install the package nftables\n']);
  });

  test('passes on which signals the caller ignores, as nohup does', { skip: requires({ launcher: true }) }, async () => {
    const inner = 'exec "$0" exec -- grep SigIgn /proc/self/status';
    const { stdout } = await runProgram(['sh', '-c', `trap '' HUP PIPE; ${inner}`, `${BIN}/overcoat`], { place: net.gateway });
    assert.equal(stdout, 'SigIgn:\t0000000000001001\n');
  });

  for (const [script, code, signal] of [
    ['exit 0', 0, null],
    ['exit 7', 7, null],
    ['kill -TERM $$', null, 'SIGTERM'],
    ['kill -SEGV $$', 139, null],
  ] as const)
    test(`ends as the command does: ${script}`, async () => {
      const end = await shell(script);
      assert.deepEqual([end.code, end.signal, end.stderr], [code, signal, '']);
    });

  test('ends as the command does: by SIGKILL', async () => {
    const { signal } = await startExec(net.gateway, [], ['sh', '-c', 'kill -KILL $$']).finished;
    assert.equal(signal, 'SIGKILL');
  });

  test('says what a shell would say of a command that cannot be run', async () => {
    const missing = await exec([], 'no-such-command');
    assert.deepEqual([missing.code, missing.stderr], [127, 'overcoat: no-such-command: command not found\n']);
    const folder = await exec([], '/tmp');
    assert.deepEqual([folder.code, folder.stderr], [126, 'overcoat: /tmp: is a directory\n']);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)
    test(`passes ${signal} on`, async () => {
      const name = signal.slice(3);
      const running = startExec(
        net.gateway,
        [...pin],
        ['sh', '-c', `trap 'echo caught; exit 5' ${name}; echo ready; while :; do sleep 0.05; done`],
      );
      await running.saw(/ready/);
      running.kill(signal);
      const { code, stdout } = await running.finished;
      assert.deepEqual([code, stdout], [5, 'ready\ncaught\n']);
    });

  test('leaves the keys of a terminal to the terminal: ^C reaches the command once', async () => {
    const inner = `trap 'echo caught' INT; echo ready; while :; do sleep 0.05; done`;
    const env = { ...process.env, INNER: inner, JOB: `exec ${openBin()}/overcoat exec -- sh -c "$INNER"` };
    const socat = ['socat', '-', 'SYSTEM:eval $JOB,pty,setsid,ctty,stderr'];
    const terminal = net.gateway.start(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', ...socat], {
      keepInput: true,
      env,
    });
    await terminal.saw(/ready/);
    terminal.write('\x03');
    await terminal.saw(/caught/);
    terminal.write('\x03');
    await terminal.until((output) => (output.match(/caught/g)?.length ?? 0) >= 2 || undefined);
    terminal.write('\x1c'); // ^\ ends it
    await terminal.saw(/Quit|caught/);
    assert.equal(terminal.output.match(/caught/g)?.length, 2, terminal.output);
    terminal.kill('SIGKILL');
  });

  test('wraps what the children of the command send', async () => {
    const curl = `${CURL.join(' ')} ${https}`;
    const { code, stdout } = await shell(`for i in 1 2 3; do ${curl} & done; wait; ${curl}`);
    assert.deepEqual([code, stdout], [0, 'through TLS'.repeat(4)]);
  });

  test('leaves no process and no namespace behind', async () => {
    const { stdout } = await shell(`readlink /proc/self/ns/net; echo $$; ${CURL.join(' ')} ${https} >/dev/null`);
    const [namespace = '', pid = ''] = stdout.split('\n');
    assert.match(namespace, /^net:\[\d+\]$/);
    assert.notEqual(namespace, readlinkSync('/proc/self/ns/net'));
    await eventually('nobody is in the namespace', () => !namespacesInUse().has(namespace));
    assert.equal(existsSync(`/proc/${pid}`), false);
  });

  test('delivers what the command sent last, although it has ended', async () => {
    const bytes = 3_000_000;
    const sink = net.receiver.start(['openssl', 's_server', '-quiet', '-accept', '4433', ...certificateFlags()], { keepInput: true });
    await eventually('it listens', async () => (await net.receiver.shell('ss -ltn')).includes(':4433'));
    const { code } = await shell(`head -c ${bytes} /dev/zero | tr '\\0' x | nc -N ${net.wan.right.v4} 4433`);
    assert.equal(code, 0);
    await sink.until((output) => output.length >= bytes || undefined);
    assert.equal(sink.output.replaceAll(/[^x]/g, '').length, bytes);
    await sink.stop();
  });

  test('answers a failure with a reset and one line', async () => {
    const { code, stderr } = await exec([], ...CURL, `http://${net.wan.right.v4}:9/`);
    assert.ok(code === 56 || code === 7, `a reset, before or after curl saw the connection: ${code}`);
    judge(stderr, { code: 'upstream_refused', stage: 'dial', target: '10.77.2.2:9', why: /connection refused/, remedy: /--redial/ });
    const unverified = await runExec(net.gateway, ['--pin', 'sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='], [...CURL, https]);
    assert.notEqual(unverified.code, 0);
    const key = { code: 'handshake_verification', target: '10.77.2.2:443', why: /none of the 1 that are pinned/, remedy: /--pin/ };
    judge(unverified.stderr, key);
    const nobody = await runExec(net.gateway, [], ['sh', '-c', `(echo hello; sleep 2) | nc ${net.wan.right.v4} 443`]);
    judge(nobody.stderr, { code: 'server_name_missing', stage: 'name', why: /No server name is known/, remedy: /by name.*--pin/ });
    const stranger = await runExec(net.gateway, ['--explain'], [...CURL, https]);
    judge(stranger.stderr, { code: 'handshake_verification', why: /not trusted by the system's store/, remedy: /--ca FILE/ });
    assert.match(stranger.stderr, /^overcoat: 1 failed, as was said$/m);
  });

  /** One line of ours, and it says everything. */
  function judge(stderr: string, expected: Expected): void {
    const [found, ...more] = stderr.split('\n').flatMap((line) => readFailure(line) ?? []);
    assert.ok(found !== undefined && more.length === 0, stderr);
    judgeFailure(found, expected, undefined);
  }

  test('wraps only --ports, and leaves --plain destinations as they are', async () => {
    const plain = `http://${net.wan.right.v4}:8080/`;
    assert.equal((await exec(['--ports', '443,8443'], ...CURL, https, plain)).stdout, 'through TLSin clear');
    const mapped = ['--ports', '443', '--map-port', '8080:443'];
    assert.equal((await exec(mapped, ...CURL, https, plain)).stdout, 'through TLSthrough TLS', 'a mapped port is a wrapped one');
    assert.equal((await exec(['--plain', '10.77.2.0/24'], ...CURL, plain)).stdout, 'in clear');
    assert.equal((await exec(['--plain', 'fd77:2::/32'], ...CURL, https)).stdout, 'through TLS');
    assert.match((await exec(['--plain', '10.77.2.2', '--explain'], ...CURL, plain)).stderr, /:8080: connected as it is, \d+ bytes sent/);
  });

  test('refuses UDP at once, so that QUIC falls back', async () => {
    const client = `
      const socket = require('node:dgram').createSocket('udp4');
      socket.connect(443, '${net.wan.right.v4}', () => socket.send('x'));
      socket.on('error', (error) => { console.log(error.code); socket.close(); });`;
    const { stdout, stderr } = await exec([], join(openCheckout(), 'node_modules/.bin/node'), '-e', client);
    assert.equal(stdout, 'ECONNREFUSED\n');
    assert.match(stderr, /^overcoat: The command sent datagrams \(UDP as of QUIC, or ICMP\), which are refused inside; .* Said once\n$/);
    const twice = await exec(
      [],
      'bash',
      '--norc',
      '-c',
      `for i in 1 2; do (echo >/dev/udp/${net.wan.right.v6}/443) 2>/dev/null; sleep 1.2; done`,
    );
    assert.equal(twice.stderr.split('sent datagrams').length, 2, twice.stderr);
    const within = await exec([], 'bash', '--norc', '-c', '(echo >/dev/udp/127.0.0.1/4444; echo >/dev/udp/::1/4444) 2>/dev/null; true');
    assert.equal(within.stderr, '', 'a closed port inside is nothing of ours');
  });

  test('reaches loopback services of the machine only with --host-loopback', async () => {
    await startNginx(`http { access_log off; server { listen 127.0.0.1:8081; location / { return 200 "next door"; } } }`, {
      directory: tempFolder({ after: (undo) => undos.push(undo) }),
      place: net.gateway,
    });
    const url = 'http://127.0.0.1:8081/';
    assert.equal((await exec([], ...CURL, url)).code, 7);
    assert.equal((await exec(['--host-loopback', '--plain', '127.0.0.0/8'], ...CURL, url)).stdout, 'next door');
    const inside = `nc -l 127.0.0.1 8081 >/dev/null & until echo x | nc -N 127.0.0.1 8081; do sleep 0.05; done; echo reached`;
    assert.equal((await shell(inside)).stdout, 'reached\n', 'services inside stay reachable inside');
  });

  test('offers no way out of the namespace', async () => {
    const attempts = ['nft list ruleset', 'ip route del local 0.0.0.0/0 dev lo', 'unshare -r nft list ruleset', 'nsenter -t 1 -n true'];
    for (const attempt of attempts) assert.notEqual((await shell(`${attempt} >/dev/null 2>&1`)).code, 0, attempt);
  });

  test('fails closed when Overcoat is killed and the command does not end as it is asked to', async () => {
    const script = `trap '' TERM; echo ready; read line; ${CURL.join(' ')} ${https}; echo $?`;
    const running = startExec(net.gateway, [...pin], ['sh', '-c', script], { keepInput: true });
    await running.saw(/ready/);
    running.kill('SIGKILL');
    running.write('go\n');
    await running.saw(/^(?:7|56)$/m); // refused, or reset while the kernel still takes the killed process down
  });

  test('ends by a signal while somebody is asked for a passphrase', async (t) => {
    const pair = openpty();
    assert.ok(typeof pair === 'object');
    const terminal = new ReadStream(pair.master);
    const flags = ['--cert', certificate('server').certFile, '--key', encryptedKey('open sesame')];
    const stdio = [pair.slave, pair.slave, pair.slave];
    const child = spawn('setsid', ['-c', join(BIN, 'overcoat'), 'exec', ...flags, '--', 'true'], { stdio });
    closeSync(pair.slave);
    t.after(() => {
      child.kill('SIGKILL');
      terminal.destroy();
    });
    let screen = '';
    terminal.on('data', (bytes: Buffer) => {
      screen += bytes.toString();
    });
    terminal.on('error', () => undefined); // EIO: the last process has left the terminal
    await eventually('it asks', () => screen.includes('Enter PEM pass phrase'));
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  });

  test('writes its log to --log', async () => {
    const folder = tempFolder({ after: (undo) => undos.push(undo) });
    chmodSync(folder, 0o777);
    const file = `${folder}/log`;
    const { code } = await runExec(net.gateway, [...pin, '--log', file], [...CURL, https]);
    assert.equal(code, 0);
    assert.match(readFileSync(file, 'utf8'), /LOG5\[0\]: Service \[exec\] accepted connection from/);
  });

  test('names the switch where user namespaces are forbidden', async () => {
    const script = `echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set -all ${BIN}/overcoat exec -- true`;
    const { code, stderr } = await net.gateway.start(['unshare', '--user', '--map-root-user', 'sh', '-c', script]).finished;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^overcoat: This user cannot make a network namespace: forbidden by .*max_user_namespaces = 0.*docs\/exec\.md.*\n$/,
    );
  });

  function certificateFlags(): string[] {
    const { certFile, keyFile } = receiverCertificate(net);
    return ['-cert', certFile, '-key', keyFile];
  }
});

function namespacesInUse(): ReadonlySet<string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Set(pids.map((pid) => linkOf(`/proc/${pid}/ns/net`)));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
