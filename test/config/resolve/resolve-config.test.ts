/** Inheritance, order of problems, inetd mode: what concerns a whole file. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientService, resolveText, serverService, serviceOf } from '../../support/overcoat/resolve-text.ts';

suite('what stands before the first section', () => {
  test('is a default for every section, lists included', () => {
    const { config, errors } = resolveText(
      'client = yes\nTIMEOUTidle = 5\ncheckHost = a\nCAfile = x\nverifyChain = yes\nconnect = one:1\n[s]\naccept = 1\ncheckHost = b\n[t]\naccept = 2\nTIMEOUTidle = 6\nconnect = two:2',
    );
    assert.deepEqual(errors, []);
    const [s, t] = config.services;
    assert.deepEqual([s?.limits.idleMs, t?.limits.idleMs], [5000, 6000]);
    assert.deepEqual([s?.verify.checkHost, t?.verify.checkHost], [['a', 'b'], ['a']]);
    assert.deepEqual(
      t?.connect.map((address) => address.kind === 'tcp' && address.host),
      ['one', 'two'],
    );
    assert.equal(s?.connect.length, 1, 'what a section adds stays in it');
  });

  test('names the process with service, not the sections', () => {
    const { config } = resolveText(`service = proxy\n${clientService()}\n[t]\nservice = other\nclient = yes\naccept = 2\nconnect = a:1`);
    assert.equal(config.global.serviceName, 'proxy');
    assert.deepEqual(
      config.services.map((service) => service.name),
      ['s', 'other'],
    );
  });

  test('sets the level of the process and of its sections, the facility of the process only', () => {
    const { config, errors } = resolveText(
      `debug = local3.7\n${clientService()}\n[t]\ndebug = err\nclient = yes\naccept = 2\nconnect = a:1`,
    );
    assert.deepEqual(errors, []);
    assert.equal(config.global.syslogFacility, 'local3');
    assert.equal(config.global.logLevel, 7);
    assert.deepEqual(
      config.services.map((service) => service.logLevel),
      [7, 3],
    );
    const { errors: wrong } = resolveText(clientService('debug = local3.7'));
    assert.deepEqual(
      wrong.map((problem) => problem.stunnelText),
      ['t.conf:5: "debug = local3.7": Illegal debug level'],
    );
  });

  test('chooses the user of the process, and a section the owner of its sockets', () => {
    const { config } = resolveText(`setuid = 7\n${clientService()}\n[t]\nsetuid = 8\nsetgid = 9\nclient = yes\naccept = /x\nconnect = a:1`);
    assert.equal(config.global.setuid, 7);
    assert.equal(config.global.setgid, undefined);
    assert.deepEqual(
      config.services.map((service) => service.socketOwner),
      [
        { uid: 7, gid: undefined },
        { uid: 8, gid: 9 },
      ],
    );
  });
});

suite('repeated lines', () => {
  test('of a value: the last counts, an empty one clears', () => {
    assert.equal(serviceOf(serverService('key = a', 'key = b')).tls.key, 'b');
    assert.equal(serviceOf(serverService('CAfile = a', 'CAfile =')).trust.caFile, undefined);
    assert.equal(resolveText(`pid = /a\npid =\n${clientService()}`).config.global.pid, undefined);
  });

  test('of a list: they add up', () => {
    const service = serviceOf('[s]\nclient = yes\naccept = 1\naccept = 2\nconnect = a:1\nconnect = b:2');
    assert.equal(service.accept.length, 2);
    assert.equal(service.connect.length, 2);
  });
});

suite('problems', () => {
  test('are all found, in the order of the file, the checks of a section behind its lines', () => {
    const { errors } = resolveText(
      'foo = 1\nclient = maybe\n[s]\nbar = 1\naccept = 1\n[t]\nclient = yes\nverify = 9\nconnect = x\nnonsense',
    );
    assert.deepEqual(
      errors.map((problem) => [problem.line, problem.option]),
      [
        [1, 'foo'],
        [2, 'client'],
        [4, 'bar'],
        [8, 'verify'],
        [10, ''],
      ],
    );
  });

  test('of a default are reported once, not for every section', () => {
    const { errors } = resolveText(`verify = 2\n${clientService()}\n[t]\nclient = yes\naccept = 2\nconnect = a:1`);
    assert.deepEqual(
      errors.map((problem) => [problem.line, problem.option]),
      [[1, 'verify']],
    );
  });

  test('of options of the process inside a section say where to put them', () => {
    const [problem] = resolveText(clientService('foreground = yes')).errors;
    assert.equal(problem?.text, 'this option belongs to the whole process; move it above the first [section]');
    assert.equal(problem?.stunnelText, 't.conf:5: "foreground = yes": Specified option name is not valid here');
  });

  test('never repeat a secret', () => {
    const { errors } = resolveText(
      clientService('protocolPassword', 'ticketKeySecret = 123', 'protocolPasword = hunter2', 'protocolPassword = hunter3'),
    );
    const said = JSON.stringify(errors);
    for (const secret of ['123"', 'hunter2', 'hunter3']) assert.ok(!said.includes(secret), secret);
    assert.ok(errors.length >= 3);
  });

  test('show no control characters of the file', () => {
    const { errors } = resolveText(clientService('fo\u001b[31mo = 1', 'client = \u202eyes'));
    for (const { stunnelText, option } of errors) assert.match(`${stunnelText}${option}`, /^[\x20-\x7e…]*$/);
    assert.equal(errors.length, 2);
  });
});

suite('--strict', () => {
  test('turns warnings about unsafe choices into errors, and no others', () => {
    const text = `EGD = x\n${clientService()}`;
    const relaxed = resolveText(text);
    assert.deepEqual(relaxed.errors, []);
    assert.deepEqual(
      relaxed.warnings.map((problem) => [problem.option, problem.unsafe]),
      [
        ['EGD', false],
        ['verify', true],
      ],
    );
    const strict = resolveText(text, { strict: true });
    assert.deepEqual(
      strict.errors.map((problem) => problem.option),
      ['verify'],
    );
    assert.equal(strict.warnings.length, 1);
  });

  test('refuses unmatched names and special targets at run time', () => {
    const service = serviceOf(serverService(), { strict: true });
    assert.equal(service.unmatchedName, 'refuse');
    assert.equal(service.targets.refuse, 'special');
    const relaxed = serviceOf(serverService());
    assert.equal(relaxed.unmatchedName, 'primary');
    assert.equal(relaxed.targets.refuse, 'loopback');
  });
});

suite('a file without a section', () => {
  test('is one service for inetd with one end', () => {
    const { config, errors } = resolveText('client = yes\nconnect = example.org:443\nservice = imaps');
    assert.deepEqual(errors, []);
    assert.equal(config.inetd, true);
    assert.deepEqual(
      config.services.map((service) => [service.name, service.accept.length, service.connect.length]),
      [['imaps', 0, 1]],
    );
  });

  test('listens nowhere', () => {
    for (const [text, reason] of [
      ['client = yes\naccept = 1\nconnect = a:1', "Inetd mode: 'accept' option is only allowed in a [section]"],
      ['client = yes', 'Inetd mode: Inetd mode must define one endpoint'],
      ['', 'Inetd mode: TLS server needs a certificate'],
    ] as const) {
      assert.equal(resolveText(text).errors[0]?.stunnelText, reason, text);
    }
  });
});

suite('hostile names', () => {
  test('pollute nothing', () => {
    const { errors } = resolveText(
      '__proto__ = x\nconstructor = y\n[__proto__]\n__proto__ = 1\ntoString = 2\nclient = yes\naccept = 1\nconnect = a:1',
    );
    assert.equal(errors.length, 4);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
    assert.equal(Object.keys(Object.prototype).length, 0);
  });

  test('of sections are kept as they are', () => {
    const { config } = resolveText('client = yes\nconnect = a:1\n[__proto__]\naccept = 1\n[\u001b]\naccept = 2');
    assert.deepEqual(
      config.services.map((service) => service.name),
      ['__proto__', '\u001b'],
    );
  });
});
