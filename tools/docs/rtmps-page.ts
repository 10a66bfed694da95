/** docs/rtmps.md: recipes for streaming services, from the table of `overcoat rtmps`. */
import { ingest, instructions } from '../../src/cli/rtmps/ingest.ts';
import type { Preset } from '../../src/cli/rtmps/presets.ts';
import { PRESETS, stateOf } from '../../src/cli/rtmps/presets.ts';

const HEADER = `# RTMPS to streaming services

An encoder that speaks RTMP only reaches a service that takes RTMPS by one command beside it:

\`\`\`sh
overcoat rtmps youtube
\`\`\`

It prints what to enter in the encoder, takes the stream at \`127.0.0.1:1935\`, verifies the server by its name, and rewrites what the encoder
says of its destination (\`app\` and \`tcUrl\`). The stream key stays in the encoder and is never asked for. For an encoder on another device:
\`overcoat rtmps youtube 0.0.0.0:1935 --unsafe-listen\`, behind a firewall, since whoever reaches that port can use the connection.

A service that gives everybody an address of his own takes it instead of a word: \`overcoat rtmps rtmps://HOST:443/APP\`.

\`unverified\` means that the address stands in the source, on that day, and that nobody has streamed through this row yet. What the service itself tells
you is right in any case.

| word | service | address | stream key | source |
|---|---|---|---|---|`;

export function rtmpsPage(): string {
  return `${[HEADER, ...PRESETS.map(row)].join('\n')}\n\n${PRESETS.filter(({ url }) => url !== undefined)
    .map(recipe)
    .join('\n\n')}\n`;
}

function row(preset: Preset): string {
  const { service, title, url, looksLike, where, source, date } = preset;
  const address = url === undefined ? `your own, like \`${looksLike}\`` : `\`${url}\``;
  return `| ${url === undefined ? '' : `\`${service}\``} | ${title} | ${address} | ${where} | [${stateOf(preset)}](${source}), ${date} |`;
}

function recipe(preset: Preset): string {
  const target = ingest(preset.url ?? '');
  if (!target.ok) throw new Error(`${preset.service}: ${target.text}`);
  const lines = instructions(target.value, preset, { kind: 'tcp', host: '127.0.0.1', port: 1935 });
  return [`## ${preset.title}`, '', '```text', `$ overcoat rtmps ${preset.service}`, ...lines, '```'].join('\n');
}
