/**
 * Log lines of `logFormat = json` and records, as entries of systemd's journal: each member is a field of its own, `OVERCOAT_` and its
 * name in capitals (`OVERCOAT_NAME_SOURCE`, `OVERCOAT_TLS_VERSION`). Loaded only where the journal takes them.
 */
import type { GlobalConfig } from '../config/config.ts';
import type { JournalFields } from '../linux/log/journal.ts';
import { openJournal } from '../linux/log/journal.ts';
import { facilityNumber } from '../linux/log/syslog.ts';
import { escapeRawBytes } from '../text/raw-text.ts';
import type { Sink } from './sink.ts';
import type { WrittenLine } from './stamped-lines.ts';

const PREFIX = 'OVERCOAT';

export function journalSink({ serviceName, syslogFacility }: Pick<GlobalConfig, 'serviceName' | 'syslogFacility'>): Sink {
  const journal = openJournal();
  const always = [
    ['SYSLOG_IDENTIFIER', escapeRawBytes(serviceName)],
    ['SYSLOG_FACILITY', String(facilityNumber(syslogFacility))],
  ] as const;
  let lost = 0;
  return {
    name: 'the journal',
    write: (lines) => {
      for (const line of lines) if (!journal.write(new Map([...always, ...entryOf(line)]))) lost += 1;
    },
    takeLost: () => {
      const count = lost;
      lost = 0;
      return count === 0 ? undefined : { count, why: 'the journal does not take them' };
    },
    reopen: () => undefined,
    close: () => journal.close(),
  };
}

/** MESSAGE is what a person reads: the text of a log line, and of a record the whole of it. */
export function entryOf({ level, text, facts = {} }: WrittenLine): JournalFields {
  const message = 'text' in facts && typeof facts.text === 'string' ? facts.text : text;
  const fields = new Map([
    ['MESSAGE', message],
    ['PRIORITY', String(level)],
  ]);
  addFields(fields, PREFIX, facts);
  fields.delete(`${PREFIX}_TEXT`);
  return fields;
}

/** What is not known (null, undefined, '') has no field. */
function addFields(fields: Map<string, string>, prefix: string, facts: object): void {
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === null || value === '') continue;
    const field = `${prefix}_${inCapitals(name)}`;
    if (typeof value === 'object') addFields(fields, field, value as object);
    else fields.set(field, String(value));
  }
}

/** `nameSource` becomes `NAME_SOURCE`. */
function inCapitals(name: string): string {
  let capitals = '';
  for (const character of name) capitals += character >= 'A' && character <= 'Z' ? `_${character}` : character.toUpperCase();
  return capitals;
}
