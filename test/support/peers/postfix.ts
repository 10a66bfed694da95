/**
 * Debian's Postfix (package postfix) with configuration, queue and ports of its own: one port that insists on STARTTLS, one without TLS,
 * one without TLS that wants a PROXY header. Mail for anybody at example.test lands in one Maildir. Needs root, as Postfix does.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { closedPort } from '../net/tcp.ts';
import type { Place } from '../program.ts';
import { Program, runProgram, thisMachine } from '../program.ts';

export interface PostfixOptions {
  /** Empty folder that every user may enter. */
  readonly directory: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Socket of a Dovecot that judges AUTH, path relative to the queue or absolute. */
  readonly saslSocket?: string;
  /** Insists on STARTTLS here too, on ports 25 and 587. */
  readonly wellKnown?: string;
  /** A host of a test network; default this machine. */
  readonly place?: Place;
}

export interface Postfix {
  /** STARTTLS is demanded before MAIL, AUTH is offered inside. */
  readonly securePort: number;
  readonly plainPort: number;
  /** Plain, behind a PROXY header of version 1 or 2. */
  readonly proxiedPort: number;
  /** What it has logged so far. */
  log(): string;
  /** The messages delivered so far. */
  messages(): string[];
  stop(): Promise<void>;
}

const SERVICES = `
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;

export async function startPostfix({
  directory,
  certFile,
  keyFile,
  saslSocket,
  wellKnown,
  place = thisMachine,
}: PostfixOptions): Promise<Postfix> {
  const [config, queue, data, mail] = ['config', 'queue', 'data', 'mail'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [config, queue, data, mail]) mkdirSync(folder);
  chmodSync(mail, 0o777);
  const owner = await runProgram(['chown', 'postfix:root', data]);
  if (owner.code !== 0) throw new Error(owner.stderr);
  const [securePort, plainPort, proxiedPort] = [await closedPort(), await closedPort(), await closedPort()];
  const settings = {
    compatibility_level: '3.6',
    queue_directory: queue,
    data_directory: data,
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'mail.example.test',
    mydestination: '',
    inet_protocols: 'ipv4',
    smtputf8_enable: 'no',
    maillog_file: join(directory, 'mail.log'),
    maillog_file_prefixes: directory,
    virtual_mailbox_domains: 'example.test',
    virtual_mailbox_base: mail,
    virtual_mailbox_maps: 'static:inbox/',
    virtual_uid_maps: 'static:65534',
    virtual_gid_maps: 'static:65534',
    virtual_minimum_uid: '1',
    smtpd_tls_chain_files: `${keyFile}, ${certFile}`,
    smtpd_tls_auth_only: 'yes',
    smtpd_tls_received_header: 'yes',
    smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject_unauth_destination',
    ...(saslSocket === undefined ? {} : { smtpd_sasl_auth_enable: 'yes', smtpd_sasl_type: 'dovecot', smtpd_sasl_path: saslSocket }),
  };
  writeFileSync(
    join(config, 'main.cf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  const listener = (address: string | number, ...overrides: string[]): string =>
    `${typeof address === 'number' ? `127.0.0.1:${address}` : address} inet n - n - - smtpd ${overrides.map((override) => `-o ${override}`).join(' ')}\n`;
  const known =
    wellKnown === undefined ? [] : [25, 587].map((port) => listener(`${wellKnown}:${port}`, 'smtpd_tls_security_level=encrypt'));
  const master =
    known.join('') +
    listener(securePort, 'smtpd_tls_security_level=encrypt') +
    listener(plainPort, 'smtpd_tls_security_level=none') +
    listener(proxiedPort, 'smtpd_tls_security_level=none', 'smtpd_upstream_proxy_protocol=haproxy');
  writeFileSync(join(config, 'master.cf'), master + SERVICES);
  const log = (): string => readOrNothing(join(directory, 'mail.log'));
  const program = new Program(['postfix', '-c', config, 'start-fg'], { place });
  await eventually('Postfix has started', () => !program.ended && log().includes('daemon started'));
  return {
    securePort,
    plainPort,
    proxiedPort,
    log,
    messages: () => delivered(join(mail, 'inbox', 'new')),
    stop: async () => {
      await runProgram(['postfix', '-c', config, 'stop']);
      await program.stop();
    },
  };
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function delivered(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  } catch {
    return []; // nothing was delivered yet
  }
}
