import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { Command } from '../../../src/cli/args/command.ts';

const parse = (line: string): Promise<Command> => parseArguments(line === '' ? [] : line.split(' '));

/** The message of a usage error. */
async function mistake(line: string): Promise<string | undefined> {
  const command = await parse(line);
  return command.kind === 'usage' ? command.message : undefined;
}

suite('every command', () => {
  test('has a help of its own, and a version', async () => {
    for (const name of ['run', 'check', 'client', 'server', 'demo', 'options', 'pin', 'gateway', 'exec']) {
      assert.deepEqual(await parse(`${name} --help`), { kind: 'help', topic: name });
      assert.deepEqual(await parse(`${name} -h`), { kind: 'help', topic: name });
      assert.deepEqual(await parse(`help ${name}`), { kind: 'help', topic: name });
      assert.deepEqual(await parse(`${name} --version`), { kind: 'version' });
      assert.equal(await mistake(`${name} --no-such-flag`), "Unknown option '--no-such-flag'", name);
    }
  });

  test('must be one', async () => {
    assert.equal(await mistake(''), 'the command is missing');
    assert.equal(await mistake('frobnicate'), '"frobnicate" is not a command');
    assert.equal(await mistake('__proto__'), '"__proto__" is not a command');
    assert.deepEqual(await parse('--help'), { kind: 'help', topic: undefined });
    assert.deepEqual(await parse('--version'), { kind: 'version' });
  });

  test('is told which flag lacks its value', async () => {
    assert.match((await mistake('client 1 a:1 --ca')) ?? '', /^Option '--ca <value>' argument missing$/);
  });

  test('refuses a flag that is there twice and takes one value', async () => {
    assert.equal(
      await mistake('exec --map-port 80:443 --map-port 81:444 -- x --ca a --ca b'),
      "'--map-port' is there twice, and takes one value; a list has commas",
    );
    assert.match((await mistake('client 1 a:1 --ca=a --ca b')) ?? '', /^'--ca' is there twice/);
    assert.equal((await parse('exec --explain --explain --plain ::1 --plain ::2 -- x')).kind, 'exec');
  });
});

suite('a mistyped word', () => {
  test('is answered with the one that was probably meant', async () => {
    assert.equal(await mistake('/etc/passwd'), '"/etc/passwd" is not a command; to run that file: overcoat run /etc/passwd');
    assert.equal(await mistake('chekc a.conf'), '"chekc" is not a command; did you mean check?');
    assert.equal(await mistake('gateway --form eth0 --ports 1'), "Unknown option '--form'; did you mean --from?");
    assert.equal(await mistake('exec --explian -- x --explian'), "Unknown option '--explian'; did you mean --explain?");
    assert.equal(await mistake('run --hepl'), "Unknown option '--hepl'; did you mean --help?");
    assert.equal(await mistake('client 1 a:1 --protocl=x'), "Unknown option '--protocl'; did you mean --protocol?");
    assert.equal(await mistake('client 1 a:1 -x'), "Unknown option '-x'");
  });
});

suite('run and check', () => {
  test('take a file, a descriptor, or an environment variable', async () => {
    for (const kind of ['run', 'check'] as const) {
      const rest = kind === 'check' ? { json: false } : { watch: { status: undefined, control: undefined } };
      assert.deepEqual(await parse(`${kind} a.conf`), { kind, source: { file: 'a.conf' }, strict: false, ...rest });
      assert.deepEqual(await parse(`${kind} --strict a.conf`), { kind, source: { file: 'a.conf' }, strict: true, ...rest });
      assert.deepEqual(await parse(`${kind} --fd 3`), { kind, source: { fd: 3 }, strict: false, ...rest });
      assert.deepEqual(await parse(`${kind} -`), { kind, source: { fd: 0 }, strict: false, ...rest });
      assert.deepEqual(await parse(`${kind} --env CONF`), { kind, source: { variable: 'CONF' }, strict: false, ...rest });
      assert.equal(await mistake(`${kind} --env CONF --fd 3`), '--fd and --env exclude each other');
      assert.equal(await mistake(`${kind} --env CONF a`), 'there is no place for "a"');
      assert.equal(await mistake(kind), 'FILE is missing');
      assert.equal(await mistake(`${kind} a b`), 'there is no place for "b"');
      assert.equal(await mistake(`${kind} --fd x`), '--fd: "x" is not the number of a descriptor');
    }
  });
});

suite('options and demo', () => {
  test('take what they take', async () => {
    assert.deepEqual(await parse('options'), { kind: 'options', name: undefined, json: false });
    assert.deepEqual(await parse('options sni'), { kind: 'options', name: 'sni', json: false });
    assert.equal(await mistake('options a b'), 'there is no place for "b"');
    assert.deepEqual(await parse('demo'), { kind: 'demo', embedded: false, keep: false });
    assert.deepEqual(await parse('demo --embedded'), { kind: 'demo', embedded: true, keep: false });
    assert.deepEqual(await parse('demo --keep'), { kind: 'demo', embedded: false, keep: true });
  });
});
