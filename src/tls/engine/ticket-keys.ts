/**
 * Keys of session tickets (server mode). Every service has its own, derived from a secret together with everything that decides
 * whom it trusts: a ticket of one virtual host, or of yesterday's CAfile, is noise to another. Workers and hosts that share the
 * secret derive the same keys, so they honour each other's tickets.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import type { Server } from 'node:tls';
import type { SessionConfig } from '../../config/config.ts';

/** 16 bytes name, 16 bytes HMAC key, 16 bytes AES key: what Node's `ticketKeys` takes. */
const KEY_BYTES = 48;
const MASTER_BYTES = 32;
/** RFC 9325 section 3.4 wants keys changed regularly; ours live half a day. */
const PERIOD_MS = 12 * 3_600_000;

/** The secret of this process when nobody gives one; workers get the main thread's. */
export function newTicketMaster(): Uint8Array {
  return randomBytes(MASTER_BYTES);
}

export interface TicketKeys {
  /** The keys to use now. */
  current(): Buffer;
  /** When they have to be replaced, in milliseconds of the wall clock; Infinity for keys the user gave. */
  readonly changesAt: number;
}

/**
 * @param master the secret of the process; not used when the configuration has ticketKeySecret and ticketMacSecret, whose keys
 *   stay the same for as long as the user leaves them
 * @param trust everything that decides trust, as one text
 */
export function createTicketKeys(config: SessionConfig, master: Uint8Array, trust: string, now: () => number = Date.now): TicketKeys {
  const given = config.ticketKeys;
  if (given !== undefined) {
    const keys = derive(Buffer.concat([given.secret, given.mac]), trust);
    return { current: () => keys, changesAt: Number.POSITIVE_INFINITY };
  }
  return {
    current: () => derive(master, `${trust} ${Math.floor(now() / PERIOD_MS)}`),
    get changesAt() {
      return (Math.floor(now() / PERIOD_MS) + 1) * PERIOD_MS;
    },
  };
}

function derive(secret: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `overcoat session tickets ${info}`.slice(0, 1024), KEY_BYTES));
}

/**
 * Gives a server its keys and replaces them when their time is over, at the first connection after that: no timer to leave behind.
 * The keys before are gone then (Node holds one set), so a client does one full handshake more, twice a day.
 */
export function useTicketKeys(server: Server, keys: TicketKeys, now: () => number = Date.now): void {
  let changesAt = keys.changesAt;
  server.setTicketKeys(keys.current());
  if (changesAt === Number.POSITIVE_INFINITY) return;
  server.prependListener('connection', () => {
    if (now() < changesAt) return;
    changesAt = keys.changesAt;
    server.setTicketKeys(keys.current());
  });
}
