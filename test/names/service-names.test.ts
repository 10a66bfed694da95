import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { ServiceConfig } from '../../src/config/config.ts';
import { COMMAND_SERVICE } from '../../src/config/defaults.ts';
import { OvercoatError } from '../../src/errors.ts';
import { prepareNames } from '../../src/names/service-names.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const withMap = (mapFile: string): ServiceConfig => ({
  ...COMMAND_SERVICE,
  mode: 'client',
  serverName: { kind: 'auto' },
  names: { ...COMMAND_SERVICE.names, mapFile },
});

suite('what a service knows of names', () => {
  test('its map, and every mistake in it with the line', (t) => {
    const { good, bad } = writeFiles(tempFolder(t), { good: '192.0.2.7 a.example\n', bad: '# fine\n192.0.2.7\n' });
    assert.deepEqual(prepareNames(withMap(good), 'nameMap =').map?.find('192.0.2.7', 1), { kind: 'dns', name: 'a.example' });
    assert.throws(
      () => prepareNames(withMap(bad), 'nameMap ='),
      new OvercoatError('config_syntax', `${bad}:2: write ADDRESS[/PREFIX][:PORT] NAME, two words`),
    );
    const missing = join(tempFolder(t), 'none');
    assert.throws(
      () => prepareNames(withMap(missing), '--name-map'),
      (error) =>
        error instanceof OvercoatError && error.code === 'config_unreadable' && error.message.startsWith(`--name-map ${missing}: `),
    );
  });

  test('no map where none is asked', (t) => {
    const unreadable = join(tempFolder(t), 'none');
    assert.equal(prepareNames({ ...withMap(unreadable), serverName: { kind: 'none' } }, 'nameMap =').map, undefined);
    const names = { ...COMMAND_SERVICE.names, mapFile: unreadable, sources: ['protocol'] as const };
    assert.equal(prepareNames({ ...withMap(unreadable), names }, 'nameMap =').map, undefined);
  });

  test('what RTMP clients are to say', () => {
    const target = (rtmpRewrite: ServiceConfig['rtmpRewrite'], host = 'live.example.org', port = 443) =>
      prepareNames({ ...COMMAND_SERVICE, rtmpRewrite, connect: [{ kind: 'tcp', host, port }] }, 'nameMap =').rtmpTarget;
    assert.equal(target({ kind: 'none' }), undefined);
    assert.deepEqual(target({ kind: 'url', url: 'rtmp://a.example/app' }), { scheme: 'rtmp', authority: 'a.example', app: 'app' });
    assert.deepEqual(target({ kind: 'auto' }), { scheme: undefined, authority: 'live.example.org', app: undefined });
    assert.equal(target({ kind: 'auto' }, 'live.example.org', 8443)?.authority, 'live.example.org:8443');
    assert.equal(target({ kind: 'auto' }, '2001:db8::7', 1935)?.authority, '[2001:db8::7]');
  });
});
