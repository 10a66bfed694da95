/**
 * The log: events in, stunnel's lines out. Until the configuration is accepted lines are kept, because only then is it known where
 * they go; a start that fails prints them all on standard error with a mark for the level and no stamp. Lines of one turn of the
 * event loop are written together, so a process that is killed loses at most that turn.
 */

import { writeSync } from 'node:fs';
import type { GlobalConfig, LogLevel } from '../config/config.ts';
import { standardStreamOf } from '../linux/process/standard-streams.ts';
import { cutBytes } from '../text/printable.ts';
import { Batch } from './batch.ts';
import type { EventContext, Observe } from './events.ts';
import { urgencyOf, urgencyOfKind } from './log-lines.ts';
import { fanOut, observer, wantedBy } from './observers.ts';
import type { Sink } from './sink.ts';
import { fieldsErrorSink, fileSink, standardErrorSink, syslogSink } from './sinks.ts';
import type { StampedLine, WrittenLine } from './stamped-lines.ts';
import { jsonLine, stampedLines } from './stamped-lines.ts';
import { ToldWarnings } from './told-warnings.ts';

/** Lines kept while the configuration is read; a start says far less. */
const MAX_KEPT = 10_000;
/** The first loss is said so soon, further ones once a minute. */
const FIRST_LOSS_MS = 1000;
const LOSS_REPORT_MS = 60_000;
/** Before the configuration is known every line is kept. */
const EVERYTHING: LogLevel = 7;
/** How stunnel marks levels 0 to 7 when a start fails. */
const MARKS = ['*', '*', '*', '!', ':', '.', ' ', ' '] as const;

export interface Log {
  readonly observe: Observe;
  /** From now on somebody else is told everything that the log is told. */
  follow(observe: Observe): void;
  /** One level for everything, in the place of those that are configured, until `reconfigure`; undefined: those again. */
  setLevel(level: LogLevel | undefined): void;
  /** What `setLevel` set, as long as it is in force; undefined: as configured. */
  readonly levelByHand: LogLevel | undefined;
  /**
   * Opens the system log and the standard streams where they are wanted; before chroot and a change of user, since all have paths.
   * @throws OvercoatError `start_process`
   */
  openEarly(global: GlobalConfig): Promise<void>;
  /** Opens the file of `output` (and standard error, if it is not yet); after privileges were dropped. @throws OvercoatError `start_process` */
  openFiles(global: GlobalConfig): void;
  /** The configuration is accepted: kept lines and all that follow go where it says. */
  accept(): void;
  /** The start failed: everything that was kept goes to standard error with level marks. */
  reject(): void;
  /** Opens `output` again (SIGUSR1). What cannot be opened is said in the log and goes on where it was. */
  reopen(): void;
  /** After a reload: the levels and places of the new configuration. @throws OvercoatError `start_process`, nothing changed then */
  reconfigure(global: GlobalConfig): void;
  /** Writes what is waiting and gives the files back. */
  close(): void;
}

/** A log that keeps its lines until it is told where they go. */
export function createLog(): Log {
  return new EventLog();
}

class EventLog implements Log {
  #level: LogLevel = EVERYTHING;
  #kept: (StampedLine & { readonly limit: LogLevel | undefined })[] | undefined = [];
  #sinks: Sink[] = [];
  #output: { readonly path: string; readonly append: boolean } | undefined;
  #foreground = false;
  #format: GlobalConfig['logFormat'] = 'text';
  readonly #batch = new Batch<WrittenLine>((lines) => this.#write(lines));
  #lossTimer: NodeJS.Timeout | undefined;
  readonly #warnings = new ToldWarnings();

  levelByHand: LogLevel | undefined;
  #follower: Observe | undefined;

