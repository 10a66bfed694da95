/**
 * TLS of Java and of Go at the other end, as test/peers/interop.test.ts has GnuTLS and NSS: as clients and as servers, TLS 1.2 and 1.3, every
 * kind of key, client certificates, ALPN, SNI, resumption, stapled OCSP responses. Each row verifies, and carries text both ways.
 */
// Tests: src/tls/engine/tls-client.ts, src/tls/engine/tls-server.ts
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { readCertificate } from '../../src/tls/certificate/certificate-facts.ts';
import { encodeOcspRequest } from '../../src/tls/revocation/ocsp-request.ts';
import { authority, certificate, store } from '../support/data/certificates.ts';
import { closedPort, dial, listen, readExactly } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Make } from '../support/peers/java-and-go.ts';
import { makeOfGo, makeOfJava, startServerOf } from '../support/peers/java-and-go.ts';
import { responseOf, startResponder } from '../support/peers/ocsp.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];
type Name = 'Go' | 'Java';

const CHAIN: Options = { verifyChain: true, CAfile: authority().certFile };
const client = certificate('client');
const LOCAL = { dnsNames: ['localhost', 'other.test'], ipAddresses: ['127.0.0.1'] };
const KEYS = {
  ecdsa: store('makes-ecdsa', authority().issue({ ...LOCAL, subject: 'CN=ecdsa' })),
  rsa: store('makes-rsa', authority().issue({ ...LOCAL, subject: 'CN=rsa', key: 'rsa' })),
  ed25519: store('makes-ed25519', authority().issue({ ...LOCAL, subject: 'CN=ed25519', key: 'ed25519' })),
} as const;
const ANSWER = 'to the client\n';

/** A client that comes to a service of ours. */
interface Coming {
  readonly service: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly shows?: typeof client;
  /** In its output. */
  readonly says: RegExp;
  /** In our log. */
  readonly line?: RegExp;
  readonly only?: Name;
}

/** A server that a service of ours dials. */
interface Going {
  readonly shown: typeof client;
  readonly asked?: Readonly<Record<string, string>>;
  readonly options?: Options;
  readonly says: RegExp;
  readonly line?: RegExp;
  readonly only?: Name;
}

const COMING: Readonly<Record<string, Coming>> = {
  ...Object.fromEntries(Object.keys(KEYS).map((key) => [key, { service: key, says: new RegExp(`^to the client: .*peer=${key}`, 'm') }])),
  'a client certificate': {
    service: 'asking',
    shows: client,
    says: /^to the client: /m,
    line: /Certificate accepted at depth=0: CN=client/,
  },
  ALPN: { service: 'protocols', options: { alpn: 'mqtt' }, says: /alpn=mqtt/ },
  SNI: { service: 'ecdsa', options: { name: 'other.test' }, says: /^to the client: /m, line: /SNI: switched to service \[other\]/ },
  resumption: { service: 'rsa', options: { times: '1' }, says: /(to the client: .*\n[^!]*){2}/, line: /previous session reused/ },
  'a staple': { service: 'stapling', says: /staple=true/, only: 'Go' },
};

const packages = ['openssl', 'default-jdk-headless', 'golang-go'];

