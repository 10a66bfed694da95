/** The TLS parameters of a section of a file: versions, algorithms, OpenSSL's switches, and the commands of `config`. */

import type { Command } from '../../tls/engine/commands.ts';
import { effectOf } from '../../tls/engine/commands.ts';
import { FILE_SERVICE } from '../defaults.ts';
import { alpnOf } from '../protocol-names.ts';
import type { Draft } from '../read/draft.ts';
import type { PskConfig, SessionConfig, TlsConfig, TlsVersion } from '../tls-config.ts';
import type { BitChange } from '../values/ssl-options.ts';
import { CIPHER_SERVER_PREFERENCE, NO_RENEGOTIATION } from '../values/ssl-options.ts';
import { TLS_VERSIONS } from '../values/tls-values.ts';
import { isPossible } from './commands.ts';
import type { Report } from './report.ts';

const DEFAULTS = FILE_SERVICE.tls;

export function resolveTls(draft: Draft): TlsConfig {
  const tls = writtenTls(draft);
  if (tls.commands.length === 0 && !setsLevel(tls.ciphers)) return tls;
  const effect = effectOf(tls, draft.one('client') === true ? 'client' : 'server');
  if (effect === undefined) return tls;
  const ciphers = lastOf(tls.commands, 'CipherString') ?? tls.ciphers;
  const ciphersuites = lastOf(tls.commands, 'Ciphersuites') ?? tls.ciphersuites;
  return { ...tls, ...effect, ciphers, ciphersuites, honorCipherOrder: (BigInt(effect.secureOptions) & CIPHER_SERVER_PREFERENCE) !== 0n };
}

/** As the options say, before the library has carried out `config`. */
function writtenTls(draft: Draft): TlsConfig {
  const { min, max } = versionsOf(draft);
  const renegotiation = draft.one('renegotiation') ?? DEFAULTS.renegotiation;
  const { set, clear } = optionBits(draft);
  const bits = set | (renegotiation ? 0n : NO_RENEGOTIATION);
  const cert = draft.one('cert');
  const commands = draft.all('config');
  return {
    minVersion: min ?? DEFAULTS.minVersion,
    maxVersion: max ?? DEFAULTS.maxVersion,
    ciphers: draft.one('ciphers') ?? DEFAULTS.ciphers,
    ciphersuites: draft.one('ciphersuites') ?? DEFAULTS.ciphersuites,
    curves: draft.one('curves') ?? lastOf(commands, 'Groups', 'Curves') ?? DEFAULTS.curves,
    securityLevel: draft.one('securityLevel') ?? DEFAULTS.securityLevel,
    secureOptions: Number(bits),
    clearedOptions: Number(clear),
    commands: commands.filter((command) => isPossible(command) && !isNamed(command, 'Groups', 'Curves')), // `curves` comes after them
    honorCipherOrder: (bits & CIPHER_SERVER_PREFERENCE) !== 0n,
    renegotiation,
    cert,
    key: draft.one('key') ?? cert,
    alpn: draft.one('alpn') ?? alpnOf(draft.one('protocol')),
    keyLog: draft.one('keyLog'),
  };
}

function setsLevel(ciphers: string): boolean {
  return ciphers.includes('@SECLEVEL');
}

/** Where a security level comes from: the list that has the last word, or `securityLevel`. */
export function levelOption(draft: Draft): 'ciphers' | 'config' | 'securityLevel' {
  if (draft.all('config').some((command) => isNamed(command, 'CipherString') && setsLevel(command.value))) return 'config';
  return setsLevel(draft.one('ciphers') ?? '') ? 'ciphers' : 'securityLevel';
}

export function resolveSessions(draft: Draft): SessionConfig {
  const secret = draft.one('ticketKeySecret');
  const mac = draft.one('ticketMacSecret');
  const lifetime = draft.one('sessionCacheTimeout');
  return {
    resume: draft.one('sessionResume') ?? FILE_SERVICE.sessions.resume,
    cacheSize: draft.one('sessionCacheSize') ?? FILE_SERVICE.sessions.cacheSize,
    lifetimeMs: lifetime === undefined ? FILE_SERVICE.sessions.lifetimeMs : lifetime * 1000,
    ticketFile: draft.one('client') === true ? undefined : draft.one('ticketKeyFile'),
    ticketKeys: secret === undefined || mac === undefined || draft.one('client') === true ? undefined : { secret, mac },
  };
}

