/** What the user of a service writes to change something: options of a file, flags of the commands that have no file. */
import type { ErrorCode } from '../../errors.ts';
import type { FailedLimit } from '../../failure-cause.ts';
import type { EventService } from '../events.ts';

export interface Words {
  /** Where issuers are given. */
  readonly authority: string;
  readonly pin: string;
  /** How a certificate is accepted that the strict profile alone refuses. */
  readonly profile: string;
  /** How the name of a server is corrected. */
  readonly name: string;
  /** What compares the names of a client's certificate. */
  readonly checks: string;
  readonly certificate: string;
  readonly redial: string | undefined;
  /** What shows how the server behaves; undefined: that is what failed. */
  readonly probe: string | undefined;
  readonly protocol: (name: string) => string;
  /** What has no flag: names of options, as a remedy says them. */
  readonly options: (names: string) => string;
  /** undefined: nothing sets it here. */
  readonly limit: (limit: FailedLimit) => string | undefined;
  /** Instead of the hint of the catalogue, which speaks of options. */
  readonly hint: (code: ErrorCode) => string | undefined;
}

const PROBE = '`overcoat pin HOST:PORT` tries it';

const FILE: Words = {
  authority: 'CAfile',
  pin: 'pin',
  profile: '`certProfile = openssl` takes it as it is',
  name: 'connect to a name it is for, or set `sni` and `checkHost` to one',
  checks: '`checkHost`, `checkEmail` or `checkIP`',
  certificate: '`cert` and `key`',
  redial: '`redial`',
  probe: PROBE,
  protocol: (name) => `\`protocol = ${name}\``,
  options: (names) => names,
  limit: (limit) => limit,
  hint: () => undefined,
};

const COMMAND: Words = {
  authority: '--ca FILE',
  pin: '--pin',
  profile: 'a file (`overcoat run`) with `certProfile = openssl` takes it as it is',
  name: 'connect to a name it is for',
  checks: 'the certificate',
  certificate: '--cert FILE',
  redial: '--redial SECONDS',
  probe: PROBE,
  protocol: (name) => `\`protocol = ${name}\` in a file (\`overcoat run\`)`,
  options: (names) => `${names} in a file (\`overcoat run\`)`,
  limit: () => undefined,
  hint: (code) => COMMAND_HINTS.get(code),
};

/** Of the commands whose one service has a fixed target. */
const FIXED_TARGET: Words = {
  ...COMMAND,
  name: 'connect to a name it is for, or give one with --sni NAME',
  protocol: (name) => `--protocol ${name}`,
};

/** Of the command that only looks. */
const PIN: Words = { ...FIXED_TARGET, redial: undefined, probe: undefined };

const COMMAND_HINTS: ReadonlyMap<ErrorCode, string> = new Map<ErrorCode, string>([
  [
    'server_name_missing',
    'let it connect by name rather than by address, or give the name with --name-map; --name-missing address verifies the address, --pin accepts one key',
  ],
  ['upstream_unresolved', 'check the spelling of the name, and the name servers of this machine (/etc/resolv.conf)'],
  ['upstream_timeout', 'check routing and firewalls on the way; --redial SECONDS goes on trying'],
  ['client_speaks_tls', 'let the client speak plain TCP to this port'],
  ['negotiation_timeout', 'the peer may not speak the protocol of --protocol'],
]);

export function wordsFor(service: EventService | undefined): Words {
  if (service?.origin !== 'command') return FILE;
  if (service.name === 'pin') return PIN;
  return service.name === 'client' || service.name === 'server' ? FIXED_TARGET : COMMAND;
}
