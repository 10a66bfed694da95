import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCommand } from '../../src/cli/args/registry.ts';
import { wordFor } from '../../src/config/flag-names.ts';

test('a command is told of its flags, a file of its options', async () => {
  for (const name of ['client', 'server', 'gateway', 'exec'] as const) {
    const { flags } = await loadCommand(name);
    for (const option of ['CAfile', 'cert', 'key', 'pin']) {
      const word = wordFor(option, { name, origin: 'command' });
      assert.ok(
        flags.some((flag) => `--${flag.name}` === word),
        `${name} has ${word}`,
      );
      assert.equal(wordFor(option, { name, origin: 'file' }), option);
    }
  }
  const others = {
    server: ['acmeCA', 'acmeStore', 'clientsPerAddress', 'handshakesPerSecond', 'keyLog'],
    gateway: ['nameMap'],
    exec: ['nameMap'],
  };
  for (const [name, options] of Object.entries(others)) {
    const { flags } = await loadCommand(name as keyof typeof others);
    for (const option of options) {
      const word = wordFor(option, { name, origin: 'command' });
      assert.ok(
        flags.some((flag) => `--${flag.name}` === word),
        `${name} has ${word}`,
      );
    }
  }
  assert.equal(wordFor('accept', { name: 'gateway', origin: 'command' }), '--listen');
  assert.equal(wordFor('accept', { name: 'client', origin: 'command' }), 'ACCEPT');
  assert.equal(wordFor('TIMEOUTbusy', { name: 'client', origin: 'command' }), 'TIMEOUTbusy');
});
