/**
 * `redirect` of virtual services: whoever fails authentication at one of them lands at its `redirect`, whatever name he asks for and whatever
 * session he brings along; what was earned at one service opens no other.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { connect } from 'node:tls';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, strangersCertificate } from '../support/data/certificates.ts';
import { within } from '../support/eventually.ts';
import { listen } from '../support/net/tcp.ts';
import { identity, section, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { suiteEnd } from '../support/suite-end.ts';

const CLIENTS: Readonly<Record<string, Stored | undefined>> = {
  known: certificate('client'),
  stranger: strangersCertificate(),
  nobody: undefined,
};
/** Names, and who is let in there. */
const SITES = [
  ['chain.test', 'known'],
  ['CHAIN.test.', 'known'],
  ['pin.test', 'stranger'],
] as const;

interface Visit {
  readonly greeting: string;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  suite(`redirect by name, ${version}`, () => {
    const t = suiteEnd();
    let daemon: Daemon;
    let port: number;

    before(async () => {
      const [web, chain, pin, outer] = await Promise.all(
        ['web', 'chain.test', 'pin.test', 'outer'].map((greeting) => listen(t, (socket) => socket.end(greeting))),
      );
      const guarded = { redirect: outer?.port, ...identity() };
      daemon = await startDaemon(t, {
        config:
          serverSection('web', { connect: web?.port }) +
          section('chain', { ...guarded, connect: chain?.port, sni: 'web:chain.test', verifyChain: true, CAfile: authority().certFile }) +
          section('pin', { ...guarded, connect: pin?.port, sni: 'web:pin.test', pin: `sha256:${strangersCertificate().pin}` }),
      });
      port = await daemon.port('web');
    });

    async function visit(servername: string, client: string, session?: Buffer): Promise<Visit> {
      const shown = CLIENTS[client];
      const socket = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        servername,
        maxVersion: version,
        ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
        ...(session === undefined ? {} : { session }),
      });
      let given: Buffer | undefined;
      let greeting = '';
      let resumed = false;
      socket.on('session', (one: Buffer) => {
        given = one;
      });
      socket.on('secureConnect', () => {
        resumed = socket.isSessionReused();
      });
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        greeting += bytes.toString();
      });
      socket.on('end', () => socket.end());
      await within('the visit is over', new Promise((resolve) => socket.once('close', resolve)));
      return { greeting, resumed, session: given };
    }

    test('nobody gets behind a service that would not have let him in', async (context) => {
      const earned: { readonly at: string; readonly as: string; readonly session: Buffer | undefined }[] = [];
      for (const [name, as] of [...SITES.map(([site]) => [site, 'known'] as const), ...SITES.map(([site]) => [site, 'nobody'] as const)])
        earned.push({ at: name.toLowerCase().replace(/\.$/, ''), as, session: (await visit(name, as)).session });
      earned.push({ at: 'web', as: 'known', session: (await visit('other.test', 'known')).session });
      let resumptions = 0;
      for (const [name, trusted] of SITES) {
        const site = name.toLowerCase().replace(/\.$/, '');
        for (const client of Object.keys(CLIENTS)) {
          for (const { at, as, session } of [{ at: '', as: '', session: undefined }, ...earned]) {
            const seen = await visit(name, client, session);
            const about = `${name} as ${client} with what ${as || 'nobody'} earned at ${at || 'nowhere'}: ${seen.greeting}`;
            if (seen.resumed) {
              resumptions += 1;
              assert.equal(at, site, about);
            }
            const who = seen.resumed ? as : client;
            assert.equal(seen.greeting, who === trusted ? site : 'outer', about);
          }
        }
      }
      context.diagnostic(`${resumptions} resumed`);
      assert.ok(resumptions > 0, 'sessions open their own service');
    });

    test('nothing is left open', () => daemon.stop());
  });
