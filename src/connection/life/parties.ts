/** Who a connection is between, gathered from what was told of it: its last event names them, so that nobody has to look back. */
import { ipVersion } from '../../address/ip.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import type { ConnectionEvent, Parties, SocketOptionEvent } from '../../observe/events.ts';

const configured = new WeakMap<ServiceConfig, Parties>();

/** What is known before anything has happened. */
export function configuredParties(config: ServiceConfig): Parties {
  return configured.getOrInsertComputed(config, readParties);
}

function readParties({ mode, serverName, connect }: ServiceConfig): Parties {
  const name = serverName.kind === 'fixed' ? serverName.name : '';
  const [target] = connect;
  if (target === undefined || connect.length > 1) return { client: '', name, address: '' };
  const host = nameIn(target);
  // what a server-mode service goes to has no part in TLS
  return {
    client: '',
    name: name === '' && mode === 'client' ? host : name,
    address: host === '' || mode === 'server' ? text(target) : '',
  };
}

/** What is known once an event has happened; most events say nothing of it. */
export function partiesAfter(before: Parties, event: ConnectionEvent | SocketOptionEvent): Parties {
  switch (event.kind) {
    case 'accepted':
    case 'proxied':
    case 'access-checked':
      return { ...before, client: event.client };
    case 'original-destination':
    case 'connecting':
      return { ...before, address: event.address };
    case 'server-name':
    case 'passed-on':
    case 'sni-sent':
    case 'server-name-requested':
      return event.name === '' ? before : { ...before, name: event.name };
    case 'handshake-finished':
      return event.requested === '' ? before : { ...before, name: event.requested };
    default:
      return before;
  }
}

function nameIn(address: Address): string {
  return address.kind === 'tcp' && ipVersion(address.host) === 0 ? address.host : '';
}

function text(address: Address): string {
  if (address.kind === 'unix') return address.path;
  return `${address.host === '' ? 'localhost' : address.host}:${address.port}`;
}
