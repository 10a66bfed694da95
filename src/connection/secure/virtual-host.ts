/**
 * Server mode with virtual services: which of them is meant? Read from the client's own first bytes, before TLS starts, because
 * certificate, verification and ticket keys all belong to the service; the bytes are put back for TLS to read.
 */
import { foldedName } from '../../address/host-name.ts';
import { OvercoatError } from '../../errors.ts';
import { LegReader } from '../../sockets/leg-reader.ts';
import { matchesPattern, UNRECOGNIZED_NAME, UNRECOGNIZED_NAME_ALERT } from '../../tls/certificate/server-name-pattern.ts';
import type { ClientHello } from '../../tls/hello/client-hello.ts';
import { readClientHello } from '../../tls/hello/client-hello.ts';
import { alertOf } from '../../tls/verdict/alert.ts';
import type { Life } from '../life/life.ts';
import { stage } from '../life/stage.ts';
import type { Accepted, Service } from '../record.ts';

/**
 * @returns the service that serves this client from here on; a listener without virtual services looks at nothing
 * @throws OvercoatError `handshake_timeout`, `setup_timeout`; `handshake_failed` when the service refuses names it does not have
 */
export async function chooseVirtualHost(accepted: Accepted, primary: Service, life: Life): Promise<Service> {
  if (primary.virtualHosts.length === 0) return primary;
  life.enter('handshake');
  const hello = await peekHello(accepted, primary, life);
  if (hello.kind === 'not-tls') return primary; // TLS itself will say so
  const name = hello.kind === 'found' ? hello.serverName : undefined;
  const chosen = name === undefined ? undefined : findVirtualHost(name, primary);
  life.emit({ kind: 'server-name-requested', name: name ?? '', service: chosen?.config.name });
  if (chosen !== undefined) {
    life.serve(chosen.config);
    return chosen;
  }
  if (name === undefined || primary.config.unmatchedName === 'primary') return primary;
  life.own('client', accepted.leg, 'tls'); // it speaks TLS: it gets an alert and an orderly end
  accepted.leg.write(UNRECOGNIZED_NAME_ALERT);
  life.emit({ kind: 'alert', direction: 'sent', peer: 'client', ...alertOf(UNRECOGNIZED_NAME) });
  throw new OvercoatError('handshake_failed', 'SSL_accept: unrecognized server name');
}

function findVirtualHost(name: string, primary: Service): Service | undefined {
  const wanted = foldedName(name);
  return primary.virtualHosts.find(({ config }) => config.virtualHost !== undefined && matchesPattern(wanted, config.virtualHost.pattern));
}

/** Waits for the whole ClientHello; its bytes are in the leg again then. */
async function peekHello({ leg }: Accepted, { config }: Service, life: Life): Promise<ClientHello> {
  const reader = new LegReader(leg);
  const expired = () => new OvercoatError('handshake_timeout', 'SSL_accept: TIMEOUTbusy exceeded');
  const wait = { on: 'client', limitMs: config.limits.busyMs, expired } as const;
  const hello = await stage(
    life.wait<ClientHello>(wait, (done, fail) => {
      const look = (): void => {
        if (reader.take(leg.arrived)) {
          const read = readClientHello(reader.input.unread);
          if (read.kind !== 'need-more') done(read);
        }
        if (reader.ended) fail(new OvercoatError('handshake_failed', 'SSL_accept: Peer suddenly disconnected'));
      };
      const stop = reader.listen(look);
      look();
      return stop;
    }),
    life,
    (cause) => cause,
  );
  reader.giveBack();
  return hello;
}
