import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';
import type { RtmpsArguments } from '../../../src/cli/args/command.ts';

async function rtmps(line: string): Promise<RtmpsArguments | undefined> {
  const command = await parseArguments(['rtmps', ...line.split(' ')]);
  assert.ok(command.kind === 'rtmps', JSON.stringify(command));
  return command.arguments;
}

async function mistake(line: string): Promise<string> {
  const command = await parseArguments(line.split(' '));
  assert.ok(command.kind === 'usage', JSON.stringify(command));
  return command.message;
}

suite('rtmps', () => {
  test('takes a service by its word, and listens on this machine', async () => {
    const arguments_ = await rtmps('YouTube');
    assert.deepEqual(arguments_?.accept, { kind: 'tcp', host: '127.0.0.1', port: 1935 });
    assert.equal(arguments_?.preset?.title, 'YouTube Live');
    assert.equal(arguments_?.ingest.app, 'live2');
  });

  test('takes a URL, and another port', async () => {
    const arguments_ = await rtmps('rtmps://live.example.org/app 1936 --ca ca.pem');
    assert.deepEqual(arguments_?.ingest.connect, { kind: 'tcp', host: 'live.example.org', port: 443 });
    assert.deepEqual([arguments_?.accept, arguments_?.ca], [{ kind: 'tcp', host: '127.0.0.1', port: 1936 }, 'ca.pem']);
  });

  test('lists', async () => {
    assert.equal(await rtmps('--list'), undefined);
  });

  test('says what is wrong, and what to do', async () => {
    assert.match(await mistake('rtmps yuotube'), /there is no service "yuotube"; did you mean youtube\?/);
    assert.match(await mistake('rtmps kick'), /gives everybody another address: copy it \(Creator Dashboard.*like overcoat rtmps rtmps:/);
    assert.match(await mistake('rtmps rtmp://a.example/app'), /no RTMPS URL/);
    assert.match(await mistake('rtmps youtube 0.0.0.0:1935'), /--unsafe-listen/);
    assert.match(await mistake('rtmps'), /SERVICE is missing/);
    assert.match(await mistake('rtmps a b c'), /no place for "c"/);
  });
});
