/**
 * What stands in a file and beside it, read by Debian's stunnel4 and by us: included directories in all their disorder, text that is
 * no UTF-8, `engine = auto`. Both start, with the same services in the same order.
 */
// Tests: src/tls/engine/handshake-facts.ts
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

/** Starts stunnel with a file of these bytes. @returns its log, one character a byte, up to the line of success */
async function stunnelLog(t: TestContext, config: Buffer | string): Promise<string> {
  const file = join(tempFolder(t), 'stunnel.conf');
  writeFileSync(
    file,
    Buffer.concat([Buffer.from(optionLines({ foreground: true, syslog: false, debug: 7, pid: '' })), Buffer.from(config)]),
  );
  const stunnel = new Program(['stunnel4', file]);
  await stunnel.saw(/Configuration successful/);
  await stunnel.stop();
  return stunnel.output;
}

const initialized = (log: string): readonly string[] => [...log.matchAll(/Initializing service \[(.*)\]/g)].map(([, name = '']) => name);

suite('a file as stunnel reads it', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  test('an included directory, in the order of the bytes and without what leads nowhere', async (t) => {
    const folder = join(tempFolder(t), 'conf.d');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    for (const name of ['b', 'A', 'a', 'B', '10', '2', '.hidden', '#auto#', 'a~', 'a.bak', '_u', 'é', '-d', 'sub/never'])
      writeFileSync(join(folder, name), clientSection(name.replace('é', 'e-acute'), { connect: 1 }));
    symlinkSync('nobody@host.1:2', join(folder, '.#a'));
    symlinkSync('sub', join(folder, 'to-sub'));
    const expected = ['#auto#', '-d', '.hidden', '10', '2', 'A', 'B', '_u', 'a', 'a.bak', 'a~', 'b', 'e-acute'];
    const theirs = await stunnelLog(t, optionLines({ include: folder }));
    assert.deepEqual(initialized(theirs), expected);
    assert.match(theirs, /"\S+\/\.#a" is not a file/);

    const ours = await startDaemon(t, { config: optionLines({ include: folder }), env: { LC_ALL: 'en_US.UTF-8' } });
    assert.deepEqual(initialized(ours.lines.join('\n')), expected);
    await ours.line(/LOG4\[ui\]: "\S+\/\.#a" is not a file/);
    await ours.stop();
  });

  test('a section with a name in Latin-1 serves, and its name is shown escaped', async (t) => {
    const config = Buffer.from(`; caf\xe9\n${clientSection('caf\xe9', { connect: 1 })}`, 'latin1');
    assert.deepEqual(initialized(await stunnelLog(t, config)), ['caf\xe9']);
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'conf.d'));
    writeFileSync(join(folder, 'conf.d', 'a'), config);
    const ours = await startDaemon(t, { config: optionLines({ include: `${folder}/conf.d` }) });
    await ours.line('Initializing service [caf\\xe9]');
    assert.ok((await ours.port('caf\\xe9')) > 0);
    await ours.stop();
  });

  test('engine = auto starts, with a notice of ours', async (t) => {
    const config = optionLines({ engine: 'auto' }) + clientSection('s', { connect: 1 });
    assert.match(await stunnelLog(t, config), /Configuration successful/);
    const ours = await startDaemon(t, { config });
    await ours.line(/LOG4\[ui\]: Option "engine" is ignored: OpenSSL 3 has replaced engines/);
    await ours.stop();
  });
});
