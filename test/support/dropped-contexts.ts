/** Contexts of the TLS library that nobody holds. */
import { Context } from '../../src/openssl/context/context.ts';

/** Makes so many in a frame of its own, which keeps none of them. */
export function dropContexts(count: number): void {
  for (let made = 0; made < count; made += 1) new Context({ role: 'server' });
}
