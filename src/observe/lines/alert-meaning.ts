/** What a peer wants that has refused us with an alert (RFC 8446 section 6.2), in plain words. */
import { ipVersion } from '../../address/ip.ts';
import { printable } from '../../text/printable.ts';
import type { CauseOf, Explanation } from './explanation.ts';
import type { Words } from './option-words.ts';

type AlertCause = CauseOf<'alert'>;

interface Meaning {
  /** Of a server that refuses us, its client; and of a client that refuses us, its server. */
  readonly server: (cause: AlertCause, words: Words) => Explanation;
  readonly client: (cause: AlertCause, words: Words) => Explanation;
}

export const COMPARE_KEYS = 'compare PSKidentity and PSKsecrets on both sides';

const OUR_CERTIFICATE = (what: string): Meaning => ({
  server: (_, { certificate }) => ({ why: what, remedy: `give the certificate it accepts with ${certificate}` }),
  client: (_, { certificate }) => ({
    why: what,
    remedy: `let the client trust the issuer of ${certificate}, or use a certificate that it trusts, with its whole chain`,
  }),
});

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'unrecognized_name',
    {
      server: (cause, { name }) =>
        cause.sni === ''
          ? { why: noName(cause, 'it serves by name only'), remedy: name }
          : { why: `it has no service called ${printable(cause.sni, 120)}`, remedy: name },
      client: () => ({ why: 'it wants another name than it was given', remedy: 'look at the settings of the client' }),
    },
  ],
  [
    'handshake_failure',
    {
      server: (cause, { certificate, options }) => ({
        why:
          cause.sni === ''
            ? noName(cause, 'it may serve by name only')
            : `it takes none of our ciphers, groups and signatures${cause.certificate ? '' : ', or wants a certificate of ours'}`,
        remedy: `compare what it accepts with ${options('`ciphers`, `curves` and sslVersionMin')}${cause.certificate ? '' : `; a certificate is given with ${certificate}`}`,
      }),
      client: (_, { options }) => ({
        why: 'it takes none of our ciphers, groups and signatures',
        remedy: `compare what it accepts with ${options('`ciphers` and `curves`')}`,
      }),
    },
  ],
  [
    'certificate_required',
    {
      server: (_, { certificate }) => ({ why: 'it wants a certificate of ours', remedy: `give one that it accepts with ${certificate}` }),
      client: () => ({ why: 'it wants a certificate', remedy: 'look at the settings of the client' }),
    },
  ],
  [
    'protocol_version',
    {
      server: (_, { options }) => ({
        why: 'it speaks none of the TLS versions that are offered',
        remedy: `the server must be updated, or lower ${options('sslVersionMin')} if you must`,
      }),
      client: (_, { options }) => ({
        why: 'it speaks none of the TLS versions of this service',
        remedy: `the client must be updated, or lower ${options('sslVersionMin')} if you must`,
      }),
    },
  ],
  [
    'no_application_protocol',
    {
      server: () => ({
        why: 'it serves none of the application protocols (ALPN) that were offered',
        remedy: 'the port is for something else, or `protocol` is wrong',
      }),
      client: (_, { options }) => ({
        why: 'it wants another application protocol (ALPN)',
        remedy: `look at ${options('`alpn`')}`,
      }),
    },
  ],
  ['unknown_ca', OUR_CERTIFICATE('it does not know who issued our certificate')],
  ['bad_certificate', OUR_CERTIFICATE('it refuses our certificate')],
  ['unsupported_certificate', OUR_CERTIFICATE('it does not take certificates like ours')],
  ['certificate_unknown', OUR_CERTIFICATE('it refuses our certificate')],
  ['certificate_expired', OUR_CERTIFICATE('it says that our certificate has expired')],
  ['certificate_revoked', OUR_CERTIFICATE('it says that our certificate was revoked')],
  ['access_denied', OUR_CERTIFICATE('it knows our certificate and does not admit us')],
  [
    'insufficient_security',
    {
      server: (_, { options }) => ({
        why: 'it wants stronger ciphers than are offered',
        remedy: `look at ${options('`ciphers` and `curves`')}`,
      }),
      client: (_, { options }) => ({
        why: 'it wants stronger ciphers than this service has',
        remedy: `look at ${options('`ciphers` and `curves`')}`,
      }),
    },
  ],
  [
    'unknown_psk_identity',
    {
      server: () => ({
        why: 'it does not know the identity of our pre-shared key',
        remedy: COMPARE_KEYS,
      }),
      client: () => ({
        why: 'it does not know the identity of the pre-shared key',
        remedy: COMPARE_KEYS,
      }),
    },
  ],
]);

/** What a peer says of a pre-shared key that is another than its own, in TLS 1.3 and before. */
const WRONG_KEY: ReadonlySet<string> = new Set(['decrypt_error', 'bad_record_mac']);

function noName({ named }: AlertCause, so: string): string {
  const why = ipVersion(named) === 0 ? 'no server name was sent' : `${named} is an IP address, which is never sent as a server name`;
  return `${why}, and ${so}`;
}

/** @param peer `the server`, `the client` */
export function alertMeaning(cause: AlertCause, words: Words, peer: string): Explanation {
  const meaning = MEANINGS.get(cause.name)?.[cause.from === 'client' ? 'client' : 'server'](cause, words);
  const said = `${peer} refused the handshake (alert ${cause.number}, ${cause.name})`;
  if (cause.psk && WRONG_KEY.has(cause.name)) {
    return { why: `${said}: its pre-shared key is another than ours for the identity`, remedy: COMPARE_KEYS };
  }
  if (meaning !== undefined) return { why: `${said}: ${meaning.why}`, remedy: meaning.remedy };
  return { why: said, remedy: `look at the log of ${peer}` };
}
