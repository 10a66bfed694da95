/**
 * Everything of TLS that belongs to one service, loaded and checked once at start: contexts, the server that never listens, and
 * the verifier. Keys are read here, while the process may still be root.
 */
import type { ConnectionOptions, Server } from 'node:tls';
import type { ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { Verifier } from './verify.ts';

/** Asks for the passphrase of a key file on the terminal; undefined where there is none. */
export type AskPassphrase = (keyFile: string) => string | undefined;

export interface ServiceTls {
  /** Options every dial merges into `tls.connect` (client mode; empty in server mode). */
  readonly connectOptions: ConnectionOptions;
  /**
   * A TLS server that never listens: the connection path emits `connection` on it with the raw socket (undefined in client mode).
   * It never rejects by itself: `verifier` decides. Its `tlsClientError` must destroy the socket.
   */
  readonly server: Server | undefined;
  readonly verifier: Verifier;
  /** `Insecure file permissions on F` and the like, logged at level 4. */
  readonly warnings: readonly string[];
}

/**
 * Loads and checks everything a service needs for TLS. Synchronous: it runs at start and on reload only.
 * @throws OvercoatError `config_key_material` or `config_invalid_value`; the message names the file and the fix.
 */
export function prepareServiceTls(service: ServiceConfig, _ask: AskPassphrase): ServiceTls {
  throw new OvercoatError('internal', `prepareServiceTls is being built (${service.name})`);
}
