/** When our own certificates and what we trust end, and the certificates that peers have shown: the newest of them, in a bounded number. */
import type { Expiring } from '../../observe/daemon-events.ts';
import type { EventOf } from '../../observe/events.ts';
import { printable } from '../../text/printable.ts';

const MAX_PEER_CERTIFICATES = 500;

export interface Expiry {
  readonly of: Expiring;
  readonly service: string;
  readonly name: string;
  /** undefined: it does not say. */
  readonly expires: number | undefined;
}

export interface PeerCertificate {
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly expires: number;
  readonly service: string;
  readonly peer: string;
  /** It is that of a client, whose address is not shown for ever. */
  readonly ofClient: boolean;
  readonly lastSeen: number;
}

export class Certificates {
  #own: ReadonlyMap<string, Expiry> = new Map();
  /** Those of a configuration that is being read and is not in force yet. */
  #coming: Map<string, Expiry> | undefined;
  readonly #peers = new Map<string, PeerCertificate>();
  /** The last of `#peers`. */
  #newest: PeerCertificate | undefined;
  readonly #keepClientsMs: number;

  /** @param keepClientsMs how long the address of a client is shown */
  constructor(keepClientsMs: number) {
    this.#keepClientsMs = keepClientsMs;
  }

  /** A configuration is read: its certificates follow, and are in force once `read` says so. */
  reading(): void {
    this.#coming = new Map();
  }

  /** @param taken the configuration that was read serves now; else the old one goes on */
  read(taken: boolean): void {
    if (taken) this.#own = this.#coming ?? this.#own;
    this.#coming = undefined;
  }

  keep(expiry: Expiry): void {
    const key = `${expiry.service}\n${expiry.of}\n${expiry.name}`;
    if (this.#coming === undefined) this.#own = new Map(this.#own).set(key, expiry);
    else this.#coming.set(key, expiry);
  }

  /** These services serve with others from here on, which are told next. */
  forget(services: readonly string[]): void {
    this.#own = new Map([...this.#own].filter(([, { service }]) => !services.includes(service)));
  }

  get own(): readonly Expiry[] {
    return [...this.#own.values()];
  }

  keepPeer(shown: EventOf<'certificate-shown'>, about: Pick<PeerCertificate, 'service' | 'peer' | 'ofClient' | 'lastSeen'>): void {
    const { sha256, expires } = shown;
    if (this.#newest?.sha256 === sha256) {
      Object.assign(this.#newest, about); // again and again: one server's, most of the time
      return;
    }
    const [subject, issuer] = [printable(shown.subject), printable(shown.issuer)]; // as long as a certificate may be
    this.#newest = { sha256, subject, issuer, expires, ...about };
    this.#peers.delete(sha256); // the newest last
    this.#peers.set(sha256, this.#newest);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MAX_PEER_CERTIFICATES && oldest !== undefined) this.#peers.delete(oldest);
  }

  /** Those of peers, oldest first. */
  peersAt(now: number): readonly PeerCertificate[] {
    const since = now - this.#keepClientsMs;
    return [...this.#peers.values()].map((each) => (each.ofClient && each.lastSeen < since ? { ...each, peer: '' } : each));
  }
}
