/**
 * One JSON object a connection (`records`), in the shape of docs/record.schema.json. Those of one turn of the event loop are written
 * together, as lines of the log are, and without ever holding traffic up: what a full disk or a pipe that nobody reads does not take is
 * counted and said.
 */
import type { GlobalConfig } from '../config/config.ts';
import { Batch } from '../observe/batch.ts';
import type { DaemonEvent } from '../observe/daemon-events.ts';
import type { EventOf, Stage } from '../observe/events.ts';
import type { Sink } from '../observe/sink.ts';
import { recordSink } from '../observe/sinks.ts';
import type { WrittenLine } from '../observe/stamped-lines.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import { tlsView } from './connection-view.ts';
import type { Ending, Ledger } from './ledger/ledger.ts';
import type { OpenConnection } from './ledger/open-connection.ts';
import { withoutPaths } from './ledger/redact.ts';
import { RECORD_VERSION } from './schemas.ts';
import { seconds, timeText } from './time-text.ts';
import type { Views } from './views.ts';

/** Whether any were lost is looked at so often. */
const LOSS_LOOK_MS = 1000;
/** Once losses were said, further ones are so often at most. */
const LOSS_MS = 60_000;

export interface Records {
  /** Also of connections that are open, in this rhythm. */
  every(ms: number, views: Views): void;
  /** Opens the file again (SIGUSR1). */
  reopen(): void;
  close(): void;
}

/**
 * @param tell what was lost, or cannot be opened again
 * @throws OvercoatError `start_process` the file cannot be opened
 */
export async function openRecords(to: string, global: GlobalConfig, ledger: Ledger, tell: (event: DaemonEvent) => void): Promise<Records> {
  const sink = await recordSink(to, global);
  const batch = new Batch<WrittenLine>((lines) => sink.write(lines));
  const forget = ledger.onEnded((connection, ending) => batch.add(lineOf(recordOf(connection, ending))));
  const losses = new Losses(sink, ledger, tell);
  const lossLooks = setInterval(() => losses.look(), LOSS_LOOK_MS).unref();
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
        tell({ kind: 'log-reopen-failed', text: (error as Error).message }); // it goes on where it was, as the log does
      }
    },
    close: () => {
      forget();
      batch.flush();
      losses.look(true);
      clearInterval(lossLooks);
      clearInterval(rhythm);
      sink.close();
    },
  };
}

async function addOpen(batch: Batch<WrittenLine>, views: Views): Promise<void> {
  await views.look();
  for (const connection of views.ledger.open.values()) batch.add(lineOf(recordOf(connection, undefined)));
}

/** Counts at once what was lost, and says so now and then. */
class Losses {
  readonly #sink: Sink;
  readonly #ledger: Ledger;
  readonly #tell: (event: DaemonEvent) => void;
  #unsaid = 0;
  #why = '';
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(sink: Sink, ledger: Ledger, tell: (event: DaemonEvent) => void) {
    this.#sink = sink;
    this.#ledger = ledger;
    this.#tell = tell;
  }

  /** @param last there is no later time to say it */
  look(last = false): void {
    const lost = this.#sink.takeLost();
    if (lost !== undefined) {
      this.#ledger.counts.add('overcoat_records_lost_total', {}, lost.count);
      this.#unsaid += lost.count;
      this.#why = lost.why;
    }
    if (this.#unsaid === 0 || (!last && performance.now() - this.#saidAt < LOSS_MS)) return;
    this.#tell({ kind: 'records-lost', sink: this.#sink.name, count: this.#unsaid, why: this.#why });
    this.#unsaid = 0;
    this.#saidAt = performance.now();
  }
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
    stageSeconds: secondsOf(closed?.stageMs ?? {}),
    firstByteSeconds: closed?.firstByteMs === undefined ? null : seconds(closed.firstByteMs),
  };
}

/** One object, and no lists on the way: there is one a connection. */
function secondsOf(stageMs: EventOf<'closed'>['stageMs']): Partial<Record<Stage, number>> {
  const all: Partial<Record<Stage, number>> = {};
  for (const stage in stageMs) all[stage as Stage] = seconds(stageMs[stage as Stage] ?? 0);
  return all;
}

/** The system log takes it at `info`; the text of a file has no stamp of ours. */
function lineOf(record: object): WrittenLine {
  return { level: 6, stamp: '', text: JSON.stringify(record), facts: record };
}
