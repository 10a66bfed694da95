/**
 * The Debian packages in a new Debian system whose first process is systemd, booted in namespaces: installed, configured, used, upgraded
 * and downgraded over a running service, removed and purged. `SUITE=trixie` takes another release, as for tools/fresh-root.sh.
 */
// Tests: tools/boot-root.sh
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { writeDebs } from '../../tools/package/deb.ts';
import { licencesOfSingle } from '../../tools/package/licences.ts';
import { installedMachine } from '../../tools/package/machines.ts';
import { writeSingle } from '../../tools/package/single.ts';
import { eventually } from '../support/eventually.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const MINUTE = 60_000;
const TOOLS = 'systemd systemd-sysv dbus init-system-helpers adduser libatomic1 libstdc++6 openssl socat logrotate stunnel4';

const CONFIGURE = `set -e
cd /etc/overcoat
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout keys/mail.pem -out ca.pem -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost
cat ca.pem >> keys/mail.pem
chmod 600 keys/mail.pem
chmod 644 ca.pem
cat > mail.conf <<END
foreground = quiet
pid = /run/overcoat-mail/pid
[server]
accept = 127.0.0.1:443
connect = 127.0.0.1:7777
cert = /run/credentials/overcoat@mail.service/keys_mail.pem
[client]
client = yes
accept = 127.0.0.1:6666
connect = 127.0.0.1:443
verifyChain = yes
checkHost = localhost
CAfile = /etc/overcoat/ca.pem
END
systemd-run --quiet --unit=echo socat TCP-LISTEN:7777,fork,reuseaddr EXEC:cat
`;

/** The control groups of tools/boot-root.sh, the innermost first. */
const FIND_GROUPS = "find /sys/fs/cgroup -depth -path '*/overcoat-boot-*' -type d";

