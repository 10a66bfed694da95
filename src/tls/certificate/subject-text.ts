/**
 * The subject of a certificate as stunnel prints it: OpenSSL's one-line form, `C=DE, O="Acme, Inc", CN=a.test`. Made from Node's
 * text, which has one `KEY=VALUE` a line with the escapes of RFC 2253. Not for comparing identities, only for people.
 */
import type { X509Certificate } from 'node:crypto';

/** Of a certificate of 100 KB, the most that OpenSSL takes, each byte may be written as three characters. People read less of it. */
const MOST_SHOWN = 4096;
const CUT_MARK = '...';

/** One line; untrusted, so whoever prints it escapes it. Empty for an empty subject. */
export function subjectText(certificate: X509Certificate): string {
  return oneLine(certificate.subject);
}

/** The same of the issuer. */
export function issuerText(certificate: X509Certificate): string {
  return oneLine(certificate.issuer);
}

const subjects = new WeakMap<X509Certificate, string>();

/** The subject for events and failures: its first MOST_SHOWN characters. */
export function shownSubject(certificate: X509Certificate): string {
  return subjects.getOrInsertComputed(certificate, (peer) => shown(subjectText(peer)));
}

/** The same of the issuer. */
export function shownIssuer(certificate: X509Certificate): string {
  return shown(issuerText(certificate));
}

function shown(text: string): string {
  return text.length > MOST_SHOWN ? text.slice(0, MOST_SHOWN - CUT_MARK.length) + CUT_MARK : text;
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').map(quoted).join(', ');
}

/**
 * The subject in the form in which two are compared: letter case and runs of blanks do not count (as in OpenSSL's
 * X509_NAME_cmp, which also ignores the string types).
 */
export function canonicalSubject(certificate: X509Certificate): string {
  let canonical = '';
  // a blank at either end of a value comes with a backslash
  for (const char of (certificate.subject ?? '').replaceAll('\\ ', ' ')) {
    const blank = char === ' ';
    if (blank && (canonical === '' || BEFORE_BLANK.has(canonical.at(-1) as string))) continue;
    if (char === '\n' && canonical.endsWith(' ')) canonical = canonical.slice(0, -1);
    canonical += char >= 'A' && char <= 'Z' ? char.toLowerCase() : char;
  }
  return canonical.trimEnd();
}

/** A blank after one of these is leading or repeated. */
const BEFORE_BLANK = new Set([' ', '\n', '=']);

const NEEDS_QUOTES = new Set([',', '+', '<', '>', ';', ' ', '#']);

/** `O=Acme\, Inc` to `O="Acme, Inc"`: a backslash before these becomes quotes around the whole value. */
function quoted(part: string): string {
  const at = part.indexOf('=');
  if (at < 0 || !part.includes('\\')) return part;
  let value = '';
  let quotes = false;
  for (let index = at + 1; index < part.length; index += 1) {
    const char = part[index] as string;
    const next = part[index + 1];
    if (char !== '\\' || next === undefined) {
      value += char;
    } else {
      index += 1;
      if (NEEDS_QUOTES.has(next)) {
        quotes = true;
        value += next;
      } else {
        value += char + next;
      }
    }
  }
  return quotes ? `${part.slice(0, at + 1)}"${value}"` : part;
}
