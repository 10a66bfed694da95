import { address } from '../../config/values/address-values.ts';
import { didYouMean, mostSimilar } from '../../text/similar.ts';
import type { RtmpsArguments } from '../args/command.ts';
import { positionals, takesOnly, UsageError, value } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';
import { ingest } from '../rtmps/ingest.ts';
import { PRESETS } from '../rtmps/presets.ts';
import { WATCH_FLAGS, watchOf } from './control.ts';
import { DEBUG_FLAG, logLevelOf, refusePublic, TRUST_FLAGS, trustOf, UNSAFE_LISTEN_FLAG } from './shared.ts';

const DEFAULT_ACCEPT = '127.0.0.1:1935';

export const RTMPS = commandTable({
  name: 'rtmps',
  call: 'rtmps SERVICE',
  summary: 'send what an RTMP encoder publishes to a streaming service, over TLS',
  usage: ['rtmps SERVICE [ACCEPT] [OPTIONS]', 'rtmps rtmps://HOST[:PORT]/APP [ACCEPT] [OPTIONS]', 'rtmps --list [--json]'],
  about: [
    'Takes a stream from an encoder that speaks RTMP only and sends it over RTMPS to SERVICE (one of the list), or to the URL that the service has given you. Prints what to enter in the encoder. The server is verified by its name, and what the encoder says of its destination (app and tcUrl) is rewritten to the real one. The stream key stays in the encoder. ACCEPT is 127.0.0.1:1935 without more; for an encoder on another device write 0.0.0.0:1935 --unsafe-listen.',
  ],
  flags: [
    { name: 'list', help: 'the services that are known, and how well' },
    { name: 'json', help: 'the list as JSON, for programs' },
    ...TRUST_FLAGS,
    UNSAFE_LISTEN_FLAG,
    ...WATCH_FLAGS,
    DEBUG_FLAG,
  ],
  example: 'rtmps youtube',
  parse: (flags) => {
    if (flags.is('list')) {
      positionals(flags);
      takesOnly(flags, 'with --list', ['list', 'json']);
      return { kind: 'rtmps', arguments: undefined, json: flags.is('json'), watch: watchOf(flags) };
    }
    const [wanted, listen = DEFAULT_ACCEPT, extra] = flags.positionals;
    if (extra !== undefined) throw new UsageError(`there is no place for "${extra}"`);
    if (flags.is('json')) throw new UsageError('--json goes with --list');
    if (wanted === undefined) throw new UsageError('SERVICE is missing: a word of overcoat rtmps --list, or a URL');
    const accept = value('ACCEPT', address('127.0.0.1', 'accept'), listen);
    if (!flags.is('unsafe-listen')) refusePublic(accept);
    return {
      kind: 'rtmps',
      json: false,
      arguments: { ...trustOf(flags), ...targetOf(wanted), accept, debug: logLevelOf(flags) },
      watch: watchOf(flags),
    };
  },
  execute: async (command) => {
    const { listServices, rtmps } = await import('../commands/rtmps.ts');
    return command.arguments === undefined ? listServices(command.json) : rtmps(command.arguments, command.watch);
  },
});

function targetOf(wanted: string): Pick<RtmpsArguments, 'ingest' | 'preset'> {
  if (wanted.includes('://')) return { ingest: value('SERVICE', ingest, wanted), preset: undefined };
  const preset = PRESETS.find(({ service }) => service === wanted.toLowerCase());
  if (preset === undefined) {
    const similar = mostSimilar(
      wanted,
      PRESETS.map(({ service }) => service),
    );
    throw new UsageError(
      `there is no service "${wanted}"${didYouMean(similar)}; overcoat rtmps --list has them, and a URL will do as well`,
    );
  }
  if (preset.url === undefined) {
    throw new UsageError(
      `${preset.title} gives everybody another address: copy it (${preset.where}) and write it here, like overcoat rtmps ${preset.looksLike}`,
    );
  }
  return { ingest: value('SERVICE', ingest, preset.url), preset };
}