export function resolvePsk(draft: Draft): PskConfig | undefined {
  const secretsFile = draft.one('PSKsecrets');
  return secretsFile === undefined
    ? undefined
    : { secretsFile, identity: draft.one('client') === true ? draft.one('PSKidentity') : undefined };
}

export function checkVersions({ minVersion: min, maxVersion: max }: TlsConfig, report: Report): void {
  if (TLS_VERSIONS.indexOf(min) <= TLS_VERSIONS.indexOf(max)) return;
  report.error('sslVersionMin', `the oldest version ${min} is newer than the newest, ${max}; swap them`, 'Invalid protocol version range');
}

/** A server shows a certificate, unless pre-shared keys stand for it. */
export function checkCertificate(draft: Draft, report: Report): void {
  if (
    draft.isBroken('client') ||
    draft.one('client') === true ||
    draft.isWritten('cert') ||
    draft.isWritten('acme') ||
    draft.isWritten('PSKsecrets')
  )
    return;
  if (draft.isWritten('engineId') || draft.isWritten('engineNum')) return;
  report.error('cert', 'a TLS server needs a certificate; name its file with cert', 'TLS server needs a certificate');
}

/** A server knows every identity of its file. */
export function checkPsk(draft: Draft, report: Report): void {
  if (!draft.isWritten('PSKsecrets') || draft.one('PSKidentity') === undefined || draft.one('client') === true) return;
  report.warn('PSKidentity', 'ignored: a server takes every identity of PSKsecrets', 'PSK identity is ignored in the server mode');
}

export function checkTicketKeys(draft: Draft, report: Report): void {
  if (draft.isWritten('ticketKeyFile')) {
    const both = draft.isWritten('ticketKeySecret') || draft.isWritten('ticketMacSecret');
    if (draft.one('client') === true) report.warn('ticketKeyFile', 'ignored: only servers make tickets', 'ticketKeyFile is ignored');
    else if (both)
      report.error(
        'ticketKeyFile',
        'it takes the place of ticketKeySecret and ticketMacSecret; say one or the others',
        'ticketKeyFile and ticketKeySecret exclude each other',
      );
  }
  for (const option of ['ticketKeySecret', 'ticketMacSecret'] as const) {
    if (!draft.isWritten(option)) continue;
    if (draft.one('client') === true) {
      report.warn(option, 'ignored: only servers make tickets', `${option} is ignored in the client mode`);
    } else if (!draft.isWritten('ticketKeySecret') || !draft.isWritten('ticketMacSecret')) {
      const reason = '"ticketKeySecret" and "ticketMacSecret" must be set together';
      report.error(
        option,
        `it goes together with ${option === 'ticketKeySecret' ? 'ticketMacSecret' : 'ticketKeySecret'}; set both or neither`,
        reason,
      );
    }
  }
}

interface Versions {
  readonly min: TlsVersion | undefined;
  readonly max: TlsVersion | undefined;
}

/** sslVersion sets both ends, and the last line about each end counts. */
function versionsOf(draft: Draft): Versions {
  const steps = [
    ...draft.entries('sslVersion').map(({ order, value }) => ({ order, min: true, max: true, value })),
    ...draft.entries('sslVersionMin').map(({ order, value }) => ({ order, min: true, max: false, value })),
    ...draft.entries('sslVersionMax').map(({ order, value }) => ({ order, min: false, max: true, value })),
  ].sort((a, b) => a.order - b.order);
  let min: TlsVersion | undefined;
  let max: TlsVersion | undefined;
  for (const step of steps) {
    if (step.min) min = step.value;
    if (step.max) max = step.value;
  }
  return { min, max };
}

/** All that is set, without all that is cleared, as stunnel has it. */
function optionBits(draft: Draft): BitChange {
  let set = 0n;
  let clear = 0n;
  for (const change of draft.all('options')) {
    set |= change.set;
    clear |= change.clear;
  }
  return { set: set & ~clear, clear };
}

/** The value of the last command with one of these names. */
function lastOf(commands: readonly Command[], ...names: readonly string[]): string | undefined {
  return commands.findLast((command) => isNamed(command, ...names))?.value;
}

function isNamed({ name }: Command, ...names: readonly string[]): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase());
}
