/** The proxies that are compared, each with its packaged defaults, one worker, verification on and its default log level. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Setup, Subject } from './subject.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMON_SUITE = 'TLS_AES_128_GCM_SHA256';

/** @returns the path */
export function write(setup: Setup, name: string, text: string): string {
  const file = join(setup.folder, name);
  writeFileSync(file, text);
  return file;
}

/** For Overcoat and stunnel alike. @param globals further lines before the service */
export function stunnelConfig(setup: Setup, globals: readonly string[] = []): string {
  const common = setup.ciphers === 'common' ? [`ciphersuites = ${COMMON_SUITE}`, 'curves = X25519'] : [];
  const role =
    setup.mode === 'client'
      ? ['client = yes', 'verifyChain = yes', `CAfile = ${setup.caFile}`, 'checkHost = localhost', 'sni = localhost']
      : [`cert = ${setup.bothFile}`];
  return [
    'foreground = yes',
    'syslog = no',
    `output = ${join(setup.folder, 'log')}`,
    'pid =',
    ...globals,
    '[bench]',
    `accept = ${setup.listen}`,
    `connect = ${setup.target}`,
    ...role,
    ...common,
    '',
  ].join('\n');
}

export const overcoat: Subject = {
  name: 'overcoat',
  modes: ['client', 'server'],
  version: [join(ROOT, 'bin/overcoat'), '--version'],
  command: (setup) => [join(ROOT, 'bin/overcoat'), 'run', write(setup, 'overcoat.conf', stunnelConfig(setup))],
};

const stunnel: Subject = {
  name: 'stunnel',
  modes: ['client', 'server'],
  version: ['stunnel4', '-version'],
  command: (setup) => ['stunnel4', write(setup, 'stunnel.conf', stunnelConfig(setup))],
};

const haproxy: Subject = {
  name: 'haproxy',
  modes: ['client', 'server'],
  version: ['haproxy', '-v'],
  command: (setup) => {
    const suites = setup.ciphers === 'common' ? ` ciphersuites ${COMMON_SUITE}${setup.mode === 'server' ? ' curves X25519' : ''}` : '';
    const listen = setup.mode === 'server' ? ` ssl crt ${setup.bothFile} ssl-min-ver TLSv1.3${suites}` : '';
    const upstream =
      setup.mode === 'client'
        ? ` ssl verify required ca-file ${setup.caFile} sni str(localhost) verifyhost localhost ssl-min-ver TLSv1.3${suites}`
        : '';
    return [
      'haproxy',
      '-db',
      '-f',
      write(
        setup,
        'haproxy.cfg',
        `global
  nbthread 1
  maxconn 8000
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen bench
  bind ${setup.listen}${listen}
  server upstream ${setup.target}${upstream}
`,
      ),
    ];
  },
};

const nginx: Subject = {
  name: 'nginx',
  modes: ['client', 'server'],
  version: ['nginx', '-v'],
  command: (setup) => {
    const suites = setup.ciphers === 'common' ? `ssl_conf_command Ciphersuites ${COMMON_SUITE};` : '';
    const server =
      setup.mode === 'server'
        ? `listen ${setup.listen} ssl; ssl_certificate ${setup.certFile}; ssl_certificate_key ${setup.keyFile};
      ssl_protocols TLSv1.3; ssl_session_cache shared:s:10m; ${suites} ${setup.ciphers === 'common' ? 'ssl_ecdh_curve X25519;' : ''}`
        : `listen ${setup.listen}; proxy_ssl on; proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${setup.caFile}; proxy_ssl_name localhost; proxy_ssl_server_name on; ${suites === '' ? '' : `proxy_${suites}`}`;
    const file = write(
      setup,
      'nginx.conf',
      `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; worker_processes 1; pid ${join(setup.folder, 'nginx.pid')}; error_log ${join(setup.folder, 'error.log')} warn;
worker_rlimit_nofile 20000;
events { worker_connections 16000; }
stream {
  server {
    ${server}
    proxy_pass ${setup.target}; proxy_timeout 1h; tcp_nodelay on;
  }
}
`,
    );
    return ['nginx', '-p', setup.folder, '-c', file];
  },
};

const hitch: Subject = {
  name: 'hitch',
  modes: ['server'],
  version: ['hitch', '--version'],
  command: (setup) => [
    'hitch',
    '--config',
    write(
      setup,
      'hitch.conf',
      `frontend = "${bracketed(setup.listen)}"
backend = "${bracketed(setup.target)}"
pem-file = "${setup.bothFile}"
workers = 1
daemon = off
tls-protos = TLSv1.3
user = "nobody"
quiet = on
${setup.ciphers === 'common' ? `ciphersuites = "${COMMON_SUITE}"\necdh-curve = "X25519"\n` : ''}`,
    ),
  ],
};

/** As hitch writes addresses. */
function bracketed(address: string): string {
  const [host, port] = address.split(':');
  return `[${host}]:${port}`;
}

/** Ours first: ratios are ours divided by each of the others. */
export const SUBJECTS: readonly Subject[] = [overcoat, stunnel, haproxy, nginx, hitch];
