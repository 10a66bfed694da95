/**
 * Mail: real Postfix and Dovecot that insist on TLS behind our client mode with plain clients in their default settings (curl, swaks),
 * plain ones behind our server mode with clients that speak STARTTLS, and Debian's stunnel at the other end of either.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial } from '../support/net/tcp.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import type { Dovecot } from '../support/peers/dovecot.ts';
import { FRED, INSISTING, startDovecot } from '../support/peers/dovecot.ts';
import type { Postfix } from '../support/peers/postfix.ts';
import { startPostfix } from '../support/peers/postfix.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Finished } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const PACKAGES = ['postfix', 'dovecot-imapd', 'dovecot-pop3d', 'dovecot-lmtpd', 'dovecot-managesieved', 'curl', 'swaks', 'stunnel4'];
const USER = `${FRED.name}:${FRED.password}`;

suite('mail', { skip: requires({ root: true, linux: true, packages: PACKAGES }) }, () => {
  const t = suiteEnd();
  /** An address of this machine whose well-known ports belong to this test process alone. */
  const wellKnown = `127.${64 + (process.pid & 63)}.${(process.pid >> 6) & 255}.1`;
  let postfix: Postfix;
  let dovecot: Dovecot;
  let daemon: Daemon;
  const stunnelPorts = { smtp: 0, imap: 0, pop3: 0 };
  let message: string;

  before(async () => {
    const server = certificate('server');
    dovecot = await startDovecot({ directory: tempFolder(t), certFile: server.certFile, keyFile: server.keyFile, wellKnown });
    t.after(() => dovecot.stop());
    const { saslSocket, ports } = dovecot;
    postfix = await startPostfix({ directory: tempFolder(t), certFile: server.certFile, keyFile: server.keyFile, saslSocket, wellKnown });
    t.after(() => postfix.stop());

    const smtp = { connect: postfix.securePort, protocol: 'smtp', ...verified() };
    const insisting = (name: 'imap' | 'pop3' | 'lmtp' | 'sieve'): string =>
      clientSection(name, { connect: `${INSISTING}:${ports[name]}`, protocol: name, ...verified() });
    const known = (port: number): string =>
      clientSection(`auto-${port}`, { connect: `${wellKnown}:${port}`, protocol: 'auto', ...verified() });
    // stunnel in server mode, in front of the plain servers; stunnel in client mode in front of us is started below.
    const theirs = { smtp: await closedPort(), imap: await closedPort(), pop3: await closedPort() };
    const plain = { smtp: postfix.plainPort, imap: ports.imap, pop3: ports.pop3 };
    const names = ['smtp', 'imap', 'pop3'] as const;
    daemon = await startDaemon(t, {
      config: [
        clientSection('smtp', smtp),
        clientSection('smtp-auth', { ...smtp, protocolUsername: FRED.name, protocolPassword: FRED.password }),
        clientSection('smtp-auth-wrong', { ...smtp, protocolUsername: FRED.name, protocolPassword: 'wrong' }),
        ...(['imap', 'pop3', 'lmtp', 'sieve'] as const).map(insisting),
        ...[25, 587, 143, 110, 24, 4190].map(known),
        ...names.map((name) => clientSection(`to-stunnel-${name}`, { connect: theirs[name], protocol: name, ...verified() })),
        ...names.map((name) => serverSection(`server-${name}`, { connect: plain[name], protocol: name })),
        serverSection('server-smtp-v1', { connect: postfix.proxiedPort, protocol: 'smtp', proxySend: 'v1' }),
        serverSection('server-smtps-v2', { connect: postfix.proxiedPort, proxySend: 'v2' }),
      ].join(''),
    });
    for (const name of names) stunnelPorts[name] = await closedPort();
    const sections = await Promise.all(
      names.map(
        async (name) =>
          serverSection(`in-${name}`, { accept: theirs[name], connect: plain[name], protocol: name, cert: server.bothFile }) +
          clientSection(`out-${name}`, {
            accept: stunnelPorts[name],
            connect: await daemon.port(`server-${name}`),
            protocol: name,
            ...verified(),
          }),
      ),
    );
    const stunnel = await startStunnel(sections.join(''), { directory: tempFolder(t) });
    t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
    ({ message } = writeFiles(tempFolder(t), { message: 'Subject: hello\r\n\r\nA message over TLS.\r\n' }));
  });

  const curl = (url: string, ...options: string[]): Promise<Finished> => runProgram(['curl', '-sv', '--max-time', '30', url, ...options]);
  const mailOptions = (to: string): string[] => ['--mail-from', 'sender@example.net', '--mail-rcpt', to, '-T', message];
  /** The options of a client that insists on STARTTLS. */
  const tls = ['--ssl-reqd', '--cacert', authority().certFile];

  function assertWorked({ code, stdout, stderr }: Finished): void {
    assert.equal(code, 0, `${stdout}\n${stderr}\n${daemon.lines.slice(-30).join('\n')}`);
  }

  /** Sends with curl and waits for the message; returns it with its headers. */
  async function sent(url: string, ...options: string[]): Promise<string> {
    const to = `${Math.random().toString(36).slice(2)}@example.test`;
    const { stderr, ...rest } = await curl(url, ...mailOptions(to), ...options);
    assertWorked({ stderr, ...rest });
    return eventually('the message arrives', () => postfix.messages().find((text) => text.includes(`Delivered-To: ${to}`)));
  }

  test('client: curl sends mail to a Postfix that insists on TLS', async () => {
    assert.match(await sent(`smtp://127.0.0.1:${await daemon.port('smtp')}`), /using TLSv1\.3 with cipher/);
  });

  test('client: swaks in its default settings, and it is offered no STARTTLS', async () => {
    const result = await runProgram([
      'swaks',
      '--server',
      '127.0.0.1',
      '--port',
      String(await daemon.port('smtp')),
      '--to',
      'x@example.test',
      '--from',
      'y@example.net',
    ]);
    assertWorked(result);
    assert.ok(!result.stdout.includes('STARTTLS'), result.stdout);
  });

  test('client: we log in for a client that cannot', async () => {
    const port = await daemon.port('smtp-auth');
    assert.match(await sent(`smtp://127.0.0.1:${port}`), /using TLSv1\.3/);
    assert.match(postfix.log(), /sasl_method=PLAIN, sasl_username=fred/);
  });

  test('client: a refused password ends the connection, and is not in the log', async (t) => {
    const client = await dial(t, await daemon.port('smtp-auth-wrong'));
    client.resume();
    await daemon.line('The upstream answered AUTH PLAIN with "535');
    assert.ok(!daemon.lines.some((line) => line.includes('wrong') && !line.includes('smtp-auth-wrong')));
  });

  test('client: curl reads mail by IMAP and POP3 from a Dovecot that insists on TLS', async () => {
    const imap = await curl(`imap://127.0.0.1:${await daemon.port('imap')}/INBOX`, '-u', USER);
    assertWorked(imap);
    assert.ok(!imap.stderr.includes('STARTTLS') && !imap.stderr.includes('LOGINDISABLED'), imap.stderr);
    const pop3 = await curl(`pop3://127.0.0.1:${await daemon.port('pop3')}/`, '-u', USER);
    assertWorked(pop3);
    assert.ok(!pop3.stderr.includes('STLS'), pop3.stderr);
    assert.match(dovecot.program.output, /imap-login: Info: (Login|Logged in): user=<fred>.*TLS/);
    assert.match(dovecot.program.output, /pop3-login: Info: (Login|Logged in): user=<fred>.*TLS/);
  });

  test('client: swaks delivers by LMTP', async () => {
    const port = String(await daemon.port('lmtp'));
    const result = await runProgram(['swaks', '--protocol', 'LMTP', '--server', '127.0.0.1', '--port', port, '--to', FRED.name]);
    assertWorked(result);
    assert.ok(!result.stdout.includes('STARTTLS'), result.stdout);
    const listed = await curl(`imap://127.0.0.1:${await daemon.port('imap')}/INBOX;MAILINDEX=1`, '-u', USER);
    assertWorked(listed);
    assert.match(listed.stdout, /with LMTPS/);
  });

  test('client: ManageSieve with the greeting that came inside TLS', async (t) => {
    const client = await dial(t, await daemon.port('sieve'));
    let heard = '';
    client.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    await eventually('the greeting', () => heard.includes('OK "'));
    assert.match(heard, /"SASL" "PLAIN"/);
    assert.ok(!heard.includes('STARTTLS'), heard);
    client.write(
      `AUTHENTICATE "PLAIN" "${Buffer.from(`\0${FRED.name}\0${FRED.password}`).toString('base64')}"\r\nLISTSCRIPTS\r\nLOGOUT\r\n`,
    );
    await eventually('the answers', () => heard.includes('OK "Logout completed."'));
    assert.match(heard, /OK "Logged in\."/);
  });

  for (const [port, url] of [
    [25, 'smtp'],
    [587, 'smtp'],
    [143, 'imap'],
    [110, 'pop3'],
  ] as const) {
    test(`client: auto speaks ${url} on port ${port}`, async () => {
      const address = `${url}://127.0.0.1:${await daemon.port(`auto-${port}`)}`;
      if (url === 'smtp') assert.match(await sent(address), /using TLSv1\.3/);
      else assertWorked(await curl(`${address}/`, '-u', USER));
    });
  }

  test('client: auto speaks LMTP on port 24 and ManageSieve on port 4190', async (t) => {
    const lmtp = String(await daemon.port('auto-24'));
    assertWorked(await runProgram(['swaks', '--protocol', 'LMTP', '--server', '127.0.0.1', '--port', lmtp, '--to', FRED.name]));
    const client = await dial(t, await daemon.port('auto-4190'));
    let heard = '';
    client.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    await eventually('the greeting', () => heard.includes('OK "'));
    assert.match(heard, /"SASL" "PLAIN"/);
  });

  test('server: curl with STARTTLS sends through a plain Postfix', async () => {
    assert.doesNotMatch(await sent(`smtp://localhost:${await daemon.port('server-smtp')}`, ...tls), /using TLS/);
  });

  test('server: swaks with STARTTLS', async () => {
    const port = String(await daemon.port('server-smtp'));
    const result = await runProgram([
      'swaks',
      '--server',
      '127.0.0.1',
      '--port',
      port,
      '--to',
      'x@example.test',
      '--from',
      'y@example.net',
      '--tls',
    ]);
    assertWorked(result);
    assert.match(result.stdout, /250 STARTTLS/);
  });

  test('server: curl with STARTTLS reads mail by IMAP and POP3 from a plain Dovecot', async () => {
    for (const name of ['imap', 'pop3']) {
      assertWorked(await curl(`${name}://localhost:${await daemon.port(`server-${name}`)}/`, '-u', USER, ...tls));
    }
  });

  test('server: curl with TLS from the start, on the same ports', async () => {
    // A client counts as one that speaks first when it does so within 200 ms, which a busy machine may miss.
    const trust = ['--cacert', authority().certFile];
    const imaps = `imaps://localhost:${await daemon.port('server-imap')}/`;
    await eventually('curl is let in by IMAP', async () => (await curl(imaps, '-u', USER, ...trust)).code === 0);
    const smtps = `smtps://localhost:${await daemon.port('server-smtp')}`;
    await eventually('curl is let in by SMTP', async () => (await curl(smtps, ...mailOptions('direct@example.test'), ...trust)).code === 0);
    await eventually('the message arrives', () => postfix.messages().some((text) => text.includes('Delivered-To: direct@example.test')));
  });

  test('server: a client without TLS can do nothing', async () => {
    assert.notEqual((await curl(`smtp://127.0.0.1:${await daemon.port('server-smtp')}`, ...mailOptions('plain@example.test'))).code, 0);
    for (const name of ['imap', 'pop3']) {
      assert.notEqual((await curl(`${name}://127.0.0.1:${await daemon.port(`server-${name}`)}/`, '-u', USER)).code, 0);
    }
    assert.ok(!postfix.messages().some((text) => text.includes('plain@example.test')));
  });

  test('server: Postfix learns the client’s address by a PROXY header of version 1 (before STARTTLS) and 2', async () => {
    await sent(`smtp://localhost:${await daemon.port('server-smtp-v1')}`, ...tls, '--interface', '127.0.0.17');
    await sent(`smtps://localhost:${await daemon.port('server-smtps-v2')}`, '--cacert', authority().certFile, '--interface', '127.0.0.18');
    for (const address of ['127.0.0.17', '127.0.0.18']) assert.ok(postfix.log().includes(`[${address}]`), address);
  });

  test('our client mode, stunnel in server mode', async () => {
    assert.match(await sent(`smtp://127.0.0.1:${await daemon.port('to-stunnel-smtp')}`), /A message over TLS/);
    for (const name of ['imap', 'pop3']) {
      const { stderr, ...rest } = await curl(`${name}://127.0.0.1:${await daemon.port(`to-stunnel-${name}`)}/`, '-u', USER);
      assertWorked({ stderr, ...rest });
      assert.ok(!/^< .*(STARTTLS|STLS)/m.test(stderr), `the plain server’s own offer is taken out: ${stderr}`);
    }
  });

  test('stunnel in client mode, our server mode', async () => {
    assert.match(await sent(`smtp://127.0.0.1:${stunnelPorts.smtp}`), /A message over TLS/);
    for (const name of ['imap', 'pop3'] as const) assertWorked(await curl(`${name}://127.0.0.1:${stunnelPorts[name]}/`, '-u', USER));
  });

  test('overcoat pin looks inside every mail protocol, which it knows by its port', async () => {
    for (const [port, name] of [
      [25, 'smtp'],
      [143, 'imap'],
      [110, 'pop3'],
      [24, 'lmtp'],
      [4190, 'sieve'],
    ] as const) {
      const { code, stdout, stderr } = await runOvercoat(['pin', `${wellKnown}:${port}`]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.includes(` after ${name})`), stdout);
    }
  });

  test('nothing is left', () => daemon.stop());
});
