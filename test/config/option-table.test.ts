/**
 * The list of stunnel's options stands here a second time on purpose: an option that falls out of the table would otherwise fall out of
 * the documentation, the checks and this test together.
 */
// Tests: src/config/option.ts, src/config/options/
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findOption, OPTION_LIST, similarOption } from '../../src/config/option-table.ts';
import { goodValue } from '../support/overcoat/option-values.ts';
import { resolveText } from '../support/overcoat/resolve-text.ts';

const STUNNEL_GLOBAL =
  'chroot compression debug EGD engine engineCtrl engineDefault fips foreground iconActive iconError iconIdle include log output pid ' +
  'provider providerParameter RNDbytes RNDfile RNDoverwrite service setEnv setgid setuid syslog taskbar';

const STUNNEL_SERVICE =
  'accept CAengine CAfile CApath CAstore cert checkEmail checkHost checkIP ciphers ciphersuites client config connect CRLfile CRLpath ' +
  'curves curve debug delay engineId engineNum exec execArgs failover ident include key libwrap local logId OCSP OCSPaia OCSPflag ' +
  'OCSPnonce OCSPrequire options protocol protocolAuthentication protocolDomain protocolHeader protocolHost protocolPassword ' +
  'protocolUsername PSKidentity PSKsecrets pty redirect renegotiation requireCert reset retry securityLevel service sessionCacheSize ' +
  'sessionCacheTimeout session sessionResume sessiond setgid setuid sni socket sslVersion sslVersionMax sslVersionMin stack ' +
  'ticketKeySecret ticketMacSecret TIMEOUTbusy TIMEOUTclose TIMEOUTconnect TIMEOUTidle TIMEOUTocsp transparent verify verifyChain verifyPeer';

const OURS =
  'confine acme acmeAgree acmeBindingFile acmeBindingId acmeCA acmeDirectory acmeEmail acmeHttp acmeKeyType acmeProfile acmeStore ' +
  'allowTargets alpn alreadyTls certProfile checkURI clientFirstPorts clientsPerAddress handshakesPerSecond crlCheck CRLurl dnsAmbiguous dnsListen hostsFile keyLog nameMap nameMissing nameSources pgsqlCancel pin pinStore ' +
  'portMap proxyAccept proxySend redial reloadCerts rtmpRewrite serverFirstPorts silentAfter strictClose TIMEOUTdrain control controlUser controlGroup logFormat records recordsEvery status statusCA statusCert statusKeepClients statusKey statusToken ticketKeyFile TIMEOUTsetup TIMEOUTsniff workers';

suite('the table', () => {
  test('has every option of stunnel, where stunnel has it', () => {
    for (const [names, scope] of [
      [STUNNEL_GLOBAL, 'global'],
      [STUNNEL_SERVICE, 'service'],
    ] as const) {
      for (const name of names.split(' ')) {
        const option = findOption(name);
        assert.ok(option !== undefined, `${name} is missing`);
        assert.ok(option.scope === scope || option.scope === 'both', `${name} is ${option.scope}, not ${scope}`);
        assert.equal(option.ours, undefined, `${name} is stunnel's`);
      }
    }
  });

  test('has our own, marked as ours, and nothing else', () => {
    const known = new Set(`${STUNNEL_GLOBAL} ${STUNNEL_SERVICE}`.split(' '));
    const others = OPTION_LIST.filter((option) => !known.has(option.name));
    assert.deepEqual(others.map((option) => option.name).sort(), OURS.split(' ').sort());
    for (const option of others) assert.equal(option.ours, true, option.name);
  });

  test('finds names in any case, aliases too, and no properties of objects', () => {
    assert.equal(findOption('SSLVERSIONMIN')?.name, 'sslVersionMin');
    assert.equal(findOption('Curve')?.name, 'curves');
    assert.equal(findOption('session')?.name, 'sessionCacheTimeout');
    for (const name of ['__proto__', 'constructor', 'toString', '', 'hasOwnProperty']) assert.equal(findOption(name), undefined, name);
  });

  test('says something useful about each', () => {
    for (const option of OPTION_LIST) {
      assert.match(option.doc, /^.{10,160}\.$/, option.name);
      assert.notEqual(option.default, '', option.name);
      const explains = option.status === 'works' || option.status === 'pending';
      assert.ok(explains || (option.note ?? '').length > 10, `${option.name} is ${option.status} and does not say why or how`);
    }
  });
});

suite('a line with each option', () => {
  /** Errors and warnings that a line with a good value causes by itself. */
  function problemsOf(name: string, value: string): { readonly refused: boolean; readonly said: boolean } {
    const global = findOption(name)?.scope === 'global';
    const section = '[s]\nclient = yes\naccept = 127.0.0.1:1\nconnect = example.org:443';
    const { errors, pending, warnings } = resolveText(global ? `${name} = ${value}\n${section}` : `${section}\n${name} = ${value}`);
    const about = (problem: { readonly line: number }) => problem.line === (global ? 1 : 5);
    return { refused: [...errors, ...pending].some(about), said: warnings.some(about) };
  }

  for (const option of OPTION_LIST.filter(({ name }) => name !== 'include')) {
    test(`${option.name} is honoured, or refused or ignored aloud`, () => {
      const { refused, said } = problemsOf(option.name, goodValue(option));
      if (option.status === 'refused' || option.status === 'pending') assert.ok(refused, 'refused by name with its line');
      else if (option.status === 'ignored') assert.ok(said && !refused, 'one notice');
      // What is honoured may still contradict the section around it; what may not happen is a bad value.
      else assert.equal(option.parse(goodValue(option)).ok, true);
    });
  }

  test('that is not available is accepted with the values that ask for nothing', () => {
    for (const option of OPTION_LIST) {
      for (const value of option.settled ?? []) {
        assert.ok(option.parse(value).ok, `${option.name} = ${value}`);
        assert.equal(problemsOf(option.name, value).refused, false, `${option.name} = ${value}`);
      }
    }
  });
});

test('a number that is larger than we can honour is cut, so that the file still starts', () => {
  const { errors, config } = resolveText(
    '[s]\nclient = yes\naccept = 1\nconnect = a:1\nTIMEOUTidle = 99999999\nsessionCacheTimeout = 99999999\nsessionCacheSize = 99999999',
  );
  assert.deepEqual(errors, []);
  assert.equal(config.services[0]?.limits.idleMs, 2 ** 31 - 1);
  assert.equal(config.services[0]?.sessions.lifetimeMs, 7 * 86_400_000);
  assert.equal(config.services[0]?.sessions.cacheSize, 10_000_000);
});

suite('similar names', () => {
  test('help with typing mistakes', () => {
    for (const [typed, meant] of [
      ['acept', 'accept'],
      ['CAfiel', 'CAfile'],
      ['verifychian', 'verifyChain'],
      ['TIMEOUTbussy', 'TIMEOUTbusy'],
      ['keyy', 'key'],
    ] as const) {
      assert.equal(similarOption(typed), meant);
    }
  });

  test('are not guessed where nothing is near', () => {
    for (const typed of ['foo', 'xforwardedfor', '', 'ab', 'x'.repeat(1000)]) assert.equal(similarOption(typed), undefined, typed);
  });
});
