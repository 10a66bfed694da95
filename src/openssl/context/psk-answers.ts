/** The pre-shared keys that one connection is asked for, and whether one of them has authenticated its handshake. */
import type { Pointer } from '../../native/binding.ts';
import { copyTo } from '../../native/binding.ts';
import { C } from '../library/library.ts';
import type { Context } from './context.ts';
import type { Facts } from './facts.ts';

export class PskAnswers {
  /** A key of ours was handed out, and no ticket opened since. */
  #given = false;

  /**
   * Client: our identity and its key. @param identityRoom, keyRoom bytes that fit there
   * @returns how many bytes the key has; 0: there is none
   */
  ofClient({ options: { psk } }: Context, identity: Pointer, identityRoom: number, key: Pointer, keyRoom: number): number {
    if (psk === undefined || !('identity' in psk)) return 0;
    const name = Buffer.from(`${psk.identity}\0`);
    if (name.length > identityRoom || psk.key.length > keyRoom) return 0;
    copyTo(identity, name);
    copyTo(key, psk.key);
    this.#given = true;
    return psk.key.length;
  }

  /** Server: the key of the client's identity. @returns how many bytes it has; 0: it is not known */
  ofServer({ options: { psk } }: Context, identity: string | null, key: Pointer, keyRoom: number): number {
    if (psk === undefined || !('keyOf' in psk) || identity === null) return 0;
    const found = psk.keyOf(identity);
    if (found === undefined || found.length > keyRoom) return 0;
    copyTo(key, found);
    this.#given = true;
    return found.length;
  }

  ticketOpened(): void {
    this.#given = false;
  }

  /**
   * Was the handshake authenticated by a pre-shared key? Up to TLS 1.2 the cipher says so. In TLS 1.3 it looks like a resumed session:
   * of one that was offered beside the key the library says which it was, a server has opened no ticket since it handed out the key.
   * @param offered client: the session that was offered
   */
  wasUsed(ssl: Pointer, facts: Facts, offered: Pointer | undefined): boolean {
    if (!facts.isTls13) return facts.cipher.standardName.split('_').includes('PSK');
    if (!this.#given || !facts.resumed) return false;
    return offered === undefined || C.SSL_get_session(ssl) !== offered;
  }
}
