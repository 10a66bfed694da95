/** What a process is called for those who look for it by name: as it was called by its user, with its arguments, as stunnel is. */
// Tests: src/linux/process/process-name.ts
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { closedPort } from '../support/net/tcp.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD } from '../support/overcoat/daemon.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import { outputOf, Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const linux = { linux: true } as const;
/** Whether a link of any name keeps stunnel's command line, that of its target. */
const ANY_NAME = requires({ launcher: true });

interface Start {
  readonly folder: string;
  readonly file: string;
  readonly port: number;
}

async function configure(t: TestContext, head: string): Promise<Start> {
  const [folder, port] = [tempFolder(t), await closedPort()];
  const text = (head + clientSection('svc', { accept: port, connect: 1 })).replaceAll('@/', `${folder}/`);
  return { folder, port, file: writeFiles(folder, { 'svc.conf': text })['svc.conf'] };
}

function commandName(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
}

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trimEnd();
}

suite('the name of the process', { skip: requires(linux) }, () => {
  for (const { link, launcher, words, shown } of [
    { link: 'stunnel', launcher: 'overcoat-stunnel', words: [], shown: 'stunnel' },
    { link: 'a-name-that-is-too-long', launcher: 'overcoat-stunnel', words: [], shown: 'a-name-that-is-' },
    { link: 'overcoat-stunnel', launcher: 'overcoat-stunnel', words: [], shown: 'overcoat-stunne' },
    { link: 'tls proxy', launcher: 'overcoat', words: ['run'], shown: 'tls proxy' },
    { link: 'overcoat', launcher: 'overcoat', words: ['run'], shown: 'overcoat' },
  ])
    for (const workers of [1, 2])
      test(`is "${shown}" for ${launcher} called as ${link}, ${workers} worker(s)`, {
        skip: link.startsWith('a-name') && ANY_NAME,
      }, async (t) => {
        const { folder, file } = await configure(t, DAEMON_HEAD + optionLines({ workers }));
        symlinkSync(join(BIN, launcher), join(folder, link));
        const program = new Program([join(folder, link), ...words, file]);
        t.after(() => program.stop());
        await program.saw(/Configuration successful/);
        assert.equal(commandName(program.pid), shown);
        assert.equal(commandLine(program.pid), [link, ...words, file].join(' '));
      });

  const tools = requires({ ...linux, commands: ['pidof', 'pgrep', 'ss'] });
  test('in the background it is found by pidof, pgrep and ss, and has the name stunnel', { skip: tools || ANY_NAME }, async (t) => {
    const { folder, file, port } = await configure(t, optionLines({ syslog: false, pid: '@/pid', output: '@/log' }));
    const link = `tun${process.pid}`;
    symlinkSync(join(BIN, 'overcoat-stunnel'), join(folder, link));
    await outputOf([join(folder, link), file]);
    const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
    t.after(() => process.kill(Number(pid), 'SIGKILL'));
    assert.equal((await outputOf(['pidof', link])).trim(), pid);
    assert.equal((await outputOf(['pgrep', '-x', link])).trim(), pid);
    assert.equal((await outputOf(['pgrep', '-f', `^${link} ${file}$`])).trim(), pid);
    assert.match(await outputOf(['ss', '-Hltnp', `sport = :${port}`]), new RegExp(`\\("${link}",pid=${pid},`));
  });

  test('a program that it starts has its own', async (t) => {
    const { folder, file } = await configure(t, DAEMON_HEAD);
    const told = join(folder, 'told');
    const script = `{ cat /proc/$$/comm; env | grep -cE '^OVERCOAT_(CALLER|IGNORED|STARTED)'; } > ${told}`;
    const config = `${readFileSync(file, 'utf8')}exec = /bin/sh\nexecArgs = sh ${join(folder, 'script')}\n`.replace(/^accept.*$/m, '');
    writeFiles(folder, { script, 'svc.conf': config });
    const program = new Program([join(BIN, 'overcoat'), 'run', file]);
    t.after(() => program.stop());
    await eventually('it has told', () => {
      assert.equal(readFileSync(told, 'utf8'), 'sh\n0\n');
      return true;
    });
  });

  test('as that of stunnel is', { skip: requires({ ...linux, commands: ['stunnel4'] }) }, async (t) => {
    const port = await closedPort();
    const directory = tempFolder(t);
    const stunnel = await startStunnel(clientSection('svc', { accept: port, connect: 1 }), { directory });
    t.after(() => stunnel.stop());
    assert.equal(commandName(stunnel.pid), 'stunnel4');
    assert.equal(commandLine(stunnel.pid), `stunnel4 ${join(directory, 'stunnel.conf')}`);
  });
});
