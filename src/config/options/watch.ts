/** Options about looking at a running process: control socket, status port, records. All of them are ours. */
import type { WatchConfig } from '../config.ts';
import { last } from '../option.ts';
import { groupId, userId } from '../values/accounts.ts';
import { tcpAddress } from '../values/address-values.ts';
import type { Parser } from '../values/values.ts';
import { bad, good, oneOf, seconds, text } from '../values/values.ts';

export type ControlValue = { readonly kind: 'auto' } | { readonly kind: 'no' } | { readonly kind: 'path'; readonly path: string };

export const control: Parser<ControlValue> = (value) => {
  const word = value.toLowerCase();
  if (word === 'auto' || word === 'yes') return good({ kind: 'auto' });
  if (word === 'no') return good({ kind: 'no' });
  return value.startsWith('/') ? good({ kind: 'path', path: value }) : bad('write the whole path of the socket, auto or no');
};

/** As the configuration has it: `auto`, a path, or undefined for none. */
export function controlPath(value: ControlValue): WatchConfig['control'] {
  if (value.kind === 'no') return undefined;
  return value.kind === 'path' ? value.path : 'auto';
}

const OURS = { scope: 'global', status: 'works', ours: true } as const;

export const WATCH_OPTIONS = {
  control: last(control, {
    ...OURS,
    value: 'auto | path | no',
    default: 'auto; no under overcoat-stunnel',
    doc: 'Unix socket by which overcoat status, end, drain, reload and the like reach this process (docs/observe.md).',
    bytes: true,
  }),
  controlUser: last(userId, {
    ...OURS,
    value: 'user name or number',
    default: 'none',
    doc: 'Owner of the control socket; without it, the user who starts the process.',
  }),
  controlGroup: last(groupId, {
    ...OURS,
    value: 'group name or number',
    default: 'none',
    doc: 'Group that may use the control socket too.',
  }),
  logFormat: last(oneOf({ text: 'text', json: 'json' } as const), {
    ...OURS,
    value: 'text | json',
    default: 'text',
    doc: 'json writes every line of the log as one object: time, level, connection, service, code, text.',
  }),
  records: last(text, {
    ...OURS,
    value: 'file | syslog | -',
    default: 'none',
    doc: 'One JSON object for each connection, when it ends; in the journal of systemd its members are fields (docs/observe.md).',
    bytes: true,
  }),
  recordsEvery: last(seconds('Illegal interval of records'), {
    ...OURS,
    value: 'seconds',
    default: '0: only when it ends',
    doc: 'Records of connections that are open, too, in this rhythm.',
  }),
  status: last(tcpAddress('127.0.0.1', 'status'), {
    ...OURS,
    value: '[host:]port',
    default: 'none',
    doc: 'Serve status, metrics and API here over HTTP, for reading alone; other addresses than loopback need statusCert and statusCA or statusToken.',
  }),
  statusCA: last(text, {
    ...OURS,
    value: 'file',
    default: 'none',
    doc: 'Readers of status must show a certificate of one of these authorities (PEM).',
    bytes: true,
  }),
  statusCert: last(text, {
    ...OURS,
    value: 'file',
    default: 'none',
    doc: 'Serve status over TLS with this certificate (PEM, the chain behind it).',
    bytes: true,
  }),
  statusKeepClients: last(seconds('Illegal time to keep clients'), {
    ...OURS,
    value: 'seconds',
    default: '86400',
    doc: 'How long status shows the addresses of clients after their connections have ended.',
  }),
  statusKey: last(text, {
    ...OURS,
    value: 'file',
    default: 'statusCert',
    doc: 'The private key of statusCert (PEM).',
    bytes: true,
  }),
  statusToken: last(text, {
    ...OURS,
    value: 'file',
    default: 'none',
    doc: 'Readers of status must send the content of this file (Authorization: Bearer).',
    bytes: true,
  }),
};
