/**
 * Lists of algorithms are judged by OpenSSL itself, so that a misspelt one is reported with its line before anything starts. The lists
 * we set ourselves are not tried again: each try costs a fifth of a millisecond.
 */
import type { Algorithms } from '../../tls/engine/context.ts';
import { acceptsAlgorithms } from '../../tls/engine/context.ts';
import type { TlsConfig } from '../config.ts';
import { FILE_SERVICE } from '../defaults.ts';
import type { Report } from './report.ts';

const CONTEXT_FAILED = 'Failed to initialize TLS context';
const NO_MATCH = 'error:0A0000B9:SSL routines::no cipher match';

/** RFC 8446 section B.4, and the integrity-only suites of RFC 9150. */
const SUITES: ReadonlySet<string> = new Set([
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
  'TLS_SHA256_SHA256',
  'TLS_SHA384_SHA384',
]);

export function checkAlgorithms(tls: TlsConfig, report: Report): void {
  const defaults = FILE_SERVICE.tls;
  if (tls.ciphers !== defaults.ciphers) checkCiphers(tls.ciphers, report);
  if (tls.ciphersuites !== defaults.ciphersuites) checkSuites(tls.ciphersuites, report);
  if (tls.curves !== defaults.curves && !isAccepted({ ecdhCurve: tls.curves })) {
    const text = `OpenSSL does not know every group of "${tls.curves}"; write names like X25519MLKEM768:X25519:P-256`;
    report.error('curves', text, `Invalid groups list in 'curves'\n${CONTEXT_FAILED}`, 'config_invalid_value');
  }
  if (tls.signatureAlgorithms !== undefined && !isAccepted({ sigalgs: tls.signatureAlgorithms })) {
    const text = `OpenSSL does not know every signature algorithm of "${tls.signatureAlgorithms}"`;
    report.error('config', text, CONTEXT_FAILED, 'config_invalid_value');
  }
}

/** The names of TLS 1.3 have an option of their own; among the others they would be dropped without a word. */
function checkCiphers(ciphers: string, report: Report): void {
  const suite = ciphers.split(/[:, ]/).find((name) => name.startsWith('TLS_'));
  if (suite !== undefined) {
    const text = `${suite} belongs into ciphersuites; the ciphers of TLS 1.2 have OpenSSL's names, like ECDHE-RSA-AES128-GCM-SHA256`;
    report.error('ciphers', text, `SSL_CTX_set_cipher_list: ${NO_MATCH}\n${CONTEXT_FAILED}`, 'config_invalid_value');
  } else if (!isAccepted({ ciphers })) {
    const text = `OpenSSL finds no cipher for "${ciphers}"; \`openssl ciphers\` shows what a list stands for`;
    report.error('ciphers', text, `SSL_CTX_set_cipher_list: ${NO_MATCH}\n${CONTEXT_FAILED}`, 'config_invalid_value');
  }
}

/** One unknown suite among known ones is passed over, as OpenSSL does, but not in silence. */
function checkSuites(ciphersuites: string, report: Report): void {
  const names = ciphersuites.split(':').filter((name) => name !== '');
  const unknown = names.filter((name) => !SUITES.has(name));
  if (unknown.length === names.length) {
    const text = `"${ciphersuites}" names no suite of TLS 1.3; write names like TLS_AES_128_GCM_SHA256`;
    report.error('ciphersuites', text, `SSL_CTX_set_ciphersuites: ${NO_MATCH}\n${CONTEXT_FAILED}`, 'config_invalid_value');
  } else if (unknown.length > 0) {
    report.warn('ciphersuites', `unknown and left out: ${unknown.join(', ')}`, `Unknown ciphersuites left out: ${unknown.join(', ')}`);
  }
}

/** The suites of a list that exist, colon separated. */
export function knownSuites(ciphersuites: string): string {
  return ciphersuites
    .split(':')
    .filter((name) => SUITES.has(name))
    .join(':');
}

/** Many sections of one file name the same lists. */
const judged = new Map<string, boolean>();

function isAccepted(lists: Algorithms): boolean {
  const key = JSON.stringify(lists);
  const known = judged.get(key);
  if (known !== undefined) return known;
  const accepted = acceptsAlgorithms(lists);
  judged.set(key, accepted);
  return accepted;
}
