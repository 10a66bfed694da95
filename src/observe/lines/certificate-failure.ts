/** Why a peer's certificate was refused, in plain words: which certificate of its chain, what is wrong with it, whose it is to mend. */
import { ipVersion } from '../../address/ip.ts';
import { printable } from '../../text/printable.ts';
import type { CauseOf, Explanation } from './explanation.ts';
import type { Words } from './option-words.ts';
import { FIELD } from './parts.ts';

/** @param words how a user of this service says what a remedy needs */
export function certificateExplanation(cause: CauseOf<'certificate'>, words: Words): Explanation {
  const owner = cause.of === 'client' ? 'client' : 'server';
  const its = cause.depth === 0 ? `the certificate of the ${owner}` : `"${printable(cause.subject, FIELD)}" in the chain of the ${owner}`;
  const { authority, pin, name } = words;
  const shown = words.probe === undefined ? '' : ' (`overcoat pin HOST:PORT` shows it)';
  switch (cause.fault) {
    case 'name': {
      const wanted = cause.wanted.map((each) => printable(each, FIELD)).join(' or ');
      const names = cause.names.map((each) => printable(each, FIELD)).join(', ') + (cause.more === 0 ? '' : ` and ${cause.more} more`);
      const forWhom = cause.names.length === 0 ? 'for no name at all (it has no subjectAltName)' : `for ${names}`;
      const address = cause.wanted.some((each) => ipVersion(each) !== 0);
      return {
        why: `${its} is ${forWhom}, not for ${wanted === '' ? 'a name that is known' : wanted}${address ? '; an IP address is never sent as SNI, so the server may have chosen another certificate' : ''}`,
        remedy:
          owner === 'client'
            ? `correct ${words.checks}, or give the client a certificate for that name`
            : `${name}, or accept the very key of this server with ${pin}`,
      };
    }
    case 'issuer': {
      const issuer = cause.selfSigned ? `${its} is signed by itself` : `${its} was issued by "${printable(cause.issuer, FIELD)}"`;
      return {
        why: `${issuer}, which is not trusted by ${storesText(cause.stores)}`,
        remedy:
          owner === 'client'
            ? `add the issuer to ${authority}`
            : `give its issuer with ${authority}, or accept the very key of this server with ${pin}${shown}`,
      };
    }
    case 'expired':
      return {
        why: `${its} expired on ${dateText(cause.at)}`,
        remedy: `the ${owner}'s operator must renew it; if the date looks right, check the clock of this machine`,
      };
    case 'not-yet-valid':
      return {
        why: `${its} is not valid before ${dateText(cause.at)}`,
        remedy: 'check the clock of this machine; else the certificate was made too early',
      };
    case 'revoked':
      return {
        why: `${its} was revoked by its issuer, as ${cause.by === 'list' ? 'a revocation list of CRLfile or CRLpath' : 'OCSP'} says`,
        remedy: `the ${owner} needs a new certificate; do not switch the check off`,
      };
    case 'revocation-unknown':
      return {
        why: `nobody could say whether ${its} was revoked (OCSP)`,
        remedy: 'see that the responder can be reached from here; `OCSPrequire = no` accepts certificates without an answer',
      };
    case 'pin':
      return {
        why: `the key of ${its}, sha256:${cause.key}, is none of the ${cause.pins} that are pinned`,
        remedy: `if the change is genuine, pin the new key with ${pin}${shown}`,
      };
    case 'changed-key': {
      const known = cause.pinned.map((each) => `sha256:${each}`).join(', ');
      const destination = printable(cause.destination, FIELD);
      return {
        why: `the key of ${its}, sha256:${cause.key}, is not the one seen here before, ${known}`,
        remedy: `if the change is genuine, forget the old one: overcoat pin --remove ${destination}`,
      };
    }
    case 'pin-store':
      return {
        why: `the file of pins cannot be used: ${printable(cause.text, FIELD)}`,
        remedy: 'mend it, or name another with `pinStore`',
      };
    case 'not-local':
      return {
        why: `${its} is not among the local certificates of ${storesText(cause.stores)}`,
        remedy: `\`overcoat pin HOST:PORT --save FILE\` writes what verifyPeer compares with, for ${authority}`,
      };
    case 'missing':
      return {
        why: `the ${owner} showed no certificate, and one is required`,
        remedy:
          owner === 'client'
            ? `give the client a certificate issued by a CA of ${authority}, or do not ask for one`
            : 'the server offers a cipher without certificates; its configuration must change',
      };
    case 'profile':
      return {
        why: `${its} was refused: ${printable(cause.text, FIELD)} (${printable(cause.subject, FIELD)})`,
        remedy: `have it issued anew; ${words.profile}, and ${pin} accepts this very key`,
      };
    case 'other':
      return {
        why: `${its} was refused: ${printable(cause.text, FIELD)}`,
        remedy: `\`overcoat pin HOST:PORT\` explains the certificate of a server; it must be replaced, or accepted as it is with ${pin}`,
      };
  }
}

function storesText(stores: readonly string[]): string {
  if (stores.length === 0) return 'anybody here (no store is configured)';
  return stores.map((store) => (store === 'system' ? "the system's store" : printable(store, FIELD))).join(' and ');
}

function dateText(at: number): string {
  return Number.isNaN(at) ? 'a date that cannot be read' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