suite('TLS of Java and Go', { skip: requires({ packages }) }, () => {
  const t = suiteEnd();
  const makes = new Map<Name, Make>();
  let daemon: Daemon;
  let staple = '';

  const going = (): Readonly<Record<string, Going>> => ({
    ...Object.fromEntries(Object.entries(KEYS).map(([key, shown]) => [key, { shown, says: /^to the server: .*peer=( |$)/m }])),
    'a client certificate': {
      shown: KEYS.ecdsa,
      asked: { ask: 'yes' },
      options: identity(client),
      says: /^to the server: .*peer=client/m,
    },
    ALPN: { shown: KEYS.ecdsa, asked: { alpn: 'mqtt' }, options: { alpn: 'mqtt' }, says: /alpn=mqtt/ },
    SNI: { shown: KEYS.rsa, options: { sni: 'localhost' }, says: /name=localhost/, only: 'Go' },
    'a staple': {
      shown: KEYS.ecdsa,
      asked: { staple },
      options: { OCSP: 'http://127.0.0.1:1/', TIMEOUTocsp: 2 },
      says: /^to the server: /m,
      line: /OCSP: Accepted \(good\)/,
      only: 'Go',
    },
  });
  const serviceTo = (make: Name, row: string, version: Version): string => `to ${make} ${row} ${version}`;
  const programs = new Map<string, Awaited<ReturnType<typeof startServerOf>>['program']>();

  before(async () => {
    const backend = await listen(t, answerOnce);
    makes.set('Go', await makeOfGo(t));
    makes.set('Java', await makeOfJava(t));
    const [leaf, issuer] = [readCertificate(KEYS.ecdsa.x509.raw), readCertificate(authority().x509.raw)];
    assert.ok(leaf !== undefined && issuer !== undefined);
    staple = join(tempFolder(t), 'staple.der');
    const asked = encodeOcspRequest({ certificate: leaf, issuer, nonce: undefined });
    writeFileSync(staple, await responseOf(t, asked, { authority: authority(), good: [KEYS.ecdsa], extra: ['-ndays', '7'] }));
    const inward: Options = { connect: backend.port };
    const named = await certificateWithResponder();
    const sections = [
      ...Object.entries(KEYS).map(([name, shown]) => serverSection(name, { ...inward, ...identity(shown) })),
      section('other', { ...inward, ...identity(KEYS.ecdsa), sni: 'ecdsa:other.test' }),
      serverSection('asking', { ...inward, ...identity(KEYS.ecdsa), ...CHAIN }),
      serverSection('protocols', { ...inward, ...identity(KEYS.ecdsa), alpn: 'h2,mqtt' }),
      serverSection('stapling', { ...inward, ...identity(named), CAfile: authority().certFile, verify: 0 }),
    ];
    for (const [name, make] of makes)
      for (const version of VERSIONS)
        for (const [row, { shown, asked: words = {}, options = {}, only }] of Object.entries(going())) {
          if (only !== undefined && only !== name) continue;
          const { program, port } = await startServerOf(t, make, { version, ...words }, shown);
          const service = serviceTo(name, row, version);
          programs.set(service, program);
          sections.push(clientSection(service, { connect: port, ...verified(), ...options }));
        }
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  /** A certificate that says where its responder is. */
  async function certificateWithResponder(): Promise<typeof client> {
    const port = await closedPort();
    const named = store('makes-stapling', authority().issue({ ...LOCAL, subject: 'CN=stapling', ocspUrl: `http://127.0.0.1:${port}/` }));
    await startResponder(t, { authority: authority(), good: [named], extra: ['-ndays', '7'] }, port);
    return named;
  }

  for (const name of ['Go', 'Java'] as const) {
    for (const version of VERSIONS) {
      for (const [row, { service, options = {}, shows, says, line, only }] of Object.entries(COMING)) {
        if (only !== undefined && only !== name) continue;
        test(`${name} comes, ${row}, ${version}`, async () => {
          const from = daemon.lines.length;
          const make = makes.get(name) ?? assert.fail();
          const words = { connect: String(await daemon.port(service)), version, name: 'localhost', ...options };
          const once = async (): Promise<string> => {
            const program = await make.start(words, shows);
            await program.saw(/^(to the client|failed|Exception)/m);
            await program.finished;
            return program.output;
          };
          let output = await once();
          // a server asks its responder when the first client has come
          for (let tries = 0; row === 'a staple' && !says.test(output) && tries < 20; tries += 1) output = await once();
          assert.match(output, says);
          await daemon.line(`${version} ciphersuite:`, { from });
          if (line !== undefined) await daemon.line(line, { from });
        });
      }

      for (const [row, { says, line, only }] of Object.entries(going())) {
        if (only !== undefined && only !== name) continue;
        test(`to ${name}, ${row}, ${version}`, async (t) => {
          const from = daemon.lines.length;
          const service = serviceTo(name, row, version);
          const socket = await dial(t, await daemon.port(service));
          socket.write('to the server\n');
          assert.equal((await readExactly(socket, ANSWER.length)).toString(), ANSWER);
          await (programs.get(service) ?? assert.fail()).saw(says);
          await daemon.line(`${version} ciphersuite:`, { from });
          if (line !== undefined) await daemon.line(line, { from });
          socket.destroy();
        });
      }
    }
  }

  test('nothing is left open', () => daemon.stop());
});

/** Who says "to the server" is told "to the client"; who says nothing, nothing. */
function answerOnce(socket: Socket): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk;
    if (text.includes('to the server\n')) socket.end(ANSWER);
  });
  socket.on('end', () => socket.end());
}
