/**
 * One real handshake between a prepared service and a peer, and our verdict on it, without a daemon around: sockets on 127.0.0.1,
 * judged exactly as the connection path does, sessions included.
 */
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { connect } from 'node:tls';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import type { HandshakeFacts } from '../../../src/observe/events.ts';
import { linesOf } from '../../../src/observe/log-lines.ts';
import type { Leg } from '../../../src/sockets/leg.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';
import type { TlsLeg } from '../../../src/tls/engine/engine.ts';
import type { ServiceTls } from '../../../src/tls/service-tls.ts';
import type { Verdict } from '../../../src/tls/verdict/verify.ts';
import { within } from '../eventually.ts';
import { acceptSockets, dialLeg } from '../net/legs.ts';
import { listenTls } from '../net/tls.ts';
import type { Ending } from '../temp.ts';

export interface Judged {
  readonly verdict: Verdict;
  readonly facts: HandshakeFacts;
  /** `LEVEL text` of every certificate line, as the log would show it. */
  readonly lines: readonly string[];
  /** Our leg, still open where the peer was accepted. */
  readonly leg: TlsLeg;
}

/** Client mode: the service dials a TLS server with these options. @param serverName what is sent as SNI and verified */
export async function judgeServer(t: Ending, service: ServiceTls, peer: TlsOptions, serverName = 'localhost'): Promise<Judged> {
  const { port } = await listenTls(t, peer);
  return judgeServerAt(t, service, port, serverName);
}

/** Client mode against a server that is already there. */
export async function judgeServerAt(t: Ending, service: ServiceTls, port: number, serverName: string | undefined): Promise<Judged> {
  const leg = await dialLeg(port);
  return within('the handshake finishes', handshake(t, service, leg, serverName, { destination: destinationOf(port) }));
}

/** The far end as the store of sessions knows it. */
export function destinationOf(port: number): string {
  return `127.0.0.1:${port}`;
}

/** Whose next handshake somebody waits for. */
const waiting = new WeakMap<ServiceTls, { resolve(judged: Judged): void; reject(cause: Error): void }[]>();

/** A listener whose connections go to the service's TLS server. @param each told of a client that nobody waits for */
export async function listenAs(t: Ending, service: ServiceTls, each?: (judged: Judged) => void): Promise<number> {
  return acceptSockets(t, (socket) => {
    handshake(t, service, new PlainLeg(socket), undefined, {}).then(
      (judged) => (waiting.get(service)?.shift()?.resolve ?? each)?.(judged),
      (cause: Error) => waiting.get(service)?.shift()?.reject(cause),
    );
  });
}

/** The next client whose handshake with the service has finished, or failed. */
export async function judgeNextClient(service: ServiceTls): Promise<Judged> {
  const next = new Promise<Judged>((resolve, reject) => {
    const queue = waiting.get(service) ?? [];
    queue.push({ resolve, reject });
    waiting.set(service, queue);
  });
  return within('the handshake finishes', next);
}

/** Server mode: a TLS client with these options dials the service. */
export async function judgeClient(t: Ending, service: ServiceTls, peer: ConnectionOptions): Promise<Judged> {
  const port = await listenAs(t, service);
  const judged = judgeNextClient(service);
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...peer });
  client.on('error', () => undefined);
  t.after(() => {
    client.destroy();
  });
  return judged;
}

function handshake(
  t: Ending,
  service: ServiceTls,
  below: Leg,
  serverName: string | undefined,
  { destination }: { readonly destination?: string },
): Promise<Judged> {
  below.onFailed(() => undefined);
  return new Promise((resolve, reject) => {
    let leg: TlsLeg | undefined;
    /** Also of one that is refused, whose leg is gone by then. */
    let resumed = false;
    t.after(() => {
      if (leg === undefined) below.end('close');
    });
    const address = destination === undefined ? undefined : '127.0.0.1';
    service.endpoint.handshake(
      below,
      {
        serverName,
        destination: destination ?? '',
        alpn: [],
        address,
        judge: (peer) => {
          resumed = peer.resumed;
          return service.verifier.verify(peer);
        },
      },
      {
        took: (secured) => {
          leg = secured;
          secured.onFailed(() => undefined);
          t.after(() => secured.end('close'));
        },
        done: (verdict) => {
          if (leg === undefined) reject(new Error('a verdict without a leg'));
          else resolve({ verdict, facts: leg.gone ? { ...leg.facts(), resumed } : leg.facts(), lines: certificateLines(verdict), leg });
        },
        fail: reject,
      },
    );
  });
}

/** The certificate lines of a verdict, `LEVEL text`, as a service made from a file has them. */
export function certificateLines(verdict: Verdict): string[] {
  const about = { id: '0', service: FILE_SERVICE };
  return verdict.events.flatMap((event) => linesOf(event, about)).map(({ level, text }) => `${level} ${text}`);
}

/** Everything a leg receives up to its end. */
export function collectLeg(leg: Leg): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    leg.onFailed(reject);
    const take = (): void => {
      for (let part = leg.take(65_536); part !== undefined; part = leg.take(65_536)) parts.push(part);
      if (!leg.ended) return;
      stop();
      resolve(Buffer.concat(parts));
    };
    const stop = leg.listen(take);
    take();
  });
}

/** Reads and drops from now on. */
export function drain(leg: Leg): void {
  const drop = (): void => {
    while (leg.take(65_536) !== undefined);
  };
  leg.listen(drop);
  drop();
}
