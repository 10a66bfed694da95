/**
 * Debian's PostgreSQL (package postgresql) with a cluster of its own: database `secure` is for TLS connections only, `plain` for all. The
 * superuser is `fred`, without a password. Needs root, to become the user postgres, who alone may start it.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from '../net/tcp.ts';
import type { Place } from '../program.ts';
import { outputOf, Program, thisMachine } from '../program.ts';

export interface Postgres {
  readonly port: number;
  readonly program: Program;
  stop(): Promise<void>;
}

export async function startPostgres({
  directory,
  certFile,
  keyFile,
  place = thisMachine,
  port: wanted,
}: {
  directory: string;
  certFile: string;
  keyFile: string;
  /** Whose 127.0.0.1 it listens on. */
  place?: Place;
  /** Undefined: any. */
  port?: number;
}): Promise<Postgres> {
  const bin = join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').at(-1) ?? '', 'bin');
  const asPostgres = ['runuser', '-u', 'postgres', '--'];
  const data = join(directory, 'data');
  const [cert, key] = [join(directory, 'server.crt'), join(directory, 'server.key')];
  copyFileSync(certFile, cert);
  copyFileSync(keyFile, key);
  await outputOf(['chown', 'postgres', directory, cert, key]);
  await outputOf([...asPostgres, join(bin, 'initdb'), '-D', data, '-U', 'fred', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8']);
  const access = ['local all all trust', 'host plain all 127.0.0.1/32 trust', 'hostssl secure all 127.0.0.1/32 trust', ''];
  writeFileSync(join(data, 'pg_hba.conf'), access.join('\n'));
  const port = wanted ?? (await closedPort());
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: directory,
    fsync: 'off',
    shared_buffers: '8MB',
    ssl: 'on',
    ssl_cert_file: cert,
    ssl_key_file: key,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const program = new Program([...asPostgres, join(bin, 'postgres'), '-D', data, ...options], { place });
  await program.saw(/ready to accept connections/);
  for (const name of ['secure', 'plain']) {
    await outputOf(['psql', '-h', directory, '-p', String(port), '-U', 'fred', '-d', 'postgres', '-c', `create database ${name}`]);
  }
  return {
    port,
    program,
    stop: async () => {
      // The program is runuser, which passes no signal on.
      process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'latin1').split('\n', 1)[0]), 'SIGINT');
      await program.finished;
    },
  };
}
