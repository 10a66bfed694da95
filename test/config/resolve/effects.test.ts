/** An option that would do nothing is said to do nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientService, resolveText, serverService } from '../../support/overcoat/resolve-text.ts';

/** Options that are said to have no effect. */
function idle(text: string): readonly string[] {
  const { errors, warnings } = resolveText(text);
  return [...errors, ...warnings].filter((problem) => problem.text.startsWith('it has no effect')).map((problem) => problem.option);
}

test('names what an option needs', () => {
  for (const [line, option] of [
    ['execArgs = a b', 'execArgs'],
    ['pty = yes', 'pty'],
    ['retry = yes', 'retry'],
    ['portMap = 1:2', 'portMap'],
    ['nameMap = x', 'nameMap'],
    ['nameMissing = refuse', 'nameMissing'],
    ['protocolHost = a:1', 'protocolHost'],
    ['allowTargets = ::1', 'allowTargets'],
    ['PSKidentity = x', 'PSKidentity'],
    ['CRLfile = x', 'CRLfile'],
    ['OCSPaia = yes', 'OCSPaia'],
    ['TIMEOUTocsp = 1', 'TIMEOUTocsp'],
    ['key = x', 'key'],
  ] as const) {
    assert.deepEqual(idle(clientService(line)), [option], line);
  }
  assert.deepEqual(idle(serverService('rtmpRewrite = auto')), ['rtmpRewrite']);
});

test('is quiet where the need is met, or where nothing is asked for', () => {
  for (const text of [
    clientService('pty = no', 'retry = no', 'OCSPaia = no'),
    clientService('sni = auto', 'nameMap = x', 'nameMissing = refuse'),
    '[s]\nclient = yes\naccept = 1\ntransparent = destination\nportMap = 1:2',
    '[s]\nclient = yes\nexec = x\nexecArgs = x y\npty = yes\nconnect = a:1\nretry = yes',
    clientService('verifyChain = yes', 'CAfile = x', 'CRLfile = y', 'OCSP = http://a/', 'OCSPnonce = yes'),
    clientService('verify = 2', 'CAfile = x', 'CRLpath = y'),
    clientService('protocol = smtp', 'protocolHost = me', 'protocolUsername = u'),
  ]) {
    assert.deepEqual(idle(text), [], text);
  }
});

test('is unsafe where the user believes in a protection', () => {
  const { errors } = resolveText(clientService('OCSPaia = yes', 'verify = 4', 'CAfile = y'), { strict: true });
  assert.ok(errors.some((problem) => problem.option === 'OCSPaia' && problem.unsafe));
});
