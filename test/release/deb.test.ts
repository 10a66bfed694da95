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
import { removeControlGroups } from '../support/control-groups.ts';
import { eventually } from '../support/eventually.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const MINUTE = 60_000;
const TOOLS =
  'systemd systemd-sysv dbus init-system-helpers adduser iproute2 nftables libatomic1 libstdc++6 openssl socat logrotate stunnel4';

/** What runs: a process of one worker, and one with several behind a fence. Name -> the port that takes plain connections. */
const SERVICES = { mail: 6666, fenced: 6667 } as const;

function configuration(name: keyof typeof SERVICES, tls: number, more: string): string {
  return `cat > ${name}.conf <<END
foreground = quiet
pid = /run/overcoat-${name}/pid
${more}
[server]
accept = 127.0.0.1:${tls}
connect = 127.0.0.1:7777
cert = /run/credentials/overcoat@${name}.service/keys_mail.pem
[client]
client = yes
accept = 127.0.0.1:${SERVICES[name]}
connect = 127.0.0.1:${tls}
verifyChain = yes
checkHost = localhost
CAfile = /etc/overcoat/ca.pem
END
`;
}

const CONFIGURE = `set -e
cd /etc/overcoat
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout keys/mail.pem -out ca.pem -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost
cat ca.pem >> keys/mail.pem
chmod 600 keys/mail.pem
chmod 644 ca.pem
${configuration('mail', 443, '')}${configuration('fenced', 444, 'confine = yes\nworkers = 2')}
systemd-run --quiet --unit=echo socat TCP-LISTEN:7777,fork,reuseaddr,backlog=128 EXEC:cat
`;

/** A sender and a receiver with a gateway between them, which is this system. The receiver sends every line back, reversed, to who speaks TLS. */
const THREE_HOSTS = `set -e
for host in sender:10.1.1 receiver:10.1.2; do
  name=\${host%:*} net=\${host#*:}
  ip netns add $name
  ip link add $name type veth peer name eth0 netns $name
  ip address add $net.1/24 dev $name
  ip link set $name up
  ip netns exec $name sh -c "ip link set lo up; ip address add $net.2/24 dev eth0; ip link set eth0 up; ip route add default via $net.1"
done
cd /etc/overcoat
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout keys/receiver.pem -out receiver.pem -days 30 -subj /O=receiver -addext subjectAltName=IP:10.1.2.2
systemd-run --quiet --unit=receiver ip netns exec receiver openssl s_server -quiet -rev -accept 443 -cert /etc/overcoat/receiver.pem -key /etc/overcoat/keys/receiver.pem
echo 'OVERCOAT_GATEWAY=--from sender --ports 443 --pin /etc/overcoat/receiver.pem --name-missing address' > gateway.env
`;

