/** What `overcoat status` prints: one screen, made of the answers of the API. Pure text, and whatever was answered it moves no cursor. */
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import { ageText, rateText, sizeText } from '../../text/units.ts';
import type { ConnectionAnswer, Overview, UnwrappedAnswer } from './answers.ts';
import { columns } from './columns.ts';

const SHOWN_PROBLEMS = 5;
const SHOWN_FLOWS = 10;
const SOON_DAYS = 30;

export function statusScreen({ status, services, problems, certificates }: Overview): string {
  const { version, pid, source, uptimeSeconds, ready, reasons, workers } = status;
  const head = `Overcoat ${version}, process ${pid}, for ${ageText(uptimeSeconds)}${source === null ? '' : `, ${source}`}`;
  const health = ready ? 'Ready.' : `Not ready: ${reasons.join('; ')}.`;
  const silent = status.silent === 0 ? '' : `, ${status.silent} of them silent`;
  const sums = `${status.open} open${silent}, ${rateText(status.bytesPerSecond)}, ${status.accepted} accepted, ${status.failed} failed, ${workers} worker(s)`;
  const table = columns(
    ['SERVICE', 'MODE', 'LISTENS ON', ' OPEN', ' SILENT', ' RATE', ' ACCEPTED', ' FAILED'],
    services.map((each) => [
      each.name,
      each.mode,
      each.drained ? 'drained' : each.addresses.join(' ') || '-',
      String(each.open),
      String(each.silent),
      rateText(each.bytesPerSecond),
      String(each.accepted),
      String(each.failed),
    ]),
  );
  const ending = certificates
    .filter(({ daysLeft }) => daysLeft !== null && daysLeft < SOON_DAYS)
    .map(({ of, service, name, daysLeft }) => `${of} ${name} of [${service}]: ${daysText(daysLeft ?? 0)}`);
  const failed = problems.slice(0, SHOWN_PROBLEMS).flatMap(({ at, code, service, client, destination, text, remedy }) => {
    const who = [client, destination].filter((each) => each !== '').join(' to ');
    const about = service === '' ? [] : [`[${service}]`]; // some are about the process
    return [[at, code, ...about, who].join(' ').trimEnd(), `    ${text}`, `    ${remedy}`];
  });
  const clear = (status.unwrapped ?? []).filter(({ protocol }) => protocol !== 'encrypted').slice(0, SHOWN_FLOWS);
  return [
    [head, health, sums],
    table,
    ...(clear.length === 0 ? [] : [['Sent past Overcoat in clear:', ...clear.map((flow) => `  ${unwrappedText(flow)}`)]]),
    ...(ending.length === 0 ? [] : [['Ends soon:', ...ending.map((line) => `  ${line}`)]]),
    ...(failed.length === 0 ? [] : [['Last failures:', ...failed.map((line) => `  ${line}`)]]),
  ]
    .map((lines) => `${lines.map((line) => printable(line, MAX_LINE_BYTES)).join('\n')}\n`)
    .join('\n');
}

function unwrappedText({ host, transport, port, protocol, bytes, remedy }: UnwrappedAnswer): string {
  const known = protocol === 'other' ? '' : ` (${protocol})`;
  const to = `${transport === 'udp' ? 'UDP ' : ''}port ${port}${known}`;
  return `${host} sent ${sizeText(bytes)} to ${to}${remedy === '' ? '' : `; ${remedy}`}`;
}

function daysText(days: number): string {
  return days < 0 ? `ended ${-days} day(s) ago` : `${days} day(s) left`;
}

export const CONNECTION_TITLES = [
  'ID',
  'SERVICE',
  'CLIENT',
  'DESTINATION',
  'STAGE',
  ' AGE',
  ' RATE',
  ' TO TLS',
  ' TO PLAIN',
  'SILENT',
] as const;

export function connectionRow(each: ConnectionAnswer): readonly string[] {
  return [
    String(each.connection),
    each.service,
    each.client,
    each.name || each.upstream || each.originalDestination || '-',
    each.stage,
    ageText(each.seconds),
    rateText(each.bytesPerSecond),
    sizeText(each.toTls),
    sizeText(each.toPlain),
    each.silent ? `silent for ${ageText(each.silentSeconds)}` : '',
  ];
}
