/** `sni` in both directions, and where names come from when the client is intercepted. */

import { splitHostPort } from '../../address/authority.ts';
import { readHostName } from '../../address/host-name.ts';
import { ipVersion, withoutBrackets } from '../../address/ip.ts';
import type { NamesConfig, ServiceConfig } from '../config.ts';
import { FILE_SERVICE } from '../defaults.ts';
import type { Draft } from '../read/draft.ts';
import type { ServerNameConfig } from '../tls-config.ts';
import { nameOfTarget } from '../values/server-names.ts';
import type { Report } from './report.ts';

const NONE: ServerNameConfig = { kind: 'none' };

/** Client mode. Without `sni` the host of protocolHost, else of the first connect; a port or path alone stands for localhost. What is no name is not sent: stunnel starts with it. */
export function resolveServerName(draft: Draft): ServerNameConfig {
  if (draft.one('client') !== true) return NONE;
  const written = draft.one('sni');
  if (written === '') return NONE;
  if (written?.toLowerCase() === 'auto') return { kind: 'auto' };
  const wanted = written ?? defaultName(draft);
  if (wanted === undefined || ipVersion(wanted) !== 0) return NONE;
  const read = readHostName(wanted);
  if (read.ok) return { kind: 'fixed', name: read.name };
  if (written === undefined) return NONE;
  return { kind: 'none', unusable: { written, why: read.why } };
}

function defaultName(draft: Draft): string | undefined {
  const target = draft.one('protocolHost');
  const protocol = draft.one('protocol');
  if (target !== undefined && (protocol === 'connect' || protocol === 'socks')) return withoutBrackets(splitHostPort(target).host);
  const [first] = draft.all('connect');
  return first === undefined ? undefined : nameOfTarget(first);
}

/** Server mode: `SERVICE:PATTERN`, where the service stands further up and is a server with a listener of its own or above it. */
export function resolveVirtualHost(draft: Draft, earlier: readonly ServiceConfig[], report: Report): ServiceConfig['virtualHost'] {
  const written = draft.one('sni');
  if (draft.one('client') === true || written === undefined || written === '') return undefined;
  const colon = written.indexOf(':');
  if (colon < 0) {
    report.error(
      'sni',
      'in server mode write SERVICE:PATTERN, like web:*.example.org',
      'Invalid SNI parameter format',
      'config_invalid_value',
    );
    return undefined;
  }
  const virtualHost = { primary: written.slice(0, colon), pattern: written.slice(colon + 1) };
  const primary = earlier.find((service) => service.name === virtualHost.primary);
  if (primary === undefined) {
    report.error(
      'sni',
      `there is no section [${virtualHost.primary}] above this one; move that section up or correct the name`,
      'SNI section name not found',
    );
  } else if (primary.mode === 'client') {
    report.error('sni', `[${virtualHost.primary}] is a client; virtual hosts belong to a server`, 'SNI primary service is a TLS client');
  }
  return virtualHost;
}

export function resolveNames(draft: Draft): NamesConfig {
  const defaults = FILE_SERVICE.names;
  return {
    sources: draft.one('nameSources') ?? defaults.sources,
    given: undefined,
    mapFile: draft.one('nameMap'),
    hostsFile: draft.one('hostsFile') ?? defaults.hostsFile,
    missing: draft.one('nameMissing') ?? defaults.missing,
    pinStore: draft.one('pinStore') ?? defaults.pinStore,
    dnsAmbiguous: draft.one('dnsAmbiguous') ?? defaults.dnsAmbiguous,
    sniffMs: draft.one('TIMEOUTsniff') ?? defaults.sniffMs,
    clientFirstPorts: draft.one('clientFirstPorts') ?? defaults.clientFirstPorts,
    serverFirstPorts: draft.one('serverFirstPorts') ?? defaults.serverFirstPorts,
  };
}
