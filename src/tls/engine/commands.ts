/** Commands of SSL_CONF_cmd(3), as the library judges them and what they bring about. */
import type { TlsConfig, TlsVersion } from '../../config/tls-config.ts';
import { commandType } from '../../openssl/context/commands.ts';
import { Context } from '../../openssl/context/context.ts';
import type { Command, Role } from '../../openssl/context/context-options.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import { OP } from '../../openssl/library/library.ts';

export type { Command };

/** `file`: OpenSSL would open what the value names. */
export type CommandKind = 'text' | 'file' | 'unknown';

/** @param name in any case */
export function kindOfCommand(name: string): CommandKind {
  return commandType(name);
}

export interface Refusal {
  /** For people. */
  readonly reason: string;
  /** As OpenSSL's error queue has it. */
  readonly text: string;
}

/** Why the library does not take the command; `unknown`: it is one of the other role; undefined where it takes it. */
export function refusalOfCommand(role: Role, command: Command): Refusal | 'unknown' | undefined {
  try {
    new Context({ role, commands: [command] }).free();
    return undefined;
  } catch (error) {
    if (!(error instanceof OpensslError)) throw error;
    if (error.has('unknown cmd name')) return 'unknown';
    const cause = error.queue.find(({ reason }) => reason !== '' && reason !== 'bad value') ?? error.queue[0];
    return { reason: cause?.reason ?? error.message, text: cause?.text ?? error.message };
  }
}

/** What comes of lists and commands in a context. */
export type Effect = Pick<TlsConfig, 'minVersion' | 'maxVersion' | 'securityLevel' | 'secureOptions' | 'clearedOptions'>;

/** @returns undefined where the library does not take them, which is reported elsewhere, list by list */
export function effectOf(tls: TlsConfig, role: Role): Effect | undefined {
  const { ciphers, securityLevel, minVersion, maxVersion, commands } = tls;
  try {
    const set = BigInt(tls.secureOptions);
    const clear = BigInt(tls.clearedOptions) | OP.NO_RENEGOTIATION; // only one that somebody has asked for is to be seen
    const sessions = { resume: true }; // without, tickets are off whatever is written
    const bare = new Context({ role, sessions, options: { set: 0n, clear: OP.NO_RENEGOTIATION } });
    const options = { set, clear: clear & ~set };
    const full = new Context({ role, sessions, ciphers, securityLevel, minVersion, maxVersion, options, commands });
    const effect = {
      minVersion: VERSIONS.get(full.minVersion) ?? 'TLSv1',
      maxVersion: VERSIONS.get(full.maxVersion) ?? 'TLSv1.3',
      securityLevel: full.securityLevel,
      secureOptions: Number(full.bits & ~bare.bits),
      clearedOptions: Number(bare.bits & ~full.bits),
    };
    bare.free();
    full.free();
    return effect;
  } catch (error) {
    if (error instanceof OpensslError) return undefined;
    throw error;
  }
}

/** As the record layer numbers them; 0: no bound. */
const VERSIONS: ReadonlyMap<number, TlsVersion> = new Map([
  [0x0300, 'TLSv1'], // SSLv3, which is not there
  [0x0301, 'TLSv1'],
  [0x0302, 'TLSv1.1'],
  [0x0303, 'TLSv1.2'],
  [0x0304, 'TLSv1.3'],
]);
