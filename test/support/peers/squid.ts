/**
 * Debian's Squid (packages squid, winbind) as a CONNECT proxy that wants Basic or NTLM; NTLM is judged by Samba's ntlm_auth. One user,
 * `fred` of the domain `DOMAIN` with the password `secret`. Needs root, as Squid does.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../net/tcp.ts';
import { Program } from '../program.ts';
import { writeFiles } from '../temp.ts';

/** `openssl passwd -apr1 -salt overcoat secret` */
const SECRET_HASHED = '$apr1$overcoat$iDidWYpJbKO8tXSisc/zL0';

export interface Squid {
  readonly port: number;
  readonly program: Program;
  stop(): Promise<void>;
}

export async function startSquid(directory: string): Promise<Squid> {
  const port = await closedPort();
  const samba = join(directory, 'samba');
  mkdirSync(samba);
  chmodSync(directory, 0o777);
  chmodSync(samba, 0o777);
  const folders = ['lock directory', 'state directory', 'cache directory', 'private dir', 'pid directory'];
  const files = writeFiles(directory, {
    'smb.conf': `[global]\nworkgroup = DOMAIN\n${folders.map((name) => `${name} = ${samba}\n`).join('')}`,
    users: `fred:${SECRET_HASHED}\n`,
  });
  const ntlm = `/usr/bin/ntlm_auth --helper-protocol=squid-2.5-ntlmssp --username=fred --password=secret --domain=DOMAIN --configfile=${files['smb.conf']}`;
  const config = `http_port 127.0.0.1:${port}
visible_hostname proxy.test
pid_filename ${directory}/squid.pid
cache_log stdio:/dev/stderr
access_log stdio:${directory}/access.log
coredump_dir ${directory}
cache deny all
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
auth_param ntlm program ${ntlm}
auth_param ntlm children 2
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${files.users}
auth_param basic children 1
acl CONNECT method CONNECT
acl known proxy_auth REQUIRED
http_access allow CONNECT known
http_access deny all
`;
  const { 'squid.conf': file } = writeFiles(directory, { 'squid.conf': config });
  const program = new Program(['squid', '-N', '-f', file]);
  await program.saw(/Accepting HTTP Socket connections/);
  return {
    port,
    program,
    stop: async () => {
      await program.stop();
    },
  };
}
