/**
 * Debian's Dovecot (packages dovecot-imapd, -pop3d, -lmtpd, -managesieved) with configuration, folders and ports of its own. Two sets of
 * ports: on 127.0.0.2 it insists on TLS; on 127.0.0.1, where both ends have one address, it takes the connection for secure and lets
 * clients log in without. One user, `fred` with the password `secret`. Needs root, as Dovecot does.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../net/tcp.ts';
import type { Place } from '../program.ts';
import { Program, thisMachine } from '../program.ts';

export const FRED = { name: 'fred', password: 'secret' } as const;

/** Where Dovecot does not take us for itself. */
export const INSISTING = '127.0.0.2';

const PROTOCOLS = ['imap', 'pop3', 'lmtp', 'sieve'] as const;
export type DovecotProtocol = (typeof PROTOCOLS)[number];

const WELL_KNOWN: Readonly<Record<DovecotProtocol, number>> = { imap: 143, pop3: 110, lmtp: 24, sieve: 4190 };

export interface DovecotOptions {
  /** Empty folder that every user may enter. */
  readonly directory: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Insists on TLS here too, on the ports everybody knows. */
  readonly wellKnown?: string;
  /** A host of a test network; default this machine. */
  readonly place?: Place;
}

export interface Dovecot {
  /** One port a protocol; the same number on 127.0.0.2 (insists on TLS) and 127.0.0.1 (does not). */
  readonly ports: Readonly<Record<DovecotProtocol, number>>;
  /** For Postfix. */
  readonly saslSocket: string;
  readonly program: Program;
  stop(): Promise<void>;
}

/** What Dovecot 2.4 writes in another way than 2.3. */
interface Dialect {
  /** What the file must begin with. */
  readonly head: string;
  /** The option of a listener that holds its addresses. */
  readonly address: string;
  readonly keys: (certFile: string, keyFile: string) => string;
  /** Where mail is kept, and who may log in. */
  readonly users: (mail: string) => string;
}

const VERSION_23: Dialect = {
  head: '',
  address: 'address',
  keys: (certFile, keyFile) => `ssl_cert = <${certFile}\nssl_key = <${keyFile}`,
  users: (mail) => `mail_location = maildir:${mail}/%n
passdb {
 driver = static
 args = user=${FRED.name} password=${FRED.password}
}
userdb {
 driver = static
 args = uid=nobody gid=nogroup home=${mail}/%n allow_all_users=yes
}`,
};

const VERSION_24: Dialect = {
  head: 'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0',
  address: 'listen',
  keys: (certFile, keyFile) => `ssl_server_cert_file = ${certFile}\nssl_server_key_file = ${keyFile}`,
  users: (mail) => `mail_driver = maildir
mail_path = ${mail}/%{user | username}
passdb static {
 password = ${FRED.password}
 fields {
  user = ${FRED.name}
 }
}
userdb static {
 allow_all_users = yes
 fields {
  uid = nobody
  gid = nogroup
  home = ${mail}/%{user | username}
 }
}`,
};

function usesVersion24(): boolean {
  const [major = 0, minor = 0] = execFileSync('dovecot', ['--version'], { encoding: 'utf8' }).split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 4);
}

export async function startDovecot({ directory, certFile, keyFile, wellKnown, place = thisMachine }: DovecotOptions): Promise<Dovecot> {
  const [run, state, mail] = ['run', 'state', 'mail'].map((name) => join(directory, name)) as [string, string, string];
  for (const folder of [run, state, mail]) mkdirSync(folder);
  chmodSync(mail, 0o777);
  const ports = { imap: await closedPort(), pop3: await closedPort(), lmtp: await closedPort(), sieve: await closedPort() };
  const saslSocket = join(run, 'auth-postfix');
  const dialect = usesVersion24() ? VERSION_24 : VERSION_23;
  const listeners = (name: DovecotProtocol, port: number): string =>
    `inet_listener ${name} {\n ${dialect.address} = 127.0.0.1 ${INSISTING}\n port = ${port}\n}\n${
      wellKnown === undefined ? '' : `inet_listener ${name}_known {\n ${dialect.address} = ${wellKnown}\n port = ${WELL_KNOWN[name]}\n}\n`
    }`;
  // A login service is named after its protocol; its usual TLS port is switched off.
  const login = (protocol: 'imap' | 'pop3', port: number): string =>
    `service ${protocol}-login {\n${listeners(protocol, port)}inet_listener ${protocol}s {\n port = 0\n}\n}\n`;
  const config = `${dialect.head}
protocols = imap pop3 lmtp sieve
base_dir = ${run}
state_dir = ${state}
log_path = /dev/stderr
ssl = required
${dialect.keys(certFile, keyFile)}
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
${dialect.users(mail)}
${login('imap', ports.imap)}${login('pop3', ports.pop3)}
service lmtp {
${listeners('lmtp', ports.lmtp)}}
service managesieve-login {
${listeners('sieve', ports.sieve)}}
service auth {
 unix_listener ${saslSocket} {
  mode = 0666
 }
}
`;
  const file = join(directory, 'dovecot.conf');
  writeFileSync(file, config);
  const program = new Program(['dovecot', '-F', '-c', file], { place });
  await program.saw(/starting up/);
  return {
    ports,
    saslSocket,
    program,
    stop: async () => {
      await program.stop();
    },
  };
}
