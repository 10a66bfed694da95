import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments } from '../../src/cli/args.ts';
import type { Command } from '../../src/cli/command.ts';

const parse = (line: string): Command => parseArguments(line === '' ? [] : line.split(' '));

/** The message of a usage error. */
function mistake(line: string): string | undefined {
  const command = parse(line);
  return command.kind === 'usage' ? command.message : undefined;
}

describe('every command', () => {
  it('has a help of its own, and a version', () => {
    for (const name of ['run', 'check', 'client', 'server', 'demo', 'options', 'pin', 'gateway', 'exec']) {
      assert.deepEqual(parse(`${name} --help`), { kind: 'help', topic: name });
      assert.deepEqual(parse(`${name} -h`), { kind: 'help', topic: name });
      assert.deepEqual(parse(`help ${name}`), { kind: 'help', topic: name });
      assert.deepEqual(parse(`${name} --version`), { kind: 'version' });
      assert.equal(mistake(`${name} --no-such-flag`), "Unknown option '--no-such-flag'", name);
    }
  });

  it('must be one', () => {
    assert.equal(mistake(''), 'the command is missing');
    assert.equal(mistake('frobnicate'), '"frobnicate" is not a command');
    assert.equal(mistake('__proto__'), '"__proto__" is not a command');
    assert.deepEqual(parse('--help'), { kind: 'help', topic: undefined });
    assert.deepEqual(parse('--version'), { kind: 'version' });
  });

  it('is told which flag lacks its value', () => {
    assert.match(mistake('client 1 a:1 --ca') ?? '', /^Option '--ca <value>' argument missing$/);
  });
});

describe('run and check', () => {
  it('take a file, or a descriptor', () => {
    for (const kind of ['run', 'check'] as const) {
      assert.deepEqual(parse(`${kind} a.conf`), { kind, source: { file: 'a.conf' }, strict: false });
      assert.deepEqual(parse(`${kind} --strict a.conf`), { kind, source: { file: 'a.conf' }, strict: true });
      assert.deepEqual(parse(`${kind} --fd 3`), { kind, source: { fd: 3 }, strict: false });
      assert.equal(mistake(kind), 'FILE is missing');
      assert.equal(mistake(`${kind} a b`), 'there is no place for "b"');
      assert.equal(mistake(`${kind} --fd x`), '--fd: "x" is not the number of a descriptor');
    }
  });
});

describe('options and demo', () => {
  it('take what they take', () => {
    assert.deepEqual(parse('options'), { kind: 'options', name: undefined });
    assert.deepEqual(parse('options sni'), { kind: 'options', name: 'sni' });
    assert.equal(mistake('options a b'), 'there is no place for "b"');
    assert.deepEqual(parse('demo'), { kind: 'demo', embedded: false });
    assert.deepEqual(parse('demo --embedded'), { kind: 'demo', embedded: true });
  });
});
