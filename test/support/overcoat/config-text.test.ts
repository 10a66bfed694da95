/** The text that tests configure the daemon with. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { certificate } from '../data/certificates.ts';
import { clientSection, optionLines, section, serverSection } from './config-text.ts';

suite('configuration text', () => {
  test('has its options in order, a list once for each value, and nothing of what is undefined', () => {
    const text = optionLines({ foreground: true, syslog: false, debug: 7, workers: undefined, setEnv: ['A=1', 'B='] });
    assert.equal(text, 'foreground = yes\nsyslog = no\ndebug = 7\nsetEnv = A=1\nsetEnv = B=\n');
  });

  test('a number is a port of 127.0.0.1 where an address belongs; a string is what it is', () => {
    assert.equal(
      section('s', { accept: [0, '443'], connect: 80, redirect: 81, TIMEOUTbusy: 1 }),
      '[s]\naccept = 127.0.0.1:0\naccept = 443\nconnect = 127.0.0.1:80\nredirect = 127.0.0.1:81\nTIMEOUTbusy = 1\n',
    );
  });

  test('a service listens on a free port unless told otherwise, and a server has a certificate', () => {
    const { certFile, keyFile } = certificate('server');
    assert.equal(clientSection('c', { connect: 1 }), '[c]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n');
    assert.equal(serverSection('s', { accept: 2 }), `[s]\naccept = 127.0.0.1:2\ncert = ${certFile}\nkey = ${keyFile}\n`);
    assert.equal(serverSection('s', { cert: 'own.pem' }), '[s]\naccept = 127.0.0.1:0\ncert = own.pem\n');
    assert.equal(serverSection('s', { cert: undefined }), '[s]\naccept = 127.0.0.1:0\n');
  });

  test('lines of the test’s own stand at the end, word for word', () => {
    assert.equal(section('a', {}, 'x = 1\ny') + section('b', {}, 'z\n'), '[a]\nx = 1\ny\n[b]\nz\n');
  });
});
