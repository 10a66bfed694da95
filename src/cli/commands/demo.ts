/** `overcoat demo`: sends a stream through a client-mode and a server-mode service and shows what is on the wire. */
import type { DemoReport } from '../../demo/demo.ts';
import { runDemo } from '../../demo/demo.ts';
import { hexDump, readableTexts } from '../../demo/hex-dump.ts';
import { keepDemo } from '../../demo/kept.ts';
import { print } from '../terminal/print.ts';

const SHOWN_BYTES = 64;
const SHOWN_TEXTS = 4;
const PROGRESS_EVERY_MS = 1000;

/** @returns the exit code: 0 only if everything arrived unchanged */
export async function demo(embedded: boolean): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  print('A stream crosses a network inside TLS, although neither of its two ends speaks TLS.\n\n');
  const meter = progressMeter();
  const step = (text: string): void => void print(`* ${text}\n`);
  const report = await runDemo({ embedded, signal: interrupt.signal, step, progress: meter.show });
  meter.end();
  print(`${wireText(report)}\n${summaryText(report)}`);
  return report.agreed ? 0 : 1;
}

/** `overcoat demo --keep`: until Ctrl-C. @returns the exit code */
export async function keptDemo(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const ready = (url: string): void => {
    print(`A stream flows: sender -> overcoat client -> TLS -> overcoat server -> receiver.

Look at it, and break it, in a browser:

    ${url}

Ctrl-C ends it; nothing is left of it.
`);
  };
  await keepDemo({ signal: interrupt.signal, ready });
  return 0;
}

function wireText({ withoutOvercoat, withOvercoat, serverName }: DemoReport): string {
  const name = withOvercoat.includes(serverName) ? ' (TLS sends the name of the server in clear)' : '';
  return `
What the sender said, and the wire would have shown without Overcoat:
${described(withoutOvercoat)}

What crossed the wire with Overcoat:
${described(withOvercoat)}${name}
`;
}

/** The first bytes, and what anybody can read further on. */
function described(bytes: Buffer): string {
  const texts = readableTexts(bytes).slice(0, SHOWN_TEXTS);
  const quoted = texts.length === 0 ? 'nothing' : texts.map((text) => `"${text}"`).join(', ');
  return `${hexDump(bytes.subarray(0, SHOWN_BYTES)).join('\n')}\nreadable in the first ${bytes.length} bytes: ${quoted}`;
}

function summaryText({ bytesSent, bytesReceived, delivery, tls, serverName, agreed }: DemoReport): string {
  const { facts, verified } = tls;
  const rows: [string, string][] = [
    ['bytes sent', String(bytesSent)],
    ['bytes received', String(bytesReceived)],
    ['SHA-256 sent', delivery.sentSha256],
    ['SHA-256 received', delivery.receivedSha256],
    ...(delivery.frames === undefined
      ? []
      : ([
          ['frames sent', delivery.frames.sent],
          ['frames recorded', delivery.frames.recorded],
        ] satisfies [string, string][])),
    ['TLS version', facts.protocol],
    ['cipher', facts.cipher],
    ['group', facts.group],
    ['certificate', `verified by ${verified} (${serverName})`],
  ];
  const verdict = agreed ? 'Everything arrived unchanged.' : 'What arrived is NOT what was sent.';
  return `${rows.map(([label, value]) => `${label.padEnd(17)} ${value}\n`).join('')}\n${verdict}\n`;
}

/** On a terminal one line that changes, elsewhere a line a second at most. */
function progressMeter(): { show(text: string): void; end(): void } {
  const terminal = process.stdout.isTTY;
  let shownAt = Number.NEGATIVE_INFINITY;
  let width = 0;
  return {
    show: (text) => {
      const now = performance.now();
      if (!terminal && now - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = now;
      print(terminal ? `\r  ${text.padEnd(width)}` : `  ${text}\n`);
      width = Math.max(width, text.length);
    },
    end: () => {
      if (terminal && width > 0) print('\n');
    },
  };
}
