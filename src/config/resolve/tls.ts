/** The TLS parameters of a section of a file: versions, algorithms, OpenSSL's switches, and the commands of `config`. */

import { listedSecurityLevel } from '../../tls/cipher-list.ts';
import type { PskConfig, SessionConfig, TlsConfig, TlsVersion } from '../config.ts';
import { FILE_SERVICE } from '../defaults.ts';
import { alpnOf } from '../protocol-names.ts';
import type { Draft } from '../read/draft.ts';
import type { SslCommand } from '../values/ssl-commands.ts';
import { CIPHER_SERVER_PREFERENCE, NO_RENEGOTIATION, UNCLEARABLE } from '../values/ssl-options.ts';
import { TLS_VERSIONS } from '../values/tls-values.ts';
import type { Report } from './report.ts';

const DEFAULTS = FILE_SERVICE.tls;

interface Versions {
  readonly min: TlsVersion | undefined;
  readonly max: TlsVersion | undefined;
}

export function resolveTls(draft: Draft): TlsConfig {
  const commands = draft.all('config');
  const { min, max } = versionsOf(draft, commands);
  const renegotiation = draft.one('renegotiation') ?? DEFAULTS.renegotiation;
  const bits = optionBits(draft, commands) | (renegotiation ? 0n : NO_RENEGOTIATION);
  const cert = draft.one('cert');
  return {
    minVersion: min ?? DEFAULTS.minVersion,
    maxVersion: max ?? DEFAULTS.maxVersion,
    ciphers: lastList(commands, 'ciphers') ?? draft.one('ciphers') ?? DEFAULTS.ciphers,
    ciphersuites: lastList(commands, 'ciphersuites') ?? draft.one('ciphersuites') ?? DEFAULTS.ciphersuites,
    curves: draft.one('curves') ?? lastList(commands, 'groups') ?? DEFAULTS.curves,
    securityLevel: listedLevel(draft)?.level ?? draft.one('securityLevel') ?? DEFAULTS.securityLevel,
    secureOptions: Number(bits),
    signatureAlgorithms: lastList(commands, 'signature-algorithms'),
    honorCipherOrder: (bits & CIPHER_SERVER_PREFERENCE) !== 0n,
    renegotiation,
    cert,
    key: draft.one('key') ?? cert,
    alpn: draft.one('alpn') ?? alpnOf(draft.one('protocol')),
  };
}

/**
 * The last `@SECLEVEL` of the cipher lists, `ciphers` before the CipherStrings of `config`, and the option it stands in. OpenSSL
 * carries it out as it reads the list, after `securityLevel` was set, and no later list without one takes it back.
 */
export function listedLevel(draft: Draft): { readonly level: number; readonly option: 'ciphers' | 'config' } | undefined {
  const lists = [
    { list: draft.one('ciphers') ?? '', option: 'ciphers' as const },
    ...draft.all('config').flatMap((command) => (command.kind === 'ciphers' ? [{ list: command.list, option: 'config' as const }] : [])),
  ];
  const levels = lists.flatMap(({ list, option }) => {
    const level = listedSecurityLevel(list);
    return level === undefined ? [] : [{ level, option }];
  });
  return levels.at(-1);
}

export function resolveSessions(draft: Draft): SessionConfig {
  const secret = draft.one('ticketKeySecret');
  const mac = draft.one('ticketMacSecret');
  const lifetime = draft.one('sessionCacheTimeout');
  return {
    resume: draft.one('sessionResume') ?? FILE_SERVICE.sessions.resume,
    cacheSize: draft.one('sessionCacheSize') ?? FILE_SERVICE.sessions.cacheSize,
    lifetimeMs: lifetime === undefined ? FILE_SERVICE.sessions.lifetimeMs : lifetime * 1000,
    ticketKeys: secret === undefined || mac === undefined || draft.one('client') === true ? undefined : { secret, mac },
  };
}

export function resolvePsk(draft: Draft): PskConfig | undefined {
  const secretsFile = draft.one('PSKsecrets');
  return secretsFile === undefined ? undefined : { secretsFile, identity: draft.one('PSKidentity') };
}

export function checkVersions(draft: Draft, report: Report): void {
  const { min, max } = versionsOf(draft, draft.all('config'));
  if (min === undefined || max === undefined || TLS_VERSIONS.indexOf(min) <= TLS_VERSIONS.indexOf(max)) return;
  report.error('sslVersionMin', `the oldest version ${min} is newer than the newest, ${max}; swap them`, 'Invalid protocol version range');
}

/** A server shows a certificate, unless pre-shared keys stand for it. */
export function checkCertificate(draft: Draft, report: Report): void {
  if (draft.isBroken('client') || draft.one('client') === true || draft.isWritten('cert') || draft.isWritten('PSKsecrets')) return;
  if (draft.isWritten('engineId') || draft.isWritten('engineNum')) return;
  report.error('cert', 'a TLS server needs a certificate; name its file with cert', 'TLS server needs a certificate');
}

export function checkTicketKeys(draft: Draft, report: Report): void {
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

export function checkUnclearable(draft: Draft, report: Report): void {
  const clears = draft.all('options').some((change) => (change.clear & UNCLEARABLE) !== 0n);
  if (!clears) return;
  report.warn(
    'options',
    'ENABLE_MIDDLEBOX_COMPAT stays on: the runtime cannot clear it',
    'TLS option ENABLE_MIDDLEBOX_COMPAT cannot be cleared',
  );
}

/** sslVersion sets both ends, the last line about each end counts, and `config` commands come after all of them. */
function versionsOf(draft: Draft, commands: readonly SslCommand[]): Versions {
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
  for (const command of commands) {
    if (command.kind === 'min-version') min = command.version;
    if (command.kind === 'max-version') max = command.version;
  }
  return { min, max };
}

/** All that is set, without all that is cleared, as stunnel has it; then the commands of `config` one after the other. */
function optionBits(draft: Draft, commands: readonly SslCommand[]): bigint {
  let set = 0n;
  let clear = 0n;
  for (const change of draft.all('options')) {
    set |= change.set;
    clear |= change.clear;
  }
  let bits = set & ~clear;
  for (const command of commands) {
    if (command.kind === 'options') bits = (bits | command.change.set) & ~command.change.clear;
  }
  return bits;
}

function lastList(
  commands: readonly SslCommand[],
  kind: 'groups' | 'ciphers' | 'ciphersuites' | 'signature-algorithms',
): string | undefined {
  const lists = commands.flatMap((command) => (command.kind === kind ? [command.list] : []));
  return lists.at(-1);
}
