/**
 * What `acme` needs of this process: folders, and the sockets HTTP-01 is answered on (`acmeHttp`). At the start that is before privileges are
 * dropped; a service that a reload brings has what the rights that are left allow.
 */

import { lookup } from 'node:dns/promises';
import { chownSync, mkdirSync } from 'node:fs';
import { withBrackets } from '../address/authority.ts';
import type { Config, ServiceConfig, TcpAddress } from '../config/config.ts';
import { wordFor } from '../config/flag-names.ts';
import { cannotBind } from '../connection/accept/bind-failure.ts';
import { OvercoatError } from '../errors.ts';
import { foreseeFolder } from '../linux/files/foreseen-file.ts';
import { listen } from '../linux/libc/sockets.ts';
import type { BoundSocket } from '../sockets/bound-socket.ts';
import { bindTcp } from '../sockets/bound-socket.ts';
import { plainSystemError, systemError } from '../text/system-error.ts';
import type { ServiceProcess } from './service-process/service-process.ts';

const BACKLOG = 64;
const PRIVATE = 0o700;
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** Folders and sockets there are; one that is no longer named stays until the end. */
export class AcmePlaces {
  readonly #service: Pick<ServiceProcess, 'keep'>;
  readonly #folders = new Set<string>();
  readonly #bound = new Map<string, BoundSocket>();

  constructor(service: Pick<ServiceProcess, 'keep'>) {
    this.#service = service;
  }

  /**
   * Makes what these services need and is not there yet, and has the service process know it.
   * @throws OvercoatError `start_bind`, `start_process`; what is there stays
   */
  async open({ services, global }: Config): Promise<void> {
    const wanted = services.flatMap((service) => (service.acme === undefined ? [] : [{ service, ...service.acme }]));
    const more = wanted.filter(({ accountFolder }) => !this.#folders.has(accountFolder));
    for (const { service, store, accountFolder } of more)
      for (const folder of [store, accountFolder]) makePrivate(folder, global, wordFor('acmeStore', service));
    const folders = [...new Set(more.map(({ accountFolder }) => accountFolder))];
    if (folders.length > 0) await this.#service.keep({ kind: 'ask-certificates', folders }, []);
    for (const folder of folders) this.#folders.add(folder);
    for (const { http, service } of wanted) if (http !== undefined) await this.#answerAt(http, wordFor('acmeHttp', service));
  }

  close(): void {
    for (const socket of this.#bound.values()) socket.close();
    this.#bound.clear();
  }

  async #answerAt(place: TcpAddress, option: string): Promise<void> {
    const key = `${withBrackets(place.host)}:${place.port}`;
    if (this.#bound.has(key)) return;
    const socket = await bindHttp(place, option);
    try {
      await this.#service.keep({ kind: 'ask-certificates', folders: [] }, [socket.fd()]);
      this.#bound.set(key, socket);
    } catch (cause) {
      socket.close();
      throw cause;
    }
  }
}

/** Whether the folders of a service's certificates could be made. @throws OvercoatError as `open` */
export function foreseeAcmeStore(service: ServiceConfig): void {
  if (service.acme === undefined) return;
  try {
    foreseeFolder(service.acme.accountFolder);
  } catch (cause) {
    throw unmade(service.acme.store, wordFor('acmeStore', service), cause);
  }
}

/**
 * Whoever asks for certificates writes there: the user of setuid, where there is one.
 * @param option what the user wrote the store with
 */
function makePrivate(folder: string, { setuid, setgid }: Config['global'], option: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
    if (process.getuid?.() === 0 && (setuid !== undefined || setgid !== undefined)) chownSync(folder, setuid ?? 0, setgid ?? 0);
  } catch (cause) {
    throw unmade(folder, option, cause);
  }
}

function unmade(folder: string, option: string, cause: unknown): OvercoatError {
  // The fence lets it be made.
  const text = `${option}: ${folder}: ${plainSystemError(cause).text}; make it, or name one this user may write with ${option}`;
  return new OvercoatError('start_process', text, cause);
}

/** @param option what the user wrote it with */
async function bindHttp({ host, port }: TcpAddress, option: string): Promise<BoundSocket> {
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
      throw cannotBind(option, `${withBrackets(address)}:${port}`, cause);
    }
  }
  throw new OvercoatError('start_bind', `${option}: no address to bind port ${port} to`);
}
