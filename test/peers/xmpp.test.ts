/** XMPP: a real Prosody that insists on TLS, behind our client mode with a client that knows nothing of it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial } from '../support/net/tcp.ts';
import { clientSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const STREAM =
  "<?xml version='1.0'?><stream:stream to='localhost' from='fred@localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

suite('XMPP', { skip: requires({ root: true, linux: true, packages: ['prosody'] }) }, () => {
  const t = suiteEnd();
  let port: number;
  let daemon: Daemon;

  before(async () => {
    port = await closedPort();
    const server = certificate('server');
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'certs'));
    const config = `run_as_root = true
daemonize = false
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
certificates = "${folder}/certs"
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
s2s_ports = { }
c2s_direct_tls_ports = { }
http_ports = { }
https_ports = { }
modules_enabled = { "roster", "saslauth", "tls", "posix", "ping" }
modules_disabled = { "s2s" }
c2s_require_encryption = true
authentication = "internal_plain"
storage = "internal"
log = { info = "*console" }
VirtualHost "localhost"
ssl = { key = "${server.keyFile}", certificate = "${server.certFile}" }
`;
    const account = 'return {\n\t["password"] = "secret";\n};\n';
    const files = writeFiles(folder, { 'prosody.cfg.lua': config, 'data/localhost/accounts/fred.dat': account });
    const prosody = new Program(['prosody', '--config', files['prosody.cfg.lua'], '-F']);
    t.after(() => prosody.stop().then(() => undefined));
    await prosody.saw(/Activated service 'c2s' on \[127\.0\.0\.1\]/);
    daemon = await startDaemon(t, { config: clientSection('xmpp', { connect: port, protocol: 'xmpp', ...verified() }) });
  });

  test('a client without TLS logs in, and sees no offer of TLS', async (t) => {
    const client = await dial(t, await daemon.port('xmpp'));
    let heard = '';
    client.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    client.write(STREAM);
    await eventually('the features', () => heard.includes('</stream:features>'));
    assert.match(heard, /<mechanism>PLAIN<\/mechanism>/, 'offered inside TLS only');
    assert.ok(!heard.includes('starttls'), heard);
    const credentials = Buffer.from('\0fred\0secret').toString('base64');
    client.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${credentials}</auth>`);
    await eventually('the login', () => heard.includes("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"));
    heard = '';
    client.write(STREAM);
    await eventually('the new stream', () => heard.includes('urn:ietf:params:xml:ns:xmpp-bind'));
    client.write("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    await eventually('the address', () => heard.includes('<jid>fred@localhost/'));
    client.end('</stream:stream>');
    await daemon.line('Connection closed');
  });

  test('Prosody does insist', async (t) => {
    const client = await dial(t, port);
    let heard = '';
    client.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    client.write(STREAM);
    await eventually('the features', () => heard.includes('</stream:features>'));
    assert.match(heard, /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required\/><\/starttls>/);
    assert.ok(!heard.includes('<mechanism>'));
  });

  test('overcoat pin looks inside the protocol', async () => {
    const { code, stdout, stderr } = await runOvercoat(['pin', `localhost:${port}`, '--protocol', 'xmpp']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /presents one certificate \(TLSv1\.\d after xmpp\)/);
  });

  test('nothing is left', () => daemon.stop());
});
