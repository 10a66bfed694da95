/**
 * What stunnel serves although some or all clients will fail: a start says it in the log and goes on, `overcoat check` refuses it.
 * Both ask here.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isHttpUrl } from '../../address/http-url.ts';
import type { Address, Config, GlobalConfig, ServiceConfig } from '../../config/config.ts';
import { FILE_SERVICE } from '../../config/defaults.ts';
import type { ErrorCode } from '../../errors.ts';
import { foreseeFolder, pathBelow } from '../../linux/files/foreseen-file.ts';
import { PinStore } from '../../names/pins/pin-store.ts';
import { findExecutable } from '../../programs/program.ts';
import { printable } from '../../text/printable.ts';
import { describeSystemError, systemErrorText } from '../../text/system-error.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';

export interface Flaw {
  readonly code: ErrorCode;
  readonly option:
    | 'cert'
    | 'ciphers'
    | 'ciphersuites'
    | 'connect'
    | 'exec'
    | 'OCSP'
    | 'pinStore'
    | 'protocolHost'
    | 'redirect'
    | 'sni'
    | '';
  readonly text: string;
}

/** The flaws of one service that could be prepared. @param index which of the configuration's services it is */
export async function flawsOf(
  { global, services }: Pick<Config, 'global' | 'services'>,
  index: number,
  tls: ServiceTls,
): Promise<readonly Flaw[]> {
  const config = services[index] as ServiceConfig;
  const found: (Flaw | undefined)[] = [
    services.findIndex(({ name }) => name === config.name) < index
      ? flaw('config_conflict', '', `a section above has the same name; give each its own, since a reload and the log know them by it`)
      : undefined,
    portFlaw('connect', config.connect),
    portFlaw('redirect', config.redirect),
    nameFlaw(config),
    tunnelFlaw(config),
    responderFlaw(config),
    certificateFlaw(config, tls, new Date()),
    programFlaw(config, global),
    cipherFlaw(config, tls),
    suiteFlaw(config),
    await pinFlaw(config, global),
  ];
  return found.filter((each) => each !== undefined);
}

function flaw(code: ErrorCode, option: Flaw['option'], text: string): Flaw {
  return { code, option, text };
}

function portFlaw(option: 'connect' | 'redirect', addresses: readonly Address[]): Flaw | undefined {
  const unknown = addresses.flatMap((address) => (address.kind === 'tcp' ? (address.unknownPort ?? []) : []));
  if (unknown.length === 0) return undefined;
  const ports = unknown.map((port) => `"${printable(port)}"`).join(', ');
  const text = `${ports} is not a port, so nobody is reached there; write host:port, with a number up to 65535 or a name of /etc/services`;
  return flaw('config_invalid_value', option, text);
}

function nameFlaw({ serverName }: ServiceConfig): Flaw | undefined {
  if (serverName.kind !== 'none' || serverName.unusable === undefined) return undefined;
  const { written, why } = serverName.unusable;
  const text = `"${printable(written)}" is not a host name: ${why}, so no name is sent; write a name, auto, or nothing to send none`;
  return flaw('config_invalid_value', 'sni', text);
}

function tunnelFlaw({ protocol, mode }: ServiceConfig): Flaw | undefined {
  if (mode !== 'client' || protocol.name !== 'connect' || protocol.host !== undefined) return undefined;
  const text = 'protocol = connect needs protocolHost = HOST:PORT, the target behind the proxy: without it every connection fails';
  return flaw('config_conflict', 'protocolHost', text);
}

/** Without verifyChain nobody is asked. The URL is not repeated: a password may stand in it. */
function responderFlaw({ revocation: { ocsp }, verify }: ServiceConfig): Flaw | undefined {
  if (!verify.chain || ocsp.url === undefined || isHttpUrl(ocsp.url)) return undefined;
  const effect = ocsp.require ? 'every peer is refused' : 'a revoked certificate is accepted';
  return flaw('config_invalid_value', 'OCSP', `it is no http URL, so nobody is asked and ${effect}; write http://HOST[:PORT][/PATH]`);
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

/** Whatever is wrong with the store refuses the connections that ask it. */
async function pinFlaw({ names }: ServiceConfig, { chroot }: GlobalConfig): Promise<Flaw | undefined> {
  if (names.missing !== 'pin') return undefined;
  const root = rootOf(chroot);
  try {
    foreseeFolder(dirname(names.pinStore), root);
    const there = join(root, names.pinStore);
    if (existsSync(there)) await new PinStore(there).list();
    return undefined;
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === undefined ? (cause as Error).message : `${names.pinStore}: ${systemErrorText(cause)}`;
    return flaw(
      'config_key_material',
      'pinStore',
      `${why}; mend it or name another: until then every connection that has no name is refused`,
    );
  }
}

function programFlaw({ exec }: ServiceConfig, { chroot, setEnv }: GlobalConfig): Flaw | undefined {
  if (exec === undefined) return undefined;
  const root = rootOf(chroot);
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

/** After a chroot, in a reload, the jail is not below itself. */
function rootOf(chroot: string | undefined): string {
  return chroot !== undefined && existsSync(chroot) ? chroot : '/';
}

/** stunnel takes an empty list, which is right only for a service that does not speak TLS 1.3. */
function suiteFlaw({ tls: { ciphersuites, maxVersion } }: ServiceConfig): Flaw | undefined {
  if (ciphersuites !== '' || maxVersion !== 'TLSv1.3') return undefined;
  const text = 'the list is empty, so every handshake of TLS 1.3 fails; remove the line, or set sslVersionMax = TLSv1.2';
  return flaw('config_invalid_value', 'ciphersuites', text);
}

/** OpenSSL's defaults are not asked about. */
function cipherFlaw({ tls: { ciphers, minVersion }, acme }: ServiceConfig, { endpoint, ownCertificate }: ServiceTls): Flaw | undefined {
  if (acme !== undefined && ownCertificate === undefined) return undefined; // it is the key that is missing
  if (ciphers === FILE_SERVICE.tls.ciphers || minVersion === 'TLSv1.3' || endpoint.hasUsableCipher()) return undefined;
  const text = `nothing of "${ciphers}" can be used here: the security level, the versions or the key forbid it all`;
  return flaw('config_invalid_value', 'ciphers', `${text}; \`openssl ciphers -s -v 'LIST'\` shows what would be left`);
}
