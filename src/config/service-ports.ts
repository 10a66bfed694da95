/**
 * Port numbers by service name (`https`), from /etc/services where that exists. Small installations have no such file, so the names
 * a TLS proxy meets are known here too; the file wins.
 */
import { readFileSync } from 'node:fs';

const WELL_KNOWN: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['http', 80],
  ['pop3', 110],
  ['nntp', 119],
  ['imap', 143],
  ['imap2', 143],
  ['ldap', 389],
  ['https', 443],
  ['smtps', 465],
  ['submissions', 465],
  ['rtsp', 554],
  ['nntps', 563],
  ['submission', 587],
  ['ldaps', 636],
  ['domain-s', 853],
  ['ftps', 990],
  ['telnets', 992],
  ['imaps', 993],
  ['pop3s', 995],
  ['socks', 1080],
  ['mysql', 3306],
  ['sieve', 4190],
  ['xmpp-client', 5222],
  ['xmpps-client', 5223],
  ['xmpp-server', 5269],
  ['postgresql', 5432],
  ['ircs-u', 6697],
  ['redis', 6379],
  ['http-alt', 8080],
]);

let fromFile: ReadonlyMap<string, number> | undefined;

/** @returns the TCP port of a service name, undefined when nobody knows it. Reads /etc/services once. */
export function portOfService(name: string): number | undefined {
  fromFile ??= readServices('/etc/services');
  return fromFile.get(name) ?? WELL_KNOWN.get(name.toLowerCase());
}

/** Lines of services(5): `name  port/protocol  [aliases...]  [# comment]`. A missing file is an empty one. */
function readServices(path: string): ReadonlyMap<string, number> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch {
    return new Map();
  }
  const ports = new Map<string, number>();
  for (const line of content.split('\n')) {
    const [name, port, ...aliases] = (line.split('#')[0] ?? '').split(/\s+/).filter((word) => word !== '');
    if (name === undefined || port === undefined || !port.endsWith('/tcp')) continue;
    for (const each of [name, ...aliases]) if (!ports.has(each)) ports.set(each, Number.parseInt(port, 10));
  }
  return ports;
}
