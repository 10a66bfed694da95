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

  test('must be one for help, too', async () => {
    for (const word of ['help', '--help', '-h']) {
      assert.equal(await mistake(`${word} frobnicate`), '"frobnicate" is not a command');
      assert.equal(await mistake(`${word} chekc`), '"chekc" is not a command; did you mean check?');
      assert.equal(await mistake(`${word} run check`), 'there is no place for "check"');
      for (const general of ['help', '--help', 'version'])
        assert.deepEqual(await parse(`${word} ${general}`), { kind: 'help', topic: undefined });
    }
  });

  test('is told which flag lacks its value', async () => {
    assert.equal(await mistake('client 1 a:1 --ca'), "'--ca' lacks its value: write --ca FILE");
    assert.equal(await mistake('gateway --from e --ports 1 --mode'), "'--mode' lacks its value: write --mode redirect|tproxy");
    assert.equal(
      await mistake('client 1 a:1 --redial -1'),
      '\'--redial\' takes a value, and "-1" looks like a flag; if it is meant: --redial=-1',
    );
    assert.match((await mistake('client 1 a:1 --redial=-1')) ?? '', /^--redial: "-1" is not a number of seconds/);
    assert.match((await mistake('client 1 a:1 --ca --cert x')) ?? '', /^'--ca' takes a value, and "--cert" looks like a flag/);
  });

  test('refuses an empty value, as a variable of a shell leaves it that is not set', async () => {
    const told = async (...words: readonly string[]): Promise<string | undefined> => {
      const command = await parseArguments(words);
      return command.kind === 'usage' ? command.message : undefined;
    };
    assert.equal(await told('client', '1', 'a:1', '--ca', ''), "'--ca' has an empty value: write one, or leave it away");
    assert.equal(await told('client', '1', 'a:1', '--pin='), "'--pin' has an empty value: write one, or leave it away");
    assert.equal(await told('connections', '--service', ''), "'--service' has an empty value: write one, or leave it away");
    assert.equal(await told('drain', ''), 'SERVICE is empty');
    assert.equal(await told('client', '1', ''), 'CONNECT is empty');
    assert.equal(await told('options', ''), 'OPTION is empty');
    assert.equal(await told('support', ''), 'FILE is empty');
    assert.equal(await told('check', ''), 'FILE is empty');
  });

  test('refuses flags of which one would be dropped without a word', async () => {
    for (const [line, said] of [
      ['status --port 1 --control /x', /^--control and --port exclude each other$/],
      ['doctor --confinement a.conf --control /x', /exclude each other/],
      ['status --control relative.sock', /^--control: "relative.sock" is not the whole path of a control socket; without --control /],
      ['status --control auto', /^--control: "auto" is not the whole path/],
      ['client 1 a:1 --name a --sni b', /^--sni is the same as --name: say one of them$/],
      ['pin --list --save f', /^--save does nothing with --list: leave it away$/],
      ['pin --list --remove a:1', /^--remove does nothing with --list/],
      ['pin --remove a:1 --json', /^--json does nothing with --remove/],
      ['pin a:1 --store f', /^--store goes with --list or --remove$/],
      ['pin a:1 --yes', /^--yes goes with --save or --refresh$/],
      ['rtmps --list youtube', /^there is no place for "youtube"$/],
      ['rtmps --list --ca f', /^--ca does nothing with --list/],
      ['gateway down --from e', /^--from does nothing for down/],
      ['gateway status --ports 1', /^--ports does nothing for status/],
      ['gateway --from e --ports 1 --as nft', /^--as is for show/],
      ['gateway --from e --ports 1 --listen 1,2', /^--listen: one port is wanted/],
    ] as const)
      assert.match((await mistake(line)) ?? '', said, line);
  });

  test('takes a number in decimal digits alone', async () => {
    assert.deepEqual(await parse('end 17'), { kind: 'end', connection: 17, control: undefined });
    for (const id of ['0x10', '1e3', '1.0', 'x'])
      assert.equal(await mistake(`end ${id}`), `ID: "${id}" is not a number; overcoat connections lists those that are open`);
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
