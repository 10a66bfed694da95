import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { ExecArguments } from '../../../src/cli/args/command.ts';

async function exec(line: string): Promise<ExecArguments> {
  const command = await parseArguments(['exec', ...line.split(' ')]);
  assert.ok(command.kind === 'exec', JSON.stringify(command));
  return command.arguments;
}

async function mistake(line: string): Promise<string> {
  const command = await parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

suite('exec', () => {
  test('leaves everything behind -- to the command', async () => {
    const { command, ports, explain } = await exec('--ports 443 --explain -- curl --version -h --ports 1 -- x');
    assert.deepEqual(command, ['curl', '--version', '-h', '--ports', '1', '--', 'x']);
    assert.deepEqual(ports, [{ from: 443, to: 443 }]);
    assert.equal(explain, true);
  });

  test('takes exemptions', async () => {
    const { plain, hostLoopback, log, portMap } = await exec(
      '--plain 10.0.0.0/8 --plain ::1 --host-loopback --log /l --map-port 80:443 -- x',
    );
    assert.deepEqual(
      plain.map(({ address, bits }) => `${address}/${bits}`),
      ['10.0.0.0/8', '::1/128'],
    );
    assert.deepEqual([hostLoopback, log, portMap], [true, '/l', [{ from: 80, to: 443 }]]);
  });

  test('runs a shell in the place of a command', async () => {
    const { shell, command } = await exec('--ports 443 --shell');
    assert.deepEqual([shell, command], [true, []]);
    assert.equal((await exec('-- x')).shell, false);
    assert.match(await mistake('exec --shell -- x'), /^--shell runs your shell: leave it, or the command/);
  });

  test('is told what is wrong', async () => {
    assert.equal(await mistake('exec curl x'), 'write -- before the command: overcoat exec -- curl ...');
    assert.equal(await mistake('exec'), 'the command is missing: overcoat exec -- COMMAND ARG...');
    assert.equal(await mistake('exec --'), 'the command is missing: overcoat exec -- COMMAND ARG...');
    assert.match(await mistake('exec --plain x -- y'), /^--plain: /);
  });
});
