/** What `acme` needs before privileges are dropped: its folder, the library behind it, and the sockets HTTP-01 is answered on (`acmeHttp`). */

import { lookup } from 'node:dns/promises';
import { chownSync, mkdirSync } from 'node:fs';
import { withBrackets } from '../address/authority.ts';
import type { Config, TcpAddress } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { listen } from '../linux/libc.ts';
import type { BoundSocket } from '../sockets/bound-socket.ts';
import { bindTcp } from '../sockets/bound-socket.ts';
import { describeSystemError, systemError } from '../text/system-error.ts';
import type { ServiceProcess } from './service-process/service-process.ts';

const BACKLOG = 64;
const PRIVATE = 0o700;
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** @returns gives the sockets back. @throws OvercoatError `start_bind`, `start_process` */
export async function prepareAcme({ services, global }: Config, service: ServiceProcess): Promise<() => void> {
  const wanted = services.map(({ acme }) => acme).filter((acme) => acme !== undefined);
  for (const { store, accountFolder } of wanted) for (const folder of [store, accountFolder]) makePrivate(folder, global);
  const folders = [...new Set(wanted.map(({ accountFolder }) => accountFolder))];
  const places = Map.groupBy(
    wanted.map(({ http }) => http).filter((http) => http !== undefined),
    ({ host, port }) => `${withBrackets(host)}:${port}`,
  );
  const bound: BoundSocket[] = [];
  const close = (): void => {
    for (const socket of bound.splice(0)) socket.close();
  };
  try {
    if (places.size === 0) await service.keep({ kind: 'ask-certificates', folders }, []);
    for (const [place] of places.values()) {
      const socket = await bindHttp(place as TcpAddress);
      bound.push(socket);
      await service.keep({ kind: 'ask-certificates', folders }, [socket.fd()]);
    }
    return close;
  } catch (cause) {
    close();
    throw cause;
  }
}

/** Whoever asks for certificates writes there: the user of setuid, where there is one. */
function makePrivate(folder: string, { setuid, setgid }: Config['global']): void {
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
    if (process.getuid?.() === 0 && (setuid !== undefined || setgid !== undefined)) chownSync(folder, setuid ?? 0, setgid ?? 0);
  } catch (cause) {
    const text = `acmeStore: ${folder}: ${describeSystemError(cause).text}; make it, or name one this user may write with acmeStore`;
    throw new OvercoatError('start_process', text, cause);
  }
}

async function bindHttp({ host, port }: TcpAddress): Promise<BoundSocket> {
  const addresses = host === '' ? ['::', '0.0.0.0'] : [(await lookup(host)).address];
  for (const address of addresses) {
    let socket: BoundSocket | undefined;
    try {
      socket = bindTcp({ address, port });
      const done = listen(socket.fd(), BACKLOG);
      if (done < 0) throw systemError('listen', -done);
      return socket;
    } catch (cause) {
      socket?.close();
      if (address === '::' && WITHOUT_IPV6.has((cause as NodeJS.ErrnoException).code ?? '')) continue;
      const { text, errno } = describeSystemError(cause);
      throw new OvercoatError('start_bind', `Error binding acmeHttp to ${withBrackets(address)}:${port}: ${text} (${errno})`, cause);
    }
  }
  throw new OvercoatError('start_bind', `acmeHttp: no address to bind port ${port} to`);
}
