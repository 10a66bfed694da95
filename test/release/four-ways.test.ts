/**
 * From an empty Debian to the article's stream: Overcoat is installed by the README's own commands, and its ten lines are run as they stand,
 * on the gateway of three hosts. The receiver unwraps by the README's command; ffmpeg and nginx at the two ends are this machine's.
 * The image, which wants docker, is started by runc in image.test.ts.
 */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority, store } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import { startRtmpReceiver } from '../support/peers/nginx.ts';
import { outputOf } from '../support/program.ts';
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

const LINES = said(/## The scenario, in ten lines[\s\S]*?```sh\n([\s\S]*?)```/);
const UNWRAP = said(/The receiver unwraps with `(overcoat server [^`]+)`/);
const LIBRARY = said(/a minimal Debian lacks: `(apt install [^`]+)`/);
const IPTABLES = said(/there, as root[^`]*`(apt install iptables)`/);
const WAYS = [
  { way: 'deb', before: [], command: said(/\| Debian, Ubuntu \| `([^`]+)`/), files: /\.deb$/ },
  { way: 'single', before: [LIBRARY], command: said(/\| any Linux with glibc \| `([^`]+)`/), files: /-linux-x64$/ },
  { way: 'npm', before: [LIBRARY], command: said(/\| npm \| `([^`]+)`/), files: /\.tgz$/ },
];

const skip = requires({
  netns: true,
  root: true,
  packages: ['debootstrap', 'ffmpeg', 'nginx', 'libnginx-mod-rtmp', 'tcpdump', 'tshark'],
  commands: ['npm'],
});

for (const release of ['bookworm', 'trixie'])
  suite(`on an empty ${release}`, { skip }, () => {
    const end = suiteEnd();
    let built: string;
    let empty: string;
    let media: string;

    before(async () => {
      built = tempFolder(end);
      empty = join(tempFolder(end), 'system');
      media = join(tempFolder(end), 'media.flv');
      await outputOf(['sh', join(ROOT, 'tools/package.sh'), built], { cwd: ROOT, timeoutMs: 5 * MINUTES });
      await outputOf(['sh', FRESH_ROOT, empty, 'apt-get', 'update'], { env: { ...process.env, SUITE: release }, timeoutMs: 10 * MINUTES });
      writeFileSync(join(empty, 'etc/apt/apt.conf.d/99-yes'), 'APT::Get::Assume-Yes "true";\n'); // as somebody at a terminal says
      await makeMedia(media, SECONDS);
    });

    for (const { way, before: first, command, files } of WAYS)
      test(`${way}: \`${command}\`, and the stream arrives`, async (t) => {
        const root = join(tempFolder(t), 'root');
        await outputOf(['cp', '--archive', '--reflink=auto', empty, root], { timeoutMs: 2 * MINUTES });
        const home = join(root, 'root');
        for (const file of (await outputOf(['ls', built])).split('\n').filter((name) => files.test(name)))
          copyFileSync(join(built, file), join(home, file));
        const inside = (script: string): string[] => ['sh', FRESH_ROOT, root, 'sh', '-euc', script];
        for (const each of [IPTABLES, ...first, command]) await outputOf(inside(each), { timeoutMs: 10 * MINUTES });

        const net = openThreeHosts();
        t.after(() => net.close());
        const { certFile, keyFile } = store(NAME, authority().issue({ dnsNames: [NAME] }));
        writeFileSync(join(home, `${NAME}.pem`), readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'), { mode: 0o600 });
        appendFileSync(join(root, 'etc/hosts'), `${net.wan.right.v4} ${NAME}\n`);
        const server = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
        t.after(() => server.stop());
        const receiver = net.receiver.start(inside(`exec ${UNWRAP}`));
        await receiver.saw(/Configuration successful/);
        assert.equal(existsSync(join(root, 'etc/overcoat/receiver.crt')), false);
        const gateway = net.gateway.start(inside(LINES));
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
