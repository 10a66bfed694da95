import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Line, ParsedConfig, SourceText } from '../../../src/config/read/parse.ts';
import { parseConfig } from '../../../src/config/read/parse.ts';
import { decodeText } from '../../../src/text/raw-text.ts';

const nothingToInclude = () => ({ error: 'No such file or directory (2)' });

function parse(text: string): ParsedConfig {
  return parseConfig({ file: 'f', text }, nothingToInclude);
}

/** `name=value` of statements, `!reason` of broken lines, `?text` of notices. */
function shown(lines: readonly Line[]): string[] {
  return lines.map((line) => {
    if (line.kind === 'statement') return `${line.name}=${line.value}`;
    return line.kind === 'broken' ? `!${line.reason}` : `?${line.text}`;
  });
}

/** Files of a directory d. */
function files(...texts: readonly string[]): readonly SourceText[] {
  return texts.map((text, index) => ({ file: `d/${index}`, text }));
}

suite('lines', () => {
  test('are statements, sections, comments or blank', () => {
    const parsed = parse('; a\n# b\n\n  \t\na = 1\n[s]\n  b=2  \n  ; c = 3\n[t]\nb = 4');
    assert.deepEqual(shown(parsed.defaults), ['a=1']);
    assert.deepEqual(
      parsed.sections.map((section) => [section.name, section.at.line, shown(section.lines)]),
      [
        ['s', 6, ['b=2']],
        ['t', 9, ['b=4']],
      ],
    );
  });

  test('keep what stands behind the first equals sign, semicolons and quotes included', () => {
    assert.deepEqual(shown(parse('a = b = c ; d\ne="f"\ng=').defaults), ['a=b = c ; d', 'e="f"', 'g=']);
  });

  test('are told where they stand, as written', () => {
    const [line] = parse('\n\n  a =  b  ').defaults;
    assert.deepEqual(line?.at, { file: 'f', line: 3, text: '  a =  b  ' });
  });

  test('may end as on Windows, and begin with a byte order mark', () => {
    const parsed = parse('\ufeffa = 1\r\n[s]\r\nb = 2\r\n');
    assert.deepEqual(shown(parsed.defaults), ['a=1']);
    assert.deepEqual(shown(parsed.sections[0]?.lines ?? []), ['b=2']);
  });

  test('of a key are one mistake, which shows nothing of it', () => {
    const key = '-----BEGIN PRIVATE KEY-----\r\nMIGHAgEAMBMGByqG\r\nc2VjcmV0a2V5bGluZQ==\r\n-----END PRIVATE KEY-----\r\n';
    const parsed = parse(`${key}a = 1\n[s]\n  ${key}b = 2\n-----BEGIN CERTIFICATE-----\nb25l=\n`);
    const lines = [...parsed.defaults, ...(parsed.sections[0]?.lines ?? [])];
    assert.deepEqual(shown(lines), ["!No '=' found", 'a=1', "!No '=' found", 'b=2', "!No '=' found"]);
    assert.doesNotMatch(JSON.stringify(lines), /MIGH|c2Vj|b25l/);
    const [first] = lines;
    assert.ok(first?.kind === 'broken');
    assert.equal(first.text, 'a key or certificate (PEM) is no option; keep it in a file of its own, and name that with key or cert');
  });

  test('drop only the blanks of C, not those of Unicode', () => {
    assert.deepEqual(shown(parse('a = \u00a0b\u00a0').defaults), ['a=\u00a0b\u00a0']);
  });
});

suite('sections', () => {
  test('are lines between brackets, with any name, any number of times', () => {
    assert.deepEqual(
      parse('[s]\n[ s x ]\n[]\n  [s]  \n[[x]]').sections.map((section) => section.name),
      ['s', ' s x ', '', 's', '[x]'],
    );
  });

  test('begin with a bracket, even where the other is missing: what follows belongs to no other section', () => {
    const parsed = parse('[s]\na = 1\n[t\nb = 2\nx]');
    assert.deepEqual(
      parsed.sections.map(({ lines }) => shown(lines)),
      [['a=1'], ["!No '=' found", 'b=2', "!No '=' found"]],
    );
  });
});

