/** The lines of a TLS handshake and of the verdict on the peer, OCSP aside. */
import type { LogLevel } from '../../config/config.ts';
import { printable } from '../../text/printable.ts';
import type { CertificateEvent } from '../certificate-events.ts';
import type { EventContext, EventOf, HandshakeFacts } from '../events.ts';
import { detail, detailed } from './parts.ts';
import type { LogLine, Rows } from './row.ts';
import { ERROR, INFO, NOTICE, UNLOGGED, WARNING } from './row.ts';

export type TlsKind =
  | Exclude<CertificateEvent['kind'], 'ocsp'>
  | 'server-name-requested'
  | 'sni-sent'
  | 'sni-disabled'
  | 'peer-certificate'
  | 'handshake-finished'
  | 'tls-error-queued'
  | 'tls-broken';

export const TLS_ROWS: Rows<TlsKind> = {
  'server-name-requested': {
    level: ({ name, service }) => (name === '' || service !== undefined ? NOTICE : ERROR),
    lines: ({ name, service }, context) => requestedNameLines(printable(name), service, context),
  },
  'sni-sent': { level: INFO, text: ({ name }) => `SNI: sending servername: ${printable(name)}` },
  'sni-disabled': { level: INFO, text: 'SNI: extension disabled' },
  'peer-certificate': { level: INFO, text: ({ required }) => `Peer certificate ${required ? 'required' : 'not required'}` },
  'certificate-checked': {
    level: ({ outcome }) => (outcome === 'failed' ? WARNING : INFO),
    lines: ({ check, outcome, text }, context) => {
      const what = check === 'chain' ? `Pre-verification error${outcome === 'ignored' ? ' ignored' : ''}: ${text}` : text;
      return [{ level: outcome === 'failed' ? detail(WARNING, context) : INFO, text: `CERT: ${what}` }];
    },
  },
  'certificate-accepted': {
    level: ({ depth }) => (depth === 0 ? NOTICE : INFO),
    text: ({ depth, subject }) => `Certificate accepted at depth=${depth}: ${printable(subject)}`,
  },
  'certificate-unverified': { level: INFO, text: () => 'Certificate verification disabled' },
  'certificate-rejected': detailed(WARNING, ({ depth, subject, why }) => `Rejected by ${why} at depth=${depth}: ${printable(subject)}`),
  'pin-checked': { level: ({ outcome }) => (outcome === 'learnt' ? NOTICE : WARNING), lines: pinLines },
  'certificate-shown': UNLOGGED,
  'tls-error-queued': detailed(ERROR, ({ text }) => `error queue: ${text}`),
  'tls-broken': detailed(ERROR, ({ text }) => `SSL_read: ${text}`),
  'handshake-finished': { level: INFO, lines: ({ facts }) => handshakeLines(facts) },
};

function requestedNameLines(name: string, service: string | undefined, context: EventContext): readonly LogLine[] {
  if (name === '') return [{ level: NOTICE, text: 'SNI: no servername received' }];
  const requested: LogLine = { level: INFO, text: `SNI: requested servername: ${name}` };
  if (service === undefined) return [requested, { level: detail(ERROR, context), text: `SNI: no pattern matched servername: ${name}` }];
  return [requested, { level: NOTICE, text: `SNI: switched to service [${service}]` }];
}

function pinLines(event: EventOf<'pin-checked'>, context: EventContext): readonly LogLine[] {
  const { destination, digest, outcome } = event;
  const line = (level: LogLevel, text: string): LogLine => ({ level, text: `PIN: ${text}` });
  switch (outcome) {
    case 'known':
      if (event.expiresInDays === undefined) return [];
      return [line(WARNING, `The certificate of ${destination} expires in ${event.expiresInDays} days`)];
    case 'learnt':
      return [line(NOTICE, `Key sha256:${digest} of ${destination} trusted on first use`)];
    case 'mismatch': {
      const pinned = event.pinned.map((known) => `sha256:${known}`).join(', ');
      return [
        line(detail(WARNING, context), `${destination} shows the key sha256:${digest}, pinned is ${pinned}`),
        line(detail(WARNING, context), `If the change is genuine: overcoat pin --remove ${destination}`),
      ];
    }
    case 'unusable':
      return [line(detail(WARNING, context), `The pin store cannot be used: ${event.why}`)];
  }
}

function handshakeLines(facts: HandshakeFacts): readonly LogLine[] {
  const verb = facts.role === 'client' ? 'connected' : 'accepted';
  const session = facts.resumed ? 'previous session reused' : 'new session negotiated';
  const lines: LogLine[] = [
    { level: INFO, text: `TLS ${verb}: ${session}` },
    { level: INFO, text: `${facts.protocol} ciphersuite: ${facts.opensslCipher} (${facts.bits}-bit encryption)` },
  ];
  if (facts.group !== '') lines.push({ level: INFO, text: `Peer temporary key: ${groupText(facts)}` });
  return lines;
}

function groupText(facts: HandshakeFacts): string {
  const name = facts.group.startsWith('P-') ? `ECDH, ${facts.group}` : facts.group;
  return facts.groupBits > 0 ? `${name}, ${facts.groupBits} bits` : name;
}
