/**
 * From an empty Debian to the article's stream: Overcoat is installed by the README's own commands, and its ten lines are run as they stand,
 * on the gateway of three hosts. The receiver unwraps by the README's command; ffmpeg and nginx at the two ends are this machine's.
 * The image is loaded and run by Debian's docker, whose daemon each of the two hosts starts for itself.
 */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { removeControlGroups } from '../support/control-groups.ts';
import { authority, store } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { Host } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import { startRtmpReceiver } from '../support/peers/nginx.ts';
import { outputOf, Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const MINUTES = 60_000;
const NAME = 'www.example.org';
const SECONDS = 3;
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const FRESH_ROOT = join(ROOT, 'tools/fresh-root.sh');

/** A code span or block of the README. */
function said(pattern: RegExp): string {
  const found = pattern.exec(README)?.[1];
  assert.ok(found !== undefined, `README.md has no ${pattern}`);
  return found;
}

const CONTROL_GROUP = `overcoat-four-ways-${process.pid}`;
const LINES = said(/## The scenario, in ten lines[\s\S]*?```sh\n([\s\S]*?)```/);
const UNWRAP = said(/The receiver unwraps with `(overcoat server [^`]+)`/);
const LIBRARY = said(/a minimal Debian lacks: `(apt install [^`]+)`/);
const IPTABLES = said(/there, as root[^`]*`(apt install iptables)`/);
/** The client has a package of its own from Debian 13 on. */
const INSTALL_DOCKER = 'apt install --no-install-recommends docker.io; command -v docker || apt install --no-install-recommends docker-cli';
/** No service manager starts it here; the network of the host is all that the README asks of it. Its control groups have a name, to be found again. */
const DOCKER = `dockerd --data-root "$(mktemp --directory /var/lib/docker.XXXX)" --cgroup-parent ${CONTROL_GROUP} --bridge none --iptables=false >/tmp/dockerd 2>&1 &
until docker version >/dev/null 2>&1; do kill -0 $! || { cat /tmp/dockerd; exit 1; }; sleep 0.1; done
`;
const IMAGE = [said(/\| containers \| `([^`]+)`/), said(/From the image[^`]*```sh\n([\s\S]*?)```/)].join('\n');
/** `install` is done once, and `begin` by each of the two hosts, before what it runs. */
const WAYS = [
  { way: 'deb', install: [said(/\| Debian, Ubuntu \| `([^`]+)`/)], begin: '', files: /\.deb$/ },
  { way: 'single', install: [LIBRARY, said(/\| any Linux with glibc \| `([^`]+)`/)], begin: '', files: /-linux-x64$/ },
  { way: 'npm', install: [LIBRARY, said(/\| npm \| `([^`]+)`/)], begin: '', files: /\.tgz$/ },
  { way: 'image', install: [INSTALL_DOCKER], begin: `${DOCKER}${IMAGE}\n`, files: /\.oci\.tar$/ },
];

const skip = requires({
  netns: true,
  root: true,
  packages: ['debootstrap', 'umoci', 'ffmpeg', 'nginx', 'libnginx-mod-rtmp', 'tcpdump', 'tshark'],
  commands: ['npm'],
});

const end = suiteEnd();
const built = tempFolder(end);
if (skip === false)
  before(() => outputOf(['sh', join(ROOT, 'tools/package.sh'), '--image', built], { cwd: ROOT, timeoutMs: 10 * MINUTES }));

for (const release of ['bookworm', 'trixie'])
  suite(`on an empty ${release}`, { skip }, () => {
    let empty: string;
    let media: string;

    before(async () => {
      empty = join(tempFolder(end), 'system');
      media = join(tempFolder(end), 'media.flv');
      await outputOf(['sh', FRESH_ROOT, empty, 'apt-get', 'update'], { env: { ...process.env, SUITE: release }, timeoutMs: 10 * MINUTES });
      writeFileSync(join(empty, 'etc/apt/apt.conf.d/99-yes'), 'APT::Get::Assume-Yes "true";\n'); // as somebody at a terminal says
      await makeMedia(media, SECONDS);
    });

    for (const { way, install, begin, files } of WAYS)
      test(`${way}: the stream arrives`, async (t) => {
        const root = join(tempFolder(t), 'root');
        await outputOf(['cp', '--archive', '--reflink=auto', empty, root], { timeoutMs: 2 * MINUTES });
        const home = join(root, 'root');
        for (const file of (await outputOf(['ls', built])).split('\n').filter((name) => files.test(name)))
          copyFileSync(join(built, file), join(home, file));
        const inside = (script: string): string[] => ['sh', FRESH_ROOT, root, 'sh', '-euc', script];
        for (const each of [IPTABLES, ...install]) await outputOf(inside(each), { timeoutMs: 10 * MINUTES });

        const net = openThreeHosts();
        t.after(() => net.close());
        /** Not by `ip netns exec`, whose /sys has no control groups. */
        const at = (host: Host, script: string): Program => {
          const program = new Program(['nsenter', `--net=/run/netns/${host.namespace}`, ...inside(begin + script)]);
          t.after(() => program.stop('SIGKILL'));
          return program;
        };
        if (way === 'image') t.after(() => removeControlGroups(CONTROL_GROUP));
        const { certFile, keyFile } = store(NAME, authority().issue({ dnsNames: [NAME] }));
        writeFileSync(join(home, `${NAME}.pem`), readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'), { mode: 0o600 });
        appendFileSync(join(root, 'etc/hosts'), `${net.wan.right.v4} ${NAME}\n`);
        const server = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
        t.after(() => server.stop());
        const receiver = at(net.receiver, UNWRAP);
        await receiver.saw(/Configuration successful/);
        assert.equal(existsSync(join(root, 'etc/overcoat/receiver.crt')), false);
        const gateway = at(net.gateway, LINES);
        await gateway.saw(/Configuration successful/);

        const capture = await Capture.start(net.wan.left);
        t.after(() => capture.close());
        const { code } = await startPublishing(media, `rtmp://${net.wan.right.v4}:443/live/stream`, net.sender).finished;
        assert.equal(code, 0);
        const [sent, arrived] = await Promise.all([
          probe(media),
          eventually('it is recorded', async () => {
            const [file] = server.recordings();
            return file === undefined ? undefined : await probe(file);
          }),
        ]);
        assert.deepEqual([arrived.video?.codec, arrived.audio?.codec], [sent.video?.codec, sent.audio?.codec]);
        assert.ok((arrived.video?.packets ?? 0) > 0);
        await capture.stop();
        const streams = (await capture.tcpStreams()).filter(({ fromClient }) => fromClient.length > 0);
        assert.ok(streams.length > 0);
        for (const { fromClient } of streams) assert.ok(isOnlyTlsRecords(fromClient));
      });
  });
