/**
 * Keys of session tickets (server mode). Every service has its own, derived from a secret together with everything that decides
 * whom it trusts: a ticket of one virtual host, or of yesterday's CAfile, is noise to another. Workers and hosts that share the
 * secret derive the same keys, so they honour each other's tickets.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import type { SessionConfig } from '../../config/tls-config.ts';
import type { TicketKey, TicketKeys } from '../../openssl/sessions/ticket.ts';

const NAME_BYTES = 16;
/** AES-256, and HMAC with SHA-256. */
const CIPHER_BYTES = 32;
const MAC_BYTES = 32;
const MASTER_BYTES = 32;
/** RFC 9325 section 3.4 wants keys changed regularly; ours live half a day, and are known for another half. */
const PERIOD_MS = 12 * 3_600_000;

/** The secret of this process when nobody gives one; workers get the supervisor's. */
export function newTicketMaster(): Uint8Array {
  return randomBytes(MASTER_BYTES);
}

export interface TicketSource {
  /** Of `ticketKeyFile`, the newest first. */
  readonly secrets?: readonly Uint8Array[] | undefined;
  /** The wall clock; tests move it. */
  readonly now?: () => number;
}

/**
 * @param master the secret of the process; not used where the configuration has `ticketKeyFile`, or ticketKeySecret and ticketMacSecret,
 *   whose keys stay the same for as long as the user leaves them
 * @param trust everything that decides trust, as one text
 * @returns asked at every ticket: the keys of now and those of the half day before
 */
export function createTicketKeys(
  config: SessionConfig,
  master: Uint8Array,
  trust: string,
  { secrets, now = Date.now }: TicketSource = {},
): () => TicketKeys {
  const [newest, ...older] = secrets ?? [];
  if (newest !== undefined) {
    const keys = { current: derive(newest, trust), former: older.map((secret) => derive(secret, trust)) };
    return () => keys;
  }
  const given = config.ticketKeys;
  if (given !== undefined) {
    const keys = { current: derive(Buffer.concat([given.secret, given.mac]), trust), former: [] };
    return () => keys;
  }
  const keysOf = (period: number): TicketKeys => ({
    current: derive(master, `${trust} ${period}`),
    former: [derive(master, `${trust} ${period - 1}`)],
  });
  let period = Math.floor(now() / PERIOD_MS);
  let keys = keysOf(period);
  return () => {
    const present = Math.floor(now() / PERIOD_MS);
    if (present !== period) {
      period = present;
      keys = keysOf(period);
    }
    return keys;
  };
}

function derive(secret: Uint8Array, info: string): TicketKey {
  const about = `overcoat session tickets ${info}`.slice(0, 1024);
  const bytes = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), about, NAME_BYTES + CIPHER_BYTES + MAC_BYTES));
  return {
    name: bytes.subarray(0, NAME_BYTES),
    cipher: bytes.subarray(NAME_BYTES, NAME_BYTES + CIPHER_BYTES),
    mac: bytes.subarray(NAME_BYTES + CIPHER_BYTES),
  };
}
