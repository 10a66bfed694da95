/**
 * Certificates that no authority would issue, shown to a service of several processes: what is said of them on the way to the supervisor is
 * legal, however odd, and the worker that says it goes on.
 */
// Tests: src/daemon/workers/supervisor/heard/events.ts, src/daemon/workers/supervisor/heard/plain-data.ts, src/tls/certificate/subject-text.ts
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority, strangersCertificate } from '../support/data/certificates.ts';
import { createSelfSigned } from '../support/data/self-signed.ts';
import { dial, ending } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

interface Shown {
  readonly cert: string;
  readonly key: string;
}

/** OpenSSL takes a chain of 100 KB, and writes a control character as three. */
const LONG_NAME = `CN=${'\u0001'.repeat(60_000)}`;

/** With a date that is none: the signature is not looked at where no chain is asked for. */
function undated(): Shown {
  const { certificate, key } = createSelfSigned({ notAfter: new Date('2049-12-31T23:59:58Z') });
  const der = Buffer.from(new X509Certificate(certificate).raw);
  const at = der.indexOf('491231235958Z', 0, 'latin1');
  assert.ok(at > 0);
  der.write('4912XX235958Z', at, 'latin1');
  return { cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`, key };
}

function longName(): Shown {
  const { certificate: cert, key } = authority().issue({ subject: LONG_NAME });
  return { cert, key };
}

suite('certificates that no authority would issue', () => {
  const t = suiteEnd();
  let daemon: Daemon;
  const kinds = { undated, 'long-name': longName };
  const asked = {
    unasked: {},
    pinned: { pin: `sha256:${'A'.repeat(43)}=` },
    chained: { verifyChain: true, CAfile: strangersCertificate().certFile },
  };
  const names = Object.keys(kinds).flatMap((kind) => Object.keys(asked).map((how) => `${kind}-${how}`));

  before(async () => {
    const sections = [optionLines({ workers: 2, control: join(tempFolder(t), 'control') })];
    for (const [kind, make] of Object.entries(kinds)) {
      const { port } = await listenTls(t, make(), (socket) => socket.end());
      for (const [how, options] of Object.entries(asked)) sections.push(clientSection(`${kind}-${how}`, { connect: port, ...options }));
    }
    daemon = await startDaemon(t, { config: sections.join('') });
  });

  for (const name of names)
    test(`${name}: no worker ends`, async (context) => {
      const from = daemon.lines.length;
      await ending(await dial(context, await daemon.port(name)));
      const line = await daemon.line(/Connection (closed|reset)|process of ours said|[Ww]orker \d+ ended/, { from });
      assert.match(line, /Connection (closed|reset)/);
    });

  test('and the daemon stops as ever', () => daemon.stop());
});