/** What an administrator has in /etc/overcoat at the end, and keeps. */
const WRITTEN = 'ca.pem\nfenced.conf\ngateway.env\nkeys\nmail.conf\nreceiver.pem';

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
      await removeControlGroups(`overcoat-boot-${system.pid}`);
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
  const echoes = async (): Promise<void> => {
    for (const port of Object.values(SERVICES))
      assert.equal(await done(`echo hallo | timeout 20 socat -t 20 - TCP:127.0.0.1:${port}`), 'hallo');
  };
  const served = (name: keyof typeof SERVICES = 'mail'): Promise<string> =>
    done(`systemctl show --property=MainPID --value overcoat@${name}`);

  /** The workers of the service that says so are confined, by more than the filters their unit has put upon every process. */
  const areFenced = async (): Promise<void> => {
    const main = await served('fenced');
    assert.equal(await done(`journalctl --unit=overcoat@fenced --grep='does not fence' --quiet _PID=${main} || :`), '');
    const filters = await done(
      `for pid in ${main} $(cat /proc/${main}/task/${main}/children); do sed -n 's/^Seccomp_filters:\\s*//p' /proc/$pid/status; done`,
    );
    const [ofMain = 0, ...ofWorkers] = filters.split('\n').map(Number);
    assert.ok(ofWorkers.length >= 2 && ofWorkers.every((count) => count > ofMain), filters);
  };

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
    await done('systemctl enable --now overcoat@mail overcoat@fenced');
    await echoes();
    assert.equal(await done('stat -c %U /proc/$(systemctl show --property=MainPID --value overcoat@mail)'), 'overcoat');
    await areFenced();
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
    test(`${what} below running services: nobody is refused, and what is open goes on`, async () => {
      const both = Object.keys(SERVICES) as (keyof typeof SERVICES)[];
      const before = await Promise.all(both.map(served));
      const ports = Object.values(SERVICES).join(' ');
      const script = `cd /tmp; rm -f in.* out.* refused count; touch go
        for port in ${ports}; do
          mkfifo in.$port
          socat -t 30 - TCP:127.0.0.1:$port < in.$port > out.$port &
          ( exec 9> in.$port; echo first >&9; while [ -e go ]; do sleep 0.1; done; echo last >&9 ) &
          ( i=0; while [ -e go ]; do echo $i | timeout 20 socat -t 20 - TCP:127.0.0.1:$port > /dev/null || touch refused; i=$((i + 1)); done; echo $i >> count ) &
        done
        for port in ${ports}; do until [ -s out.$port ]; do sleep 0.1; done; done
        dpkg --install /mnt/${names[revision - 1]?.[0]}
        rm go; wait; cat out.* count`;
      const said = await done(script);
      assert.equal(said.match(/Overcoat \S+ serves as process \d+/g)?.length, 2, said);
      assert.match(said, /first\nlast\nfirst\nlast\n\d+\n\d+$/);
      for (const count of said.split('\n').slice(-2)) assert.ok(Number(count) > 0, said);
      assert.notEqual((await inside('test -e /tmp/refused')).code, 0);
      for (const [index, name] of both.entries()) {
        const former = before[index] ?? '';
        await eventually('systemd follows', async () => !['0', former].includes(await served(name)));
        assert.equal(await done(`readlink /proc/${await served(name)}/exe`), '/usr/bin/overcoat');
        await eventually('the process before is gone', async () => (await inside(`test -e /proc/${former}`)).code !== 0);
        assert.equal(await done(`cat /run/overcoat-${name}/pid`), await served(name));
        assert.equal(await done(`systemctl is-active overcoat@${name}`), 'active');
        await done(`systemctl reload overcoat@${name}`);
      }
      await echoes();
      await areFenced();
    });

  test('leave a service alone whose configuration the new version refuses', async () => {
    const before = await served();
    await done("echo 'bogus = 1' >> /etc/overcoat/mail.conf");
    const said = await done(`dpkg --install /mnt/${names[1]?.[0]} 2>&1`);
    assert.match(said, /bogus/);
    assert.match(said, /overcoat@mail\.service is still served by version .*; to change: systemctl restart overcoat@mail\.service/);
    assert.equal(await served(), before);
    await echoes(); // the other one has changed over
    await done("sed -i '$d' /etc/overcoat/mail.conf");
    await done(`dpkg --install /mnt/${names[0]?.[0]}`);
    await echoes();
  });

  test('have units that systemd finds no fault in, and are safe', async () => {
    await done(
      'systemd-analyze verify --man=no /usr/lib/systemd/system/overcoat@.service /usr/lib/systemd/system/overcoat-gateway.service',
    );
    const security = await done('systemd-analyze security --no-pager overcoat@mail | tail -n 1');
    assert.ok(Number(/overcoat@mail\.service: (\d+\.\d)/.exec(security)?.[1]) <= 2, security);
  });

  test('wrap what passes through by their unit, which needs no more than it is given', async () => {
    await done(THREE_HOSTS);
    await done('systemctl start overcoat-gateway');
    const wrapped = 'echo hallo | ip netns exec sender timeout 20 socat -t 20 - TCP:10.1.2.2:443';
    await eventually('the receiver answers', async () => (await inside(wrapped)).stdout === 'ollah\n');
    await done('systemctl stop overcoat-gateway');
    assert.equal(await done('nft list tables'), '');
    assert.equal((await inside('systemctl is-failed overcoat-gateway')).stdout, 'inactive\n');
    await done('systemctl stop receiver; ip netns delete sender; ip netns delete receiver');
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

  test('take the place of stunnel, and give it back, its service included', async () => {
    const version = 'stunnel -version 2>&1; stunnel4 -version 2>&1';
    const options = ['pid = /run/stunnel4/old.pid', '[old]', 'accept = 127.0.0.1:9443', 'connect = 127.0.0.1:7777'];
    await done(`printf '%s\\n' '${[...options, 'cert = /etc/overcoat/keys/mail.pem'].join("' '")}' > /etc/stunnel/old.conf`);
    const serves = async (): Promise<string> => {
      await done('systemctl restart stunnel4');
      assert.equal(await done('echo hallo | timeout 20 socat -t 20 - OPENSSL:127.0.0.1:9443,verify=0'), 'hallo');
      return done('readlink /proc/$(cat /run/stunnel4/old.pid)/exe');
    };
    assert.doesNotMatch(await done(version), /Overcoat/);
    assert.equal(await serves(), '/usr/bin/stunnel4');
    await install(1, 1);
    assert.equal((await done(version)).match(/-compatible Overcoat /g)?.length, 2);
    assert.equal(await serves(), '/usr/bin/overcoat');
    // A new `overcoat` alone keeps it.
    await done(`apt-get install --yes /mnt/${names[1]?.[0]}`);
    assert.match(await done(version), /Overcoat/);
    await done('dpkg --purge overcoat-stunnel');
    assert.doesNotMatch(await done(version), /Overcoat/);
    assert.equal(await serves(), '/usr/bin/stunnel4');
  });

  test('are removed with their services, and purged without what the administrator wrote', async () => {
    assert.equal((await inside('systemctl is-active overcoat@mail')).stdout, 'active\n');
    await done('dpkg --remove overcoat');
    const { stdout: state } = await inside('systemctl is-active overcoat@mail');
    assert.equal(state, 'inactive\n', state === 'inactive\n' ? '' : await done('journalctl --unit=overcoat@mail --lines=50 --no-pager'));
    assert.equal(await done('ls /etc/overcoat'), WRITTEN);
    await done('dpkg --purge overcoat');
    assert.equal(
      await done('find / -xdev -name "*overcoat*" -not -path "/proc/*" -not -path "/sys/*" -not -path "/mnt/*" -not -path "/run/*"'),
      '/etc/overcoat',
    );
    assert.equal(
      await done('ls /etc/overcoat /etc/overcoat/keys'),
      `/etc/overcoat:\n${WRITTEN}\n\n/etc/overcoat/keys:\nmail.pem\nreceiver.pem`,
    );
  });
});
