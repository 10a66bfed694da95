/**
 * Is any cipher of a list left when OpenSSL has dropped what the security level, the versions and the callbacks forbid, and, for a server,
 * what its key cannot do? Only TLS 1.2 and older are asked about: the suites of TLS 1.3 are a list of their own.
 */
import type { Context } from '../../openssl/context/context.ts';
import { Context as OpensslContext } from '../../openssl/context/context.ts';
import { supportedCiphers } from '../../openssl/context/supported-ciphers.ts';
import type { Contents } from './context.ts';

/** @param server what a server has to authenticate itself with; undefined for a client, who takes what it is shown */
export function supportsOldCipher(context: Context, server: Contents | undefined): boolean {
  if (server === undefined) return supportedCiphers(context).some((cipher) => cipher.old);
  return withClientOf(context, server, (client) =>
    supportedCiphers(client).some(({ old, authentication }) => old && canAuthenticate(authentication, server)),
  );
}

/** The library says what a client would offer; with a server's lists and levels that is what the server could take. */
function withClientOf<T>({ options }: Context, { psk }: Contents, use: (client: Context) => T): T {
  const { minVersion, maxVersion, securityLevel, ciphers, commands = [], options: bits } = options;
  const client = new OpensslContext({
    role: 'client',
    minVersion,
    maxVersion,
    securityLevel,
    ciphers,
    commands,
    options: bits,
    psk: psk === undefined ? undefined : { identity: 'x', key: new Uint8Array(16) },
  });
  try {
    return use(client);
  } finally {
    client.free();
  }
}

function canAuthenticate(authentication: string, { material, psk }: Contents): boolean {
  const type = material?.leaf?.publicKey.asymmetricKeyType;
  switch (authentication) {
    case 'rsa':
      return type === 'rsa' || type === 'rsa-pss';
    case 'ecdsa':
      return type === 'ec' || type === 'ed25519' || type === 'ed448';
    case 'dss':
      return type === 'dsa';
    case 'psk':
      return psk !== undefined;
    default:
      return authentication === 'none';
  }
}
