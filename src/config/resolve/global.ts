/** The part of a file that is about the process. */
import { isAbsolute } from 'node:path';
import { printable } from '../../text/printable.ts';
import type { GlobalConfig } from '../config.ts';
import { FILE_GLOBAL } from '../defaults.ts';
import type { Problem } from '../problem.ts';
import type { Draft } from '../read/draft.ts';
import type { SourceLine } from '../read/parse.ts';
import type { Report } from './report.ts';
import { createReport } from './report.ts';
import { resolveWatch } from './watch.ts';

/** What holds where nothing is said, and depends on the launcher. */
export interface LauncherDefaults {
  readonly drainMs: number;
  readonly control: 'auto' | undefined;
}

export function resolveGlobal(
  draft: Draft,
  at: SourceLine,
  { drainMs, control }: LauncherDefaults,
): { readonly global: GlobalConfig; readonly problems: readonly Problem[] } {
  const report = createReport(draft, at, 'Global options');
  const foreground = draft.one('foreground') ?? FILE_GLOBAL.foreground;
  const output = draft.one('output');
  const pid = draft.one('pid');
  if (foreground === 'no') {
    const text = 'in the background the working directory is /, so write the whole path';
    if (output !== undefined && !isAbsolute(output)) report.error('output', text, 'Log file must include full path name');
    if (pid !== undefined && !isAbsolute(pid)) report.error('pid', text, 'Pid file must include full path name');
  }
  const debug = draft.one('debug');
  const global: GlobalConfig = {
    foreground,
    logLevel: debug?.level ?? FILE_GLOBAL.logLevel,
    syslog: draft.one('syslog') ?? FILE_GLOBAL.syslog,
    syslogFacility: facilityOf(draft) ?? FILE_GLOBAL.syslogFacility,
    serviceName: draft.one('service') ?? FILE_GLOBAL.serviceName,
    output,
    logFormat: draft.one('logFormat') ?? FILE_GLOBAL.logFormat,
    watch: resolveWatch(draft, control, report),
    logAppend: (draft.one('log') ?? 'append') === 'append',
    pid,
    chroot: draft.one('chroot'),
    setuid: draft.one('setuid'),
    setgid: draft.one('setgid'),
    setEnv: draft.all('setEnv'),
    drainMs: draft.one('TIMEOUTdrain') ?? drainMs,
    workers: draft.one('workers') ?? FILE_GLOBAL.workers,
    confine: draft.one('confine') ?? FILE_GLOBAL.confine,
    fips: draft.one('fips') ?? FILE_GLOBAL.fips,
    providers: providersOf(draft, report),
    dnsListen: listed(draft.one('dnsListen')),
  };
  return { global, problems: report.problems };
}

/** The last line that names one: `debug = local0.5` and later `debug = 7` keeps local0. */
function facilityOf(draft: Draft): string | undefined {
  return draft.all('debug').findLast((value) => value.facility !== undefined)?.facility;
}

/** Parameters count wherever they stand: a provider must have them before it begins. */
function providersOf(draft: Draft, report: Report): GlobalConfig['providers'] {
  const names = [...new Set(draft.all('provider'))];
  const parameters = draft.all('providerParameter');
  const stray = parameters.find(({ provider }) => !names.includes(provider));
  if (stray !== undefined) {
    const text = `there is no provider = ${printable(stray.provider)}; add it, or remove the line`;
    report.error('providerParameter', text, 'Unknown provider');
  }
  return names.map((name) => ({
    name,
    parameters: parameters.filter(({ provider }) => provider === name).map(({ name: key, value }) => ({ name: key, value })),
  }));
}

function listed<T>(one: T | undefined): readonly T[] | undefined {
  return one === undefined ? undefined : [one];
}
