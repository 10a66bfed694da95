/** Arguments of `pin HOST:PORT`, `pin --list` and `pin --remove ENTRY`. */

import { protocolFor } from '../../config/protocol-names.ts';
import { tcpAddress } from '../../config/values/address-values.ts';
import { serverName } from '../../config/values/server-names.ts';
import type { Command, PinAction } from '../command.ts';
import type { Flags } from './flags.ts';
import { optional, positionals, readFlags, UsageError, value } from './flags.ts';

const FLAGS = {
  protocol: { type: 'string' },
  sni: { type: 'string' },
  save: { type: 'string' },
  check: { type: 'string' },
  yes: { type: 'boolean' },
  list: { type: 'boolean' },
  remove: { type: 'string' },
  store: { type: 'string' },
} as const;

export function parsePin(args: readonly string[]): Command {
  const flags = readFlags(args, FLAGS);
  if (flags.help) return { kind: 'help', topic: 'pin' };
  const entry = flags.one('remove');
  if (flags.is('list') || entry !== undefined) positionals(flags);
  if (flags.is('list')) return { kind: 'pin-list', store: flags.one('store') };
  if (entry !== undefined) return { kind: 'pin-remove', store: flags.one('store'), entry };
  const [target = ''] = positionals(flags, 'HOST:PORT');
  return {
    kind: 'pin',
    arguments: {
      target: value('HOST:PORT', tcpAddress('localhost', 'connect'), target),
      action: actionOf(flags),
      protocol: optional(flags, 'protocol', protocolFor('client')),
      sni: optional(flags, 'sni', serverName),
    },
  };
}

function actionOf(flags: Flags): PinAction {
  const save = flags.one('save');
  const check = flags.one('check');
  if (save !== undefined && check !== undefined) throw new UsageError('--save and --check exclude each other');
  if (check !== undefined) return { kind: 'check', file: check };
  return save === undefined ? { kind: 'show' } : { kind: 'save', file: save, yes: flags.is('yes') };
}