suite('the Debian packages in a new system', { skip: requires({ root: true, linux: true, packages: ['debootstrap', 'lintian'] }) }, () => {
  const end = suiteEnd();
  let debs: string;
  let first: number;
  let names: readonly (readonly string[])[];

  before(async () => {
    debs = tempFolder(end);
    const root = join(tempFolder(end), 'root');
    const executable = join(debs, 'single');
    const machine = installedMachine();
    const licences = licencesOfSingle(await writeSingle(machine, executable));
    names = [1, 2].map((revision) =>
      writeDebs(debs, { executable, architecture: machine.debian, revision, licences, time: 1_000_000_000 }),
    );
    const install = `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${TOOLS}`;
    await outputOf([join(ROOT, 'tools/fresh-root.sh'), root, 'sh', '-c', install], { timeoutMs: 15 * MINUTE });
    const system = new Program([join(ROOT, 'tools/boot-root.sh'), root, debs]);
    end.after(async () => {
      await system.stop('SIGKILL');
      await eventually('nothing is left of it', async () => (await runProgram(['sh', '-c', `${FIND_GROUPS} -exec rmdir {} +`])).code === 0);
    });
    first = await eventually('the first process', () => {
      const child = readFileSync(`/proc/${system.pid}/task/${system.pid}/children`, 'latin1').trim();
      return readFileSync(`/proc/${child}/comm`, 'latin1').startsWith('systemd') ? Number(child) : undefined;
    });
    await eventually('the system is up', async () => /running|degraded/.test((await inside('systemctl is-system-running')).stdout));
  });

  const inside = (script: string) =>
    runProgram(['nsenter', '--target', String(first), '--all', 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'sh', '-c', script]);
  const done = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await inside(script);
    assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const install = (revision: number, index: number): Promise<string> => done(`dpkg --install /mnt/${names[revision - 1]?.[index]}`);
  const echoes = async (): Promise<void> => assert.equal(await done('echo hallo | timeout 20 socat -t 20 - TCP:127.0.0.1:6666'), 'hallo');
  const served = (): Promise<string> => done('systemctl show --property=MainPID --value overcoat@mail');

  test('have no errors and warnings of ours', async () => {
    const files = names[0]?.map((name) => join(debs, name)) ?? [];
    const { stdout } = await runProgram(['lintian', '--allow-root', '--fail-on', 'none', ...files], { timeoutMs: 10 * MINUTE });
    assert.equal(stdout, '');
  });

  test('install, and are off until something is configured', async () => {
    await install(1, 0);
    assert.match(await done('overcoat --version'), /^overcoat /);
    assert.equal(await done("systemctl list-units --all --plain --no-legend 'overcoat*'"), '');
    assert.equal(
      await done('stat -c "%U:%G %a" /etc/overcoat /etc/overcoat/keys /var/log/overcoat'),
      'root:overcoat 750\nroot:root 700\novercoat:adm 750',
    );
    assert.notEqual((await inside('systemctl start overcoat@nothing')).code, 0);
    await done('systemd-tmpfiles --create overcoat.conf && logrotate --debug /etc/logrotate.d/overcoat');
  });

  test('serve with keys that root alone may read', async () => {
    await done(CONFIGURE);
    await done('systemctl enable --now overcoat@mail');
    await echoes();
    assert.equal(await done('stat -c %U /proc/$(systemctl show --property=MainPID --value overcoat@mail)'), 'overcoat');
  });

  test('reload with a verdict', async () => {
    await done('systemctl reload overcoat@mail');
    await done("echo 'bogus = 1' >> /etc/overcoat/mail.conf");
    assert.notEqual((await inside('systemctl reload overcoat@mail')).code, 0);
    await echoes();
    await done("sed -i '$d' /etc/overcoat/mail.conf");
  });

  test('serve behind the strictest fence, within that of the unit; what follows does so too', async () => {
    await done("sed -i '1i confine = strict' /etc/overcoat/mail.conf && systemctl restart overcoat@mail");
    await echoes();
    const said = await done('overcoat doctor --confinement --control /run/overcoat-mail/*.sock');
    assert.match(said, /^kernel: Landlock and seccomp/);
    const workers = said.split('\n').filter((line) => line.includes('worker'));
    assert.ok(workers.length > 0, said);
    for (const line of workers) assert.match(line, /seccomp in (\d+) of \1 threads, no new privileges in \1$/);
    await done('systemctl reload overcoat@mail');
    await echoes();
  });

  for (const [what, revision] of [
    ['are upgraded', 2],
    ['are downgraded', 1],
  ] as const)
    test(`${what} below a running service: nobody is refused, and what is open goes on`, async () => {
      const before = await served();
      const open = 'mkfifo /tmp/in; socat -t 30 - TCP:127.0.0.1:6666 < /tmp/in > /tmp/out & exec 9> /tmp/in; echo first >&9';
      const clients =
        'i=0; while [ -e /tmp/go ]; do echo $i | timeout 20 socat -t 20 - TCP:127.0.0.1:6666 >/dev/null || touch /tmp/refused; i=$((i + 1)); done; echo $i >/tmp/count';
      const install = `dpkg --install /mnt/${names[revision - 1]?.[0]}`;
      const said = await done(
        `rm -f /tmp/in /tmp/out /tmp/refused; touch /tmp/go; ${open}; (${clients}) & ${install}; rm /tmp/go; echo last >&9; exec 9>&-; wait; cat /tmp/out; cat /tmp/count`,
      );
      assert.match(said, /Overcoat \S+ serves as process \d+/);
      assert.match(said, /first\nlast\n/);
      assert.ok(Number(said.slice(said.lastIndexOf('\n') + 1)) > 0, said);
      assert.notEqual((await inside('test -e /tmp/refused')).code, 0);
      await eventually('systemd follows', async () => !['0', before].includes(await served()));
      assert.equal(await done(`readlink /proc/${await served()}/exe`), '/usr/bin/overcoat');
      await eventually('the process before is gone', async () => (await inside(`test -e /proc/${before}`)).code !== 0);
      assert.equal(await done('cat /run/overcoat-mail/pid'), await served());
      assert.equal(await done('systemctl is-active overcoat@mail'), 'active');
      await done('systemctl reload overcoat@mail');
      await echoes();
    });

  test('leave a service alone whose configuration the new version refuses', async () => {
    const before = await served();
    await done("echo 'bogus = 1' >> /etc/overcoat/mail.conf");
    const said = await done(`dpkg --install /mnt/${names[1]?.[0]} 2>&1`);
    assert.match(said, /bogus/);
    assert.match(said, /overcoat@mail\.service is still served by version .*; to change: systemctl restart overcoat@mail\.service/);
    assert.equal(await served(), before);
    await echoes();
    await done("sed -i '$d' /etc/overcoat/mail.conf");
    await done(`dpkg --install /mnt/${names[0]?.[0]}`);
    await echoes();
  });

  test('have units that systemd finds no fault in, and are safe', async () => {
    await done('systemd-analyze verify --man=no /lib/systemd/system/overcoat@.service /lib/systemd/system/overcoat-gateway.service');
    const security = await done('systemd-analyze security --no-pager overcoat@mail | tail -n 1');
    assert.ok(Number(/overcoat@mail\.service: (\d+\.\d)/.exec(security)?.[1]) <= 2, security);
  });

  test('refuse nobody during a restart where systemd holds the sockets', async () => {
    const unit = '/etc/systemd/system/overcoat@mail.socket';
    const sockets = 'ListenStream=127.0.0.1:443\\nListenStream=127.0.0.1:6666';
    await done(
      `sed 's/^ListenStream=.*/${sockets}/' /usr/share/doc/overcoat/examples/overcoat@.socket > ${unit} && systemctl daemon-reload`,
    );
    await done('systemctl stop overcoat@mail && systemctl start overcoat@mail.socket');
    await echoes();
    const before = await served();
    const connects = 'for i in $(seq 60); do socat -u /dev/null TCP:127.0.0.1:6666 || exit 1; done';
    await done(`systemctl restart --no-block overcoat@mail; ${connects}`);
    await eventually('it was renewed', async () => !['0', before].includes(await served()));
    await echoes();
    await done(`systemctl stop overcoat@mail.socket && rm ${unit} && systemctl daemon-reload && systemctl restart overcoat@mail`);
  });

  test('take the place of stunnel, and give it back', async () => {
    const version = 'stunnel -version 2>&1; stunnel4 -version 2>&1';
    assert.doesNotMatch(await done(version), /Overcoat/);
    await install(1, 1);
    assert.equal((await done(version)).match(/-compatible Overcoat /g)?.length, 2);
    await done('dpkg --purge overcoat-stunnel');
    assert.doesNotMatch(await done(version), /Overcoat/);
  });

  test('are removed with their services, and purged without what the administrator wrote', async () => {
    await done('dpkg --remove overcoat');
    assert.equal((await inside('systemctl is-active overcoat@mail')).stdout.trim(), 'inactive');
    assert.equal(await done('ls /etc/overcoat'), 'ca.pem\nkeys\nmail.conf');
    await done('dpkg --purge overcoat');
    assert.equal(
      await done('find / -xdev -name "*overcoat*" -not -path "/proc/*" -not -path "/sys/*" -not -path "/mnt/*" -not -path "/run/*"'),
      '/etc/overcoat',
    );
    assert.equal(
      await done('ls /etc/overcoat /etc/overcoat/keys'),
      '/etc/overcoat:\nca.pem\nkeys\nmail.conf\n\n/etc/overcoat/keys:\nmail.pem',
    );
  });
});