suite('mistakes', () => {
  test('stay in their place', () => {
    const parsed = parse('a = 1\nfoo bar\nb = 2\n[s]\n= x\nnonsense');
    assert.deepEqual(shown(parsed.defaults), ['a=1', "!No '=' found", 'b=2']);
    assert.deepEqual(shown(parsed.sections[0]?.lines ?? []), ['=x', "!No '=' found"]);
  });

  test('are lines longer than stunnel reads', () => {
    const longest = `a = ${'x'.repeat(16_380)}`;
    assert.equal(shown(parse(longest).defaults)[0], `a=${'x'.repeat(16_380)}`);
    const [line] = parse(`${longest}y\nb = 1`).defaults;
    assert.equal(line?.kind === 'broken' && line.reason, 'Line is too long');
    assert.ok((line?.at.text.length ?? 0) <= 80, 'the line is not carried along');
    assert.deepEqual(shown(parse(`a = ${'ü'.repeat(9000)}`).defaults), ['!Line is too long'], 'bytes count');
  });

  test('are NUL bytes, except in comments', () => {
    assert.deepEqual(shown(parse('a = 1\0\n; \0 in a comment\nc = 3').defaults), ['!NUL byte found', 'c=3']);
  });

  test('are not bytes that are no UTF-8', () => {
    const parsed = parse(decodeText(Buffer.from('a = \xe9\n[caf\xe9]\n', 'latin1')));
    assert.deepEqual([shown(parsed.defaults), parsed.sections[0]?.name], [['a=\udce9'], 'caf\udce9']);
  });
});

suite('include', () => {
  test('reads the files of a directory as if they stood there, sections and all', () => {
    const parsed = parseConfig({ file: 'f', text: 'a = 1\n[s]\nb = 2\nInclude = d\nf = 6' }, (directory) => {
      assert.equal(directory, 'd');
      return { dangling: [], files: files('c = 3', '[t]\nd = 4', 'e = 5') };
    });
    assert.deepEqual(
      parsed.sections.map((section) => [section.name, shown(section.lines)]),
      [
        ['s', ['b=2', 'c=3']],
        ['t', ['d=4', 'e=5', 'f=6']],
      ],
    );
    assert.deepEqual(parsed.sections[1]?.lines[0]?.at, { file: 'd/1', line: 2, text: 'd = 4' });
  });

  test('nests', () => {
    const parsed = parseConfig({ file: 'f', text: 'include = x' }, (directory) => ({
      dangling: [],
      files: files(directory === 'x' ? 'a = 1\ninclude = y\nc = 3' : 'b = 2'),
    }));
    assert.deepEqual(shown(parsed.defaults), ['a=1', 'b=2', 'c=3']);
  });

  test('of a directory that cannot be read is a mistake of its line', () => {
    const [line] = parse('include = /nowhere').defaults;
    assert.ok(line?.kind === 'broken');
    assert.equal(line.reason, 'Failed to include directory');
    assert.equal(line.text, 'the directory /nowhere cannot be read: No such file or directory (2)');
  });

  test('says what leads to no file, and reads the others', () => {
    const parsed = parseConfig({ file: 'f', text: 'include = d' }, () => ({ dangling: ['d/.#a'], files: files('a = 1') }));
    assert.deepEqual(shown(parsed.defaults), ['?d/.#a leads to no file and is left out; an editor may have left it', 'a=1']);
  });

  test('that includes itself ends, and is said once', () => {
    const parsed = parseConfig({ file: 'f', text: 'include = d' }, () => ({ dangling: [], files: files('a = 1\ninclude = d') }));
    const last = parsed.defaults.at(-1);
    assert.ok(last?.kind === 'broken');
    assert.match(last.text, /nested too deep/);
    assert.ok(parsed.defaults.length < 100);
  });
});

suite('hostile input', () => {
  test('of a megabyte without an end is one mistake', () => {
    assert.deepEqual(shown(parse('x'.repeat(1_000_000)).defaults), ['!Line is too long']);
  });

  test('of many blank lines, brackets or equals signs takes no time to speak of', () => {
    for (const text of ['\n'.repeat(900_000), '[]\n'.repeat(100_000), '=\n'.repeat(100_000), `${' '.repeat(16_000)}\n`.repeat(100)]) {
      assert.ok(parse(text).sections.length <= 100_000);
    }
  });

  test('is never longer than a bound, however often files are included', () => {
    const parsed = parseConfig({ file: 'f', text: 'include = d' }, () => ({
      dangling: [],
      files: files('\n'.repeat(600_000), '\n'.repeat(600_000)),
    }));
    assert.deepEqual(shown(parsed.defaults), ['!Configuration is too long']);
  });
});
