/**
 * One JSON object a connection (`records`), in the shape of docs/record.schema.json. Those of one turn of the event loop are written
 * together, as lines of the log are, and without ever holding traffic up: what a full disk or a pipe that nobody reads does not take is
 * counted and said.
 */
import type { GlobalConfig } from '../config/config.ts';
import { Batch } from '../observe/batch.ts';
import type { Sink } from '../observe/sinks.ts';
import { recordSink } from '../observe/sinks.ts';
import type { WrittenLine } from '../observe/stamped-lines.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import type { Ending, Ledger } from './ledger.ts';
import type { OpenConnection } from './open-connection.ts';
import { withoutPaths } from './redact.ts';
import { RECORD_VERSION } from './schemas.ts';
import type { Views } from './views.ts';
import { seconds, timeText, tlsView } from './views.ts';

/** Losses are said so often at most. */
const LOSS_MS = 60_000;

export interface Records {
  /** Also of connections that are open, in this rhythm. */
  every(ms: number, views: Views): void;
  /** Opens the file again (SIGUSR1). */
  reopen(): void;
  close(): void;
}

/**
 * @param say a line for the log: what was lost, or cannot be opened again
 * @throws OvercoatError `start_process` the file cannot be opened
 */
export async function openRecords(to: string, global: GlobalConfig, ledger: Ledger, say: (text: string) => void): Promise<Records> {
  const sink = await recordSink(to, global);
  const batch = new Batch<WrittenLine>((lines) => sink.write(lines));
  const forget = ledger.onEnded((connection, ending) => batch.add(lineOf(recordOf(connection, ending))));
  const losses = setInterval(() => countLosses(sink, ledger, say), LOSS_MS).unref();
  let rhythm: NodeJS.Timeout | undefined;
  return {
    every: (ms, views) => {
      rhythm = setInterval(() => void addOpen(batch, views).catch(() => undefined), ms).unref();
    },
    reopen: () => {
      batch.flush();
      try {
        sink.reopen();
      } catch (error) {
        say((error as Error).message); // it goes on where it was, as the log does
      }
    },
    close: () => {
      forget();
      batch.flush();
      countLosses(sink, ledger, say);
      clearInterval(losses);
      clearInterval(rhythm);
      sink.close();
    },
  };
}

async function addOpen(batch: Batch<WrittenLine>, views: Views): Promise<void> {
  await views.look();
  for (const connection of views.ledger.open.values()) batch.add(lineOf(recordOf(connection, undefined)));
}

function countLosses(sink: Sink, { counts }: Ledger, say: (text: string) => void): void {
  const lost = sink.takeLost();
  if (lost === undefined) return;
  counts.add('overcoat_records_lost_total', {}, lost.count);
  say(`${lost.count} record(s) could not be written to ${sink.name}: ${lost.why}`);
}

/** @param ending undefined: it is open */
export function recordOf(connection: OpenConnection, ending: Ending | undefined, now = Date.now()): object {
  const { tls, startedAt, toTls, toPlain, stage } = connection;
  const closed = ending?.kind === 'closed' ? ending.event : undefined;
  const failed = closed?.reason.kind === 'failed' ? closed.reason : undefined;
  return {
    version: RECORD_VERSION,
    at: timeText(now),
    event: ending === undefined ? 'open' : 'end',
    connection: connection.connection,
    id: connection.id,
    service: connection.service,
    mode: connection.mode,
    client: connection.client,
    name: connection.name,
    nameSource: connection.nameSource,
    originalDestination: connection.originalDestination,
    upstream: connection.upstream,
    startedAt: timeText(startedAt),
    tls: tls === undefined ? null : tlsView(tls),
    verified: connection.verified,
    passedOn: connection.passedOn,
    peerSha256: connection.peerSha256,
    seconds: seconds(closed?.ms ?? now - startedAt),
    stage,
    toTls,
    toPlain,
    reason: closed?.reason.kind ?? (ending === undefined ? null : 'lost'),
    code: failed?.code ?? null,
    message: failed === undefined ? null : printable(withoutPaths(failed.message), MAX_LINE_BYTES),
    endedBy: closed?.endedBy ?? null,
    stageSeconds: Object.fromEntries(Object.entries(closed?.stageMs ?? {}).map(([name, ms]) => [name, seconds(ms)])),
    firstByteSeconds: closed?.firstByteMs === undefined ? null : seconds(closed.firstByteMs),
  };
}

/** The system log takes it at `info`; the text of a file has no stamp of ours. */
function lineOf(record: object): WrittenLine {
  return { level: 6, stamp: '', text: JSON.stringify(record), facts: record };
}
