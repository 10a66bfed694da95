/** Flags of the commands that ask a running process, and of those that are asked. */

import { exposureOf } from '../../config/exposure.ts';
import type { ControlValue } from '../../config/options/watch.ts';
import { control, controlPath } from '../../config/options/watch.ts';
import { tcpAddress } from '../../config/values/address-values.ts';
import { integer } from '../../config/values/values.ts';
import type { WatchChoice } from '../args/command.ts';
import type { FlagRow } from '../args/flag-row.ts';
import type { Flags } from '../args/flags.ts';
import { optional, UsageError, wordOf } from '../args/flags.ts';

export const JSON_FLAG = { name: 'json', help: 'as JSON, for programs' } as const satisfies FlagRow;

export const CONTROL_FLAG = {
  name: 'control',
  value: 'PATH',
  help: 'the control socket of the process; without it, that of the one that runs',
} as const satisfies FlagRow;

const WITHIN_MOST_S = 3600;

export const WITHIN_FLAG = {
  name: 'within',
  value: 'SECONDS',
  help: 'how long the process may take to answer (15)',
} as const satisfies FlagRow;

/** --within SECONDS, in milliseconds; undefined: as long as is usual. @throws UsageError */
export function withinOf(flags: Flags<'within'>): number | undefined {
  const seconds = optional(flags, 'within', integer(1, WITHIN_MOST_S, ''));
  return seconds === undefined ? undefined : seconds * 1000;
}

/** --control PATH. @throws UsageError */
export function controlOf(flags: Flags<'control'>): string | undefined {
  const path = flags.one('control');
  if (path === undefined || path.startsWith('/')) return path;
  throw new UsageError(
    `--control: "${path}" is not the whole path of a control socket; without --control the one that runs is found by itself`,
  );
}

/** Of `exec`, which nobody looks at unless its user says so. */
export const EXEC_CONTROL_FLAG = {
  name: 'control',
  value: 'auto|PATH',
  help: 'have a control socket, by which `overcoat status`, connections, top and end reach this process (no)',
} as const satisfies FlagRow;

/** @returns undefined: none. @throws UsageError */
export function execControlOf(flags: Flags<'control'>): string | undefined {
  const asked = optional(flags, 'control', control);
  return asked === undefined ? undefined : controlPath(asked);
}

const CONFINE = ['yes', 'no', 'report', 'strict'] as const;

/** Of the commands that serve. */
export const WATCH_FLAGS = [
  { name: 'status', value: '[HOST:]PORT', help: 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' },
  { name: 'control', value: 'auto|PATH|no', help: 'the control socket by which `overcoat status` and the like reach this process (auto)' },
  {
    name: 'confine',
    choices: CONFINE,
    help: 'fence the process in: only the files, ports and system calls it needs (docs/production.md)',
  },
] as const satisfies readonly FlagRow[];

/** @throws UsageError */
export function watchOf(flags: Flags<'control' | 'status' | 'confine'>): WatchChoice {
  const status = optional(flags, 'status', tcpAddress('127.0.0.1', 'status'));
  if (status !== undefined && exposureOf(status) !== 'local')
    throw new UsageError('--status: other machines reach this address; that needs statusCert and statusToken or statusCA in a file');
  const asked: ControlValue | undefined = optional(flags, 'control', control);
  const confine = optional(flags, 'confine', wordOf(CONFINE));
  return { status, control: asked, ...(confine === undefined ? {} : { confine }) };
}
