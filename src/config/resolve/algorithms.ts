/**
 * Lists of algorithms are judged by OpenSSL itself, so that a misspelt one is reported with its line before anything starts. The lists
 * we set ourselves are not tried again: each try costs a fifth of a millisecond.
 */
import { cipherWords } from '../../tls/cipher-list.ts';
import type { Algorithms } from '../../tls/engine/context.ts';
import { refusalOfAlgorithms } from '../../tls/engine/context.ts';
import { FILE_SERVICE } from '../defaults.ts';
import type { TlsConfig } from '../tls-config.ts';
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
  if (tls.curves !== defaults.curves && !isAccepted({ groups: tls.curves })) {
    const text = `OpenSSL does not know every group of "${tls.curves}"; write names like X25519MLKEM768:X25519:P-256`;
    report.error('curves', text, `Invalid groups list in 'curves'\n${CONTEXT_FAILED}`, 'config_invalid_value');
  }
}

/** As OpenSSL does, what a list names and there is not is passed over as long as a cipher remains; a suite of TLS 1.3 not in silence. */
function checkCiphers(ciphers: string, report: Report): void {
  const suites = cipherWords(ciphers).filter((word) => SUITES.has(word));
  const belongs = `${suites.join(', ')} ${suites.length === 1 ? 'belongs' : 'belong'} into ciphersuites`;
  const reasons = refusalOf({ ciphers });
  if (reasons === undefined) {
    if (suites.length > 0)
      report.warn('ciphers', `left out: ${belongs}`, `TLSv1.3 ciphersuites in "ciphers" left out: ${suites.join(', ')}`);
    return;
  }
  const isCommand = reasons.includes('invalid command');
  const reason = isCommand ? 'error:0A000118:SSL routines::invalid command' : NO_MATCH;
  report.error('ciphers', problemOf(), `SSL_CTX_set_cipher_list: ${reason}\n${CONTEXT_FAILED}`, 'config_invalid_value');

  function problemOf(): string {
    if (isCommand) return `OpenSSL cannot carry out "${ciphers}"; its commands are @STRENGTH and @SECLEVEL=0 to @SECLEVEL=5`;
    if (suites.length > 0) return `${belongs}; the ciphers of TLS 1.2 have names like ECDHE-RSA-AES128-GCM-SHA256`;
    return `OpenSSL finds no cipher for "${ciphers}"; \`openssl ciphers\` shows what a list stands for`;
  }
}

/** One unknown suite among known ones is passed over, as OpenSSL does, but not in silence. */
function checkSuites(ciphersuites: string, report: Report): void {
  const names = ciphersuites.split(':').filter((name) => name !== '');
  const unknown = names.filter((name) => !SUITES.has(name));
  if (names.length > 0 && unknown.length === names.length) {
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
const judged = new Map<string, readonly string[] | undefined>();

function isAccepted(lists: Algorithms): boolean {
  return refusalOf(lists) === undefined;
}

/** Why OpenSSL refuses the lists, undefined where it takes them. */
function refusalOf(lists: Algorithms): readonly string[] | undefined {
  const key = JSON.stringify(lists);
  if (!judged.has(key)) judged.set(key, refusalOfAlgorithms(lists));
  return judged.get(key);
}
