/** `overcoat rtmps SERVICE`: a client service to a streaming service, with what has to be entered in the encoder. */
import { buildClientConfig } from '../../config/commands.ts';
import { printableJson } from '../../text/printable.ts';
import type { RtmpsArguments, WatchChoice } from '../args/command.ts';
import { instructions } from '../rtmps/ingest.ts';
import { PRESETS, stateOf } from '../rtmps/presets.ts';
import { print } from '../terminal/print.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function rtmps({ ingest, preset, ...choice }: RtmpsArguments, watch: WatchChoice): Promise<number> {
  const { connect, url } = ingest;
  print(`${instructions(ingest, preset, choice.accept).join('\n')}\n`);
  if (preset !== undefined && preset.verified === undefined) print(`${unverified(preset.source, preset.date)}\n`);
  return serveCommand(
    buildClientConfig({ ...choice, connect, name: undefined, protocol: undefined, rtmpRewrite: { kind: 'url', url } }),
    watch,
  );
}

function unverified(source: string, date: string): string {
  return `This address is unverified: it was looked up on ${date} (${source}). If the service tells you another one, write that instead.`;
}

/** @returns the exit code */
export function listServices(json: boolean): number {
  if (json) {
    const list = PRESETS.map((preset) => ({ ...preset, url: preset.url ?? null, state: stateOf(preset) }));
    print(`${printableJson(list, 2)}\n`);
    return 0;
  }
  const width = Math.max(...PRESETS.map(({ service }) => service.length));
  for (const preset of PRESETS) {
    const { service, title, url, looksLike = '' } = preset;
    print(`${service.padEnd(width)}  ${title}, ${stateOf(preset)}: ${url ?? `your own address, like ${looksLike}`}\n`);
  }
  return 0;
}
