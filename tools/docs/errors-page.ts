/** docs/errors.md from the catalogue in src/errors.ts: one heading a code, in the catalogue's order. */
import { ERROR_CATALOGUE } from '../../src/errors.ts';

const STAGES: Readonly<Record<string, string>> = {
  config: 'Reading the configuration',
  start: 'Starting',
  destination: 'Finding the destination',
  server: 'Learning the server name',
  upstream: 'Connecting to the upstream',
  negotiation: 'Before TLS',
  handshake: 'TLS handshake and verification',
  setup: 'Before the relay',
  control: 'Asking a running process',
  internal: 'Defects',
};

export function errorsPage(): string {
  const lines = [
    '# Errors',
    '',
    'Every failure has one code. The same code stands in the log record, in the metrics and here; it is never renamed. The first',
    'word of a code is the stage in which it happens. A failed connection ends with one line that has its code, why and what to do;',
    '[troubleshooting.md](troubleshooting.md) goes by symptom. Generated from `src/errors.ts` by `npm run docs`.',
  ];
  let stage = '';
  for (const [code, { summary, see, hint }] of Object.entries(ERROR_CATALOGUE)) {
    const [prefix = ''] = code.split('_');
    if (prefix !== stage) {
      stage = prefix;
      lines.push('', `## ${STAGES[prefix] ?? `${prefix.slice(0, 1).toUpperCase()}${prefix.slice(1)}`}`);
    }
    lines.push('', `### ${code}`, '', summary, '', `- See it: ${see}`, `- Mend it: ${hint}`);
  }
  return `${lines.join('\n')}\n`;
}
