/**
 * What stunnel serves although some or all clients will fail: a start says it in the log and goes on, `overcoat check` refuses it.
 * Both ask here.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Config, GlobalConfig, ServiceConfig } from '../../config/config.ts';
import { FILE_SERVICE } from '../../config/defaults.ts';
import type { ErrorCode } from '../../errors.ts';
import { pathBelow } from '../../linux/files/foreseen-file.ts';
import { findExecutable } from '../../programs/program.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';

export interface Flaw {
  readonly code: ErrorCode;
  readonly option: 'cert' | 'ciphers' | 'exec' | '';
  readonly text: string;
}

/** The flaws of one service that could be prepared. @param index which of the configuration's services it is */
export function flawsOf({ global, services }: Pick<Config, 'global' | 'services'>, index: number, tls: ServiceTls): Flaw[] {
  const config = services[index] as ServiceConfig;
  const found: (Flaw | undefined)[] = [
    services.findIndex(({ name }) => name === config.name) < index
      ? flaw('config_conflict', '', `a section above has the same name; give each its own, since a reload and the log know them by it`)
      : undefined,
    certificateFlaw(config, tls, new Date()),
    programFlaw(config, global),
    cipherFlaw(config, tls),
  ];
  return found.filter((each) => each !== undefined);
}

function flaw(code: ErrorCode, option: Flaw['option'], text: string): Flaw {
  return { code, option, text };
}

function certificateFlaw({ tls: { cert } }: ServiceConfig, { ownCertificate }: ServiceTls, now: Date): Flaw | undefined {
  if (ownCertificate === undefined) return undefined;
  const { validFromDate, validToDate } = ownCertificate;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const text =
    validToDate < now
      ? `the certificate expired on ${day(validToDate)}; renew it: peers that verify refuse it`
      : `the certificate is not valid before ${day(validFromDate)}; until then peers that verify refuse it: is the clock of this machine right?`;
  return validFromDate <= now && now <= validToDate ? undefined : flaw('config_key_material', 'cert', `${cert}: ${text}`);
}

function programFlaw({ exec }: ServiceConfig, { chroot, setEnv }: GlobalConfig): Flaw | undefined {
  if (exec === undefined) return undefined;
  // After a chroot, in a reload, the jail is not below itself.
  const root = chroot !== undefined && existsSync(chroot) ? chroot : '/';
  const searchPath = setEnv.findLast(({ name }) => name === 'PATH')?.value ?? process.env['PATH'] ?? '';
  try {
    findExecutable(exec.path, searchPath, (path) => accessSync(pathBelow(root, path), constants.X_OK));
    return undefined;
  } catch (cause) {
    const { text, errno } = describeSystemError(cause);
    const place = root === '/' ? '' : ` inside ${root}`;
    const advice = `install the program${place} or correct the path: without it every connection fails`;
    return flaw('exec_program', 'exec', `${exec.path}: ${text} (${errno}); ${advice}`);
  }
}

/** OpenSSL's defaults are not asked about. */
function cipherFlaw({ tls: { ciphers, minVersion }, acme }: ServiceConfig, { endpoint, ownCertificate }: ServiceTls): Flaw | undefined {
  if (acme !== undefined && ownCertificate === undefined) return undefined; // it is the key that is missing
  if (ciphers === FILE_SERVICE.tls.ciphers || minVersion === 'TLSv1.3' || endpoint.hasUsableCipher()) return undefined;
  const text = `nothing of "${ciphers}" can be used here: the security level, the versions or the key forbid it all`;
  return flaw('config_invalid_value', 'ciphers', `${text}; \`openssl ciphers -s -v 'LIST'\` shows what would be left`);
}
