/** The part of a file that is about looking at the process while it serves. */
import type { WatchConfig } from '../config.ts';
import { UNWATCHED } from '../defaults.ts';
import { exposureOf } from '../exposure.ts';
import { controlPath } from '../options/watch.ts';
import type { Draft } from '../read/draft.ts';
import type { Report } from './report.ts';

/** @param control whether there is a control socket where nothing is said; it depends on the launcher */
export function resolveWatch(draft: Draft, control: 'auto' | undefined, report: Report): WatchConfig {
  const written = draft.one('control');
  const cert = draft.one('statusCert');
  const everyMs = draft.one('recordsEvery');
  const watch: WatchConfig = {
    control: written === undefined ? control : controlPath(written),
    controlOwner: { uid: draft.one('controlUser'), gid: draft.one('controlGroup') },
    status: draft.one('status'),
    statusCert: cert,
    statusKey: draft.one('statusKey') ?? cert,
    statusCa: draft.one('statusCA'),
    statusToken: draft.one('statusToken'),
    keepClientsMs: draft.one('statusKeepClients') ?? UNWATCHED.keepClientsMs,
    records: draft.one('records'),
    recordsEveryMs: everyMs === 0 ? undefined : everyMs,
  };
  if (cert === undefined && draft.one('statusKey') !== undefined)
    report.error('statusKey', 'a key without its certificate serves nothing over TLS: give statusCert too', 'statusKey needs statusCert');
  judge(watch, report);
  return watch;
}

/** Whoever reads it learns who connects where: over a network it is for those who prove who they are, and for nobody in between. */
function judge({ status, statusCert, statusCa, statusToken, recordsEveryMs, records }: WatchConfig, report: Report): void {
  if (status !== undefined && exposureOf(status) !== 'local') {
    if (statusCert === undefined)
      report.error('status', 'other machines reach this address: give statusCert too, or listen on 127.0.0.1', 'status needs statusCert');
    else if (statusCa === undefined && statusToken === undefined)
      report.error('status', 'other machines reach this address: give statusCA or statusToken too', 'status needs statusCA or statusToken');
  }
  if (statusCa !== undefined && statusCert === undefined)
    report.error('statusCA', 'client certificates need TLS: give statusCert too', 'statusCA needs statusCert');
  if (recordsEveryMs !== undefined && records === undefined)
    report.warn('recordsEvery', 'there are no records: it has no effect', 'recordsEvery has no effect without records');
}
