import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Program } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

/** Runs a program in a mount namespace of its own whose /dev holds nothing but null and a log socket, and prints what comes there. */
const RECEIVER = `
import os, socket, subprocess, sys, tempfile
def run(*words): subprocess.run(words, check=True)
folder = tempfile.mkdtemp()
run('mount', '-t', 'tmpfs', 'none', folder)
open(folder + '/null', 'w').close()
run('mount', '--bind', '/dev/null', folder + '/null')
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(folder + '/log')
run('mount', '--rbind', folder, '/dev')
child = subprocess.Popen(sys.argv[1:])
receiver.settimeout(30)
for _ in range(2): print(receiver.recv(4096))
child.wait()
run('umount', '-l', '/dev')
run('umount', '-l', folder)
os.rmdir(folder)
`;

const WRITER = `
import { openSyslog } from '${new URL('../../../src/linux/log/syslog.ts', import.meta.url).pathname}';
openSyslog('first', 'local7').write(5, 'plain');
const log = openSyslog('a service', 'daemon');
log.write(3, '100%s of %n');
log.close();
`;

suite('syslog', { skip: requires({ root: true, linux: true, commands: ['unshare', 'python3'] }) }, () => {
  test('carries facility, level, ident, pid, and the text as it is', async () => {
    const receiver = new Program(['unshare', '--mount', 'python3', '-c', RECEIVER, process.execPath, '--input-type=module', '-e', WRITER]);
    const { stdout, stderr, code } = await receiver.finished;
    assert.equal(code, 0, stderr);
    const [first, second] = stdout.split('\n');
    assert.match(first ?? '', /^b'<189>.* first\[\d+\]: plain'$/);
    assert.match(second ?? '', /^b'<27>.* a service\[\d+\]: 100%s of %n'$/);
  });
});
