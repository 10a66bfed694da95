/** A good value for every option of the table. */
import type { NamedOption } from '../../../src/config/option-table.ts';

/** Of options that do not take just any text. */
const GOOD_VALUES: ReadonlyMap<string, string> = new Map([
  ['acme', 'example.org'],
  ['acmeAgree', 'yes'],
  ['acmeEmail', 'admin@example.org'],
  ['acmeDirectory', 'https://127.0.0.1/dir'],
  ['acmeHttp', '127.0.0.1:80'],
  ['acmeKeyType', 'ec384'],
  ['accept', '127.0.0.1:1'],
  ['allowTargets', '10.0.0.0/8'],
  ['alreadyTls', 'pass'],
  ['certProfile', 'strict'],
  ['checkIP', '192.0.2.1'],
  ['checkURI', 'spiffe://example.org/*'],
  ['clientFirstPorts', '80'],
  ['config', 'MinProtocol:TLSv1.2'],
  ['connect', 'example.org:443'],
  ['control', '/run/some.sock'],
  ['controlGroup', '0'],
  ['controlUser', '0'],
  ['crlCheck', 'chain'],
  ['CRLurl', 'http://127.0.0.1/ca.crl'],
  ['debug', '7'],
  ['dnsAmbiguous', 'last'],
  ['dnsListen', '127.0.0.1:53'],
  ['failover', 'rr'],
  ['handshakesPerSecond', '50,10'],
  ['foreground', 'yes'],
  ['local', '127.0.0.1'],
  ['pgsqlCancel', 'no'],
  ['log', 'overwrite'],
  ['logFormat', 'json'],
  ['logId', 'unique'],
  ['nameMissing', 'pin'],
  ['nameSources', 'dns,map'],
  ['OCSP', 'http://127.0.0.1/'],
  ['OCSPflag', 'NOTIME'],
  ['options', 'NO_TICKET'],
  ['portMap', '1935:443'],
  ['protocol', 'smtp'],
  ['protocolAuthentication', 'login'],
  ['protocolHeader', 'A: b'],
  ['provider', 'legacy'],
  ['providerParameter', 'legacy:a=b'],
  ['proxyAccept', '127.0.0.1'],
  ['proxySend', 'v2'],
  ['redirect', '127.0.0.1:2'],
  ['reloadCerts', '60'],
  ['rtmpRewrite', 'rtmp://example.org/live'],
  ['securityLevel', '3'],
  ['serverFirstPorts', '25'],
  ['setEnv', 'A=b'],
  ['setgid', '0'],
  ['setuid', '0'],
  ['status', '127.0.0.1:1'],
  ['socket', 'l:SO_KEEPALIVE=1'],
  ['ticketKeySecret', '00112233445566778899aabbccddeeff'],
  ['ticketMacSecret', '00112233445566778899aabbccddeeff'],
  ['transparent', 'destination'],
  ['verify', '2'],
  ['confine', 'strict'],
  ['workers', '2'],
]);

const YES_NO =
  'client delay fips libwrap OCSPaia OCSPnonce OCSPrequire pty renegotiation requireCert reset retry sessionResume strictClose syslog ' +
  'verifyChain verifyPeer';
const NUMBERS =
  'clientsPerAddress redial recordsEvery silentAfter statusKeepClients sessionCacheSize sessionCacheTimeout TIMEOUTbusy TIMEOUTclose TIMEOUTconnect TIMEOUTdrain TIMEOUTidle TIMEOUTocsp TIMEOUTsetup TIMEOUTsniff';
const VERSIONS = 'sslVersion sslVersionMin sslVersionMax';

/** A value that the option takes and that is not its default. */
export function goodValue({ name, default: usual }: Pick<NamedOption, 'name' | 'default'>): string {
  const isOneOf = (names: string): boolean => names.split(' ').includes(name);
  const value = GOOD_VALUES.get(name);
  if (value !== undefined) return value;
  if (isOneOf(YES_NO)) return usual.startsWith('yes') ? 'no' : 'yes';
  if (isOneOf(NUMBERS)) return '7';
  return isOneOf(VERSIONS) ? 'TLSv1.2' : 'x';
}
