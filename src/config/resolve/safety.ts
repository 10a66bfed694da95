/**
 * Choices that work, as they do under stunnel, and that a careful administrator would not make. Each is a warning; --strict turns it
 * into an error.
 */

import { cipherWords } from '../../tls/cipher-list.ts';
import type { ServiceConfig } from '../config.ts';
import { exposureOf, listensEverywhere, openListener, openProxy } from '../exposure.ts';
import type { OptionName } from '../option-table.ts';
import { isProxy } from '../protocol-names.ts';
import type { Draft } from '../read/draft.ts';
import type { OcspFlag } from '../tls-config.ts';
import { keyLogWarning } from '../values/key-log-warning.ts';
import { UNSAFE_BITS } from '../values/ssl-options.ts';
import type { Report } from './report.ts';
import { levelOption } from './tls.ts';
import { SUBJECT_CHECKS } from './verification.ts';

/** Parts of a cipher list that bring in suites without encryption, without authentication or long broken. */
const WEAK_CIPHERS: ReadonlySet<string> = new Set([
  'NULL',
  'ENULL',
  'ANULL',
  'ADH',
  'AECDH',
  'EXPORT',
  'EXP',
  'LOW',
  'RC4',
  'DES',
  '3DES',
  'COMPLEMENTOFALL',
]);

/** Where one of them has a bad value, the user did mean to verify somebody. */
const AUTHENTICATION: readonly OptionName[] = ['verify', 'verifyChain', 'verifyPeer', 'pin', 'PSKsecrets'];

export function warnAboutSafety(service: ServiceConfig, draft: Draft, report: Report): void {
  if (service.mode === 'client') {
    if (!AUTHENTICATION.some((option) => draft.isBroken(option))) warnAboutPeer(service, draft, report);
    warnAboutListener(service, report);
  } else {
    warnAboutClients(service, report);
  }
  warnAboutAlgorithms(service, draft, report);
  if (service.tls.keyLog !== undefined) {
    report.unsafe(
      'keyLog',
      'whoever reads that file reads all that is sent; remove the line',
      keyLogWarning(service.name, service.tls.keyLog),
    );
  }
  if (!service.revocation.ocsp.require && draft.isWritten('OCSPrequire')) {
    const line = `Service [${service.name}] accepts certificates that no OCSP responder vouches for`;
    report.unsafe('OCSPrequire', 'who can hinder the OCSP answer can use a withdrawn certificate; remove the line', line);
  }
  const blind = service.revocation.ocsp.flags.find((flag) => BLIND_FLAGS.includes(flag));
  if (blind !== undefined) {
    const text = `with ${blind} anybody on the way can answer for the OCSP responder; remove the line`;
    report.unsafe('OCSPflag', text, `Service [${service.name}] believes OCSP answers that nobody vouches for`);
  }
}

/** With these the answers of anybody are believed. */
const BLIND_FLAGS: readonly OcspFlag[] = ['NOSIGS', 'NOVERIFY', 'NOCHECKS'];

/** Who is at the other end? */
function warnAboutPeer(service: ServiceConfig, draft: Draft, report: Report): void {
  const { name, verify } = service;
  if (service.psk !== undefined || verify.peer || verify.pins.length > 0) return;
  if (!verify.chain) {
    const text = 'nobody verifies the server, so anybody on the way can read and change everything; set verifyChain, verifyPeer or pin';
    report.unsafe('verify', text, `Service [${name}] needs authentication to prevent MITM attacks`);
  } else if (verify.serverName && service.names.missing === 'send') {
    const text = 'where no name can be learnt, any certificate of the CA passes; set nameMissing = refuse or pin';
    report.unsafe('nameMissing', text, `Service [${name}] connects without a name check when no name is known`);
  } else if (!verify.serverName && !SUBJECT_CHECKS.some((option) => draft.isWritten(option))) {
    const text = 'any certificate of the CA passes, whoever it was made for; name the server with checkHost or checkIP';
    const lines = `Service [${name}] uses "verifyChain" without subject checks\nUse "checkHost" or "checkIP" to restrict trusted certificates`;
    report.unsafe('verifyChain', text, lines);
  }
}

/** Who can reach the plain side? An intercepting listener must be reachable, and it never serves who connects to it directly. */
function warnAboutListener(service: ServiceConfig, report: Report): void {
  if (service.transparent.destination) return;
  const open = service.accept.find((address) => listensEverywhere(address) || (address.kind === 'tcp' && isPublicLiteral(address.host)));
  if (open === undefined) return;
  const line = `Service [${service.name}] accepts plain connections from other machines`;
  report.unsafe('accept', openListener('write accept = 127.0.0.1:PORT'), line);
}

/** Who may use what the server opens? */
function warnAboutClients(service: ServiceConfig, report: Report): void {
  const { name, verify, protocol } = service;
  const anybody = service.psk === undefined && !verify.chain && !verify.peer && verify.pins.length === 0;
  if (verify.require && anybody) {
    const text = 'clients must show a certificate, but any will do; add verifyChain = yes with CAfile';
    report.unsafe('requireCert', text, `Service [${name}] accepts any client certificate`);
  }
  if (anybody && isProxy(protocol.name))
    report.unsafe('protocol', openProxy('verifyChain = yes or pin'), `Service [${name}] is an open proxy`);
}

function warnAboutAlgorithms(service: ServiceConfig, draft: Draft, report: Report): void {
  const { name, tls } = service;
  if (tls.maxVersion === 'TLSv1' || tls.maxVersion === 'TLSv1.1') {
    report.unsafe(
      'sslVersionMax',
      `${tls.maxVersion} is broken; allow TLSv1.2 and TLSv1.3`,
      `Service [${name}] allows only ${tls.maxVersion}`,
    );
  }
  if (tls.securityLevel < 2) {
    const option = levelOption(draft);
    const remove = option === 'securityLevel' ? 'remove the line' : `remove @SECLEVEL=${tls.securityLevel}`;
    const text = `level 2 is the least that counts as secure today; ${remove}`;
    report.unsafe(option, text, `Service [${name}] uses security level ${tls.securityLevel}`);
  }
  const weak = cipherWords(tls.ciphers).find((part) => part.split('+').some((word) => WEAK_CIPHERS.has(word.toUpperCase())));
  if (weak !== undefined) report.unsafe('ciphers', `${weak} brings in broken ciphers; remove it`, `Service [${name}] uses weak ciphers`);
  if ((BigInt(tls.secureOptions) & UNSAFE_BITS) !== 0n) {
    const text = 'one of these switches weakens TLS (legacy renegotiation, no extended master secret, ...); remove it';
    const bySwitch = draft.all('options').some((change) => (change.set & UNSAFE_BITS) !== 0n);
    report.unsafe(bySwitch ? 'options' : 'config', text, `Service [${name}] uses unsafe TLS options`);
  }
}

/** An address of the open Internet; names are not resolved here. */
function isPublicLiteral(host: string): boolean {
  return /^[0-9.]+$|:/.test(host) && exposureOf({ kind: 'tcp', host, port: 0 }) === 'public';
}
