import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseAccessRules } from '../../../src/connection/access/rules.ts';

const words = (...list: readonly string[]) => ({ words: list, except: undefined });

suite('hosts.allow and hosts.deny', () => {
  test('have daemons, clients and options; commas are as good as blanks', () => {
    assert.deepEqual(parseAccessRules('a, b c : .test,10.\t192.0.2.1 : severity info : deny\n'), [
      { line: 1, daemons: words('a', 'b', 'c'), clients: words('.test', '10.', '192.0.2.1'), options: ['severity info', 'deny'] },
    ]);
  });

  test('have comments, blank lines and joined lines, and count lines as editors do', () => {
    const rules = parseAccessRules('# ALL: ALL\n\n  \na: b, \\\n c\nd: e');
    assert.deepEqual(
      rules.map((rule) => [rule.line, 'clients' in rule && rule.clients.words]),
      [
        [4, ['b', 'c']],
        [6, ['e']],
      ],
    );
  });

  test('keep colons in brackets and behind a backslash', () => {
    assert.deepEqual(parseAccessRules('a: [2001:db8::]/32 [::1] : spawn (echo \\: >x)'), [
      { line: 1, daemons: words('a'), clients: words('[2001:db8::]/32', '[::1]'), options: ['spawn (echo : >x)'] },
    ]);
  });

  test('nest EXCEPT to the right, in any case', () => {
    const [rule] = parseAccessRules('ALL except a: b EXCEPT c d Except e');
    assert.deepEqual(rule, {
      line: 1,
      daemons: { words: ['ALL'], except: words('a') },
      clients: { words: ['b'], except: { words: ['c', 'd'], except: words('e') } },
      options: [],
    });
  });

  test('without a colon make no rule, and that is not passed over', () => {
    assert.deepEqual(parseAccessRules('ALL ALL'), [{ line: 1, problem: 'there is no ":" between daemons and clients' }]);
  });
});
