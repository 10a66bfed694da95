import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programEnvironment } from '../../src/programs/environment.ts';

const NOBODY = { client: undefined, subject: undefined, issuer: undefined };

test('tells the client and its certificate', () => {
  const facts = { client: { address: '192.0.2.1', port: 1234 }, subject: 'CN=a, O="b, c"', issuer: 'CN=d' };
  assert.deepEqual(programEnvironment(facts, { PATH: '/bin' }), {
    PATH: '/bin',
    REMOTE_HOST: '192.0.2.1',
    REMOTE_PORT: '1234',
    SSL_CLIENT_DN: 'CN=a, O="b, c"',
    SSL_CLIENT_I_DN: 'CN=d',
  });
});

test('has none of them where there is no such client, whatever was inherited', () => {
  const inherited = { REMOTE_HOST: 'x', REMOTE_PORT: 'x', SSL_CLIENT_DN: 'x', SSL_CLIENT_I_DN: 'x', HOME: '/' };
  assert.deepEqual(programEnvironment(NOBODY, inherited), { HOME: '/' });
});

test('keeps what is the launcher’s from the program and gives it the caller’s', () => {
  const inherited = {
    OVERCOAT_CALLER_NODE_OPTIONS: '--title=x',
    OVERCOAT_CALLER_NODE_EXTRA_CA_CERTS: '/ca.pem',
    NODE_COMPILE_CACHE: '/cache',
  };
  assert.deepEqual(programEnvironment(NOBODY, inherited), { NODE_OPTIONS: '--title=x', NODE_EXTRA_CA_CERTS: '/ca.pem' });
});

test('survives a name with a zero byte', () => {
  assert.equal(programEnvironment({ ...NOBODY, subject: 'CN=a\0b' }, {})['SSL_CLIENT_DN'], 'CN=ab');
});