  readonly observe = observer(
    (event, context, at) => {
      if (!this.#warnings.isNews(event, context)) return;
      const limit = this.#limitFor(context);
      if (urgencyOf(event) <= limit)
        for (const line of stampedLines(event, context, limit, at)) this.#keepOrEnqueue(line, context.service?.logLevel);
      this.#follower?.(event, context, at);
    },
    (kind, context) =>
      urgencyOfKind(kind) <= this.#limitFor(context) || (this.#follower !== undefined && wantedBy(this.#follower, kind, context)),
  );

  follow(observe: Observe): void {
    this.#follower = this.#follower === undefined ? observe : fanOut([this.#follower, observe]);
  }

  setLevel(level: LogLevel | undefined): void {
    this.levelByHand = level;
  }

  async openEarly(global: GlobalConfig): Promise<void> {
    const json = global.logFormat === 'json';
    if (global.syslog) this.#sinks.push(await syslogSink(global, json ? 'fields' : 'text'));
    const fields = json && global.foreground === 'yes' ? await fieldsErrorSink(global) : undefined;
    this.#setForeground(global, fields);
    if (standardStreamOf(global.output) !== undefined) this.#setOutput(global);
  }

  openFiles(global: GlobalConfig): void {
    this.#level = global.logLevel;
    this.#format = global.logFormat;
    this.#setForeground(global);
    this.#setOutput(global);
  }

  accept(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const line of kept) if (line.level <= (line.limit ?? this.#level)) this.#enqueue(line);
    this.#batch.flush();
  }

  reject(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const line of kept) writeMarked(line);
  }

  reopen(): void {
    this.#batch.flush();
    for (const sink of this.#sinks) {
      try {
        sink.reopen();
      } catch (error) {
        this.observe({ kind: 'log-reopen-failed', text: (error as Error).message }, { id: 'main', service: undefined });
      }
    }
    this.observe({ kind: 'log-reopened' }, { id: 'main', service: undefined });
  }

  reconfigure(global: GlobalConfig): void {
    this.#batch.flush();
    this.#setOutput(global);
    this.#level = global.logLevel;
    this.levelByHand = undefined;
  }

  close(): void {
    clearTimeout(this.#lossTimer);
    this.#batch.flush();
    for (const sink of this.#sinks.splice(0)) sink.close();
  }

  #setForeground(global: GlobalConfig, sink?: Sink): void {
    if (global.foreground !== 'yes' || this.#foreground) return;
    this.#foreground = true;
    this.#sinks.push(sink ?? standardErrorSink());
  }

  #setOutput({ output, logAppend }: GlobalConfig): void {
    const before = this.#output;
    if (before?.path === output && (output === undefined || before?.append === logAppend)) return;
    const next = output === undefined ? undefined : fileSink(output, logAppend);
    const former = this.#sinks.filter((sink) => sink.name === before?.path);
    this.#sinks = this.#sinks.filter((sink) => sink.name !== before?.path);
    if (next !== undefined) this.#sinks.push(next);
    this.#output = output === undefined ? undefined : { path: output, append: logAppend };
    for (const sink of former) {
      this.#sayLost(sink);
      sink.close();
    }
  }

  #limitFor({ service }: EventContext): LogLevel {
    return this.#kept === undefined ? (this.levelByHand ?? service?.logLevel ?? this.#level) : EVERYTHING;
  }

  /** @param limit the level of the line's service */
  #keepOrEnqueue(line: StampedLine, limit: LogLevel | undefined): void {
    if (this.#kept === undefined) this.#enqueue(line);
    else if (this.#kept.length < MAX_KEPT) this.#kept.push({ ...line, limit });
  }

  #enqueue(line: StampedLine): void {
    if (this.#sinks.length > 0) this.#batch.add(this.#format === 'json' ? jsonLine(line) : line);
  }

  #write(lines: readonly WrittenLine[]): void {
    for (const sink of this.#sinks) sink.write(lines);
    this.#reportLossesIn(FIRST_LOSS_MS);
  }

  #reportLossesIn(ms: number): void {
    this.#lossTimer ??= setTimeout(() => this.#reportLosses(), ms).unref();
  }

  /** What could not be written is said wherever it can be, the sink itself included. */
  #reportLosses(): void {
    this.#lossTimer = undefined;
    for (const sink of this.#sinks) this.#sayLost(sink);
  }

  #sayLost(sink: Sink): void {
    const lost = sink.takeLost();
    if (lost === undefined) return;
    this.#reportLossesIn(LOSS_REPORT_MS); // before this one is written, which may be lost as well
    this.observe({ kind: 'log-lines-lost', sink: sink.name, ...lost }, { id: 'main', service: undefined });
  }
}

/** `[!] text`, on standard error, whatever it takes: the process ends after this. */
function writeMarked(line: StampedLine): void {
  const text = line.text.slice(line.text.indexOf(': ') + 2);
  try {
    writeSync(2, `[${MARKS[line.level]}] ${cutBytes(text)}\n`);
  } catch {
    // Nobody listens; the exit code says it.
  }
}
