import { protocolFor } from '../../config/protocol-names.ts';
import { tcpAddress } from '../../config/values/address-values.ts';
import type { PinAction } from '../args/command.ts';
import type { Flags } from '../args/flags.ts';
import { optional, positionals, takesOnly, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { NAME_FLAGS, nameFlag, protocolFlag } from './shared.ts';

export const PIN = commandTable({
  name: 'pin',
  call: 'pin HOST:PORT',
  summary: 'show what a server presents, and keep it to compare with',
  usage: [
    'pin HOST:PORT [--save FILE [--yes] | --check FILE] [--protocol NAME] [--name NAME]',
    'pin HOST:PORT --refresh FILE [--yes] [--protocol NAME] [--name NAME]',
    'pin --list [--json] [--store FILE]',
    'pin --remove ENTRY [--store FILE]',
  ],
  about: ['Connects without trusting anybody, prints the certificates of a server and explains them.'],
  flags: [
    { name: 'save', value: 'FILE', help: 'write what CAfile with verify = 4 needs; asks first' },
    {
      name: 'refresh',
      value: 'FILE',
      help: 'ask every address of the name, with ECDSA and with RSA alone, show all keys, and add the new ones to those in FILE; asks first',
    },
    { name: 'yes', help: 'do not ask' },
    { name: 'check', value: 'FILE', help: 'fail if the server no longer matches what was saved' },
    protocolFlag('client'),
    ...NAME_FLAGS,
    { name: 'list', help: 'list the keys pinned at first use' },
    { name: 'json', help: 'that list as JSON, for programs' },
    { name: 'remove', value: 'ENTRY', help: 'forget one of them: ADDRESS:PORT or sha256:KEY' },
    { name: 'store', value: 'FILE', help: 'where those are kept' },
  ],
  example: 'pin live.example.org:443 --save live.crt',
  parse: (flags) => {
    const entry = flags.one('remove');
    const store = flags.one('store');
    if (flags.is('list') || entry !== undefined) {
      positionals(flags);
      if (flags.is('list')) takesOnly(flags, 'with --list', ['list', 'json', 'store']);
      else takesOnly(flags, 'with --remove', ['remove', 'store']);
      return { kind: 'pin', arguments: { store, entry, json: flags.is('json') } };
    }
    if (flags.is('json')) throw new UsageError('--json goes with --list');
    if (store !== undefined) throw new UsageError('--store goes with --list or --remove');
    const [target = ''] = positionals(flags, 'HOST:PORT');
    return {
      kind: 'pin',
      arguments: {
        target: value('HOST:PORT', tcpAddress('localhost', 'connect'), target),
        action: actionOf(flags),
        protocol: optional(flags, 'protocol', protocolFor('client')),
        name: nameFlag(flags),
      },
    };
  },
  execute: async ({ arguments: wanted }) => {
    if ('target' in wanted) return (await import('../commands/pin.ts')).pin(wanted);
    const { pinList, pinRemove } = await import('../commands/pin-list.ts');
    return wanted.entry === undefined ? pinList(wanted.store, wanted.json) : pinRemove(wanted.store, wanted.entry);
  },
});

function actionOf(flags: Flags<'save' | 'check' | 'refresh' | 'yes'>): PinAction {
  const [save, check, refresh] = [flags.one('save'), flags.one('check'), flags.one('refresh')];
  if ([save, check, refresh].filter((each) => each !== undefined).length > 1)
    throw new UsageError('--save, --refresh and --check exclude each other');
  if (flags.is('yes') && save === undefined && refresh === undefined) throw new UsageError('--yes goes with --save or --refresh');
  if (check !== undefined) return { kind: 'check', file: check };
  if (refresh !== undefined) return { kind: 'refresh', file: refresh, yes: flags.is('yes') };
  return save === undefined ? { kind: 'show' } : { kind: 'save', file: save, yes: flags.is('yes') };
}
