/**
 * Has revocation lists fetched that end soon, where a service says from where (`CRLurl`). The service process asks the network and looks
 * whether what it gets is signed by a trusted authority; here it is written to `CRLfile`, and taken as any renewed file is.
 */
import { renameSync, writeFileSync } from 'node:fs';
import type { ServiceConfig } from '../../config/config.ts';
import type { Observe } from '../../observe/events.ts';
import { replayingFiles } from '../../start-files.ts';
import { systemErrorText } from '../../text/system-error.ts';
import { loadTrustStore } from '../../tls/material/trust-store.ts';
import type { Served } from '../engine.ts';
import { fromStartFolder } from '../process/start-folder.ts';
import type { ServiceProcess } from '../service-process/service-process.ts';

/** A list that ends within this is fetched again. */
const AHEAD_MS = 86_400_000;
/** How often that is looked at, and how soon a URL is asked again. */
const LOOK_MS = 60_000;
const AGAIN_MS = 3_600_000;

export interface ListFetching {
  readonly services: () => readonly Pick<Served, 'config' | 'tls' | 'files'>[];
  readonly process: Pick<ServiceProcess, 'ask'>;
  readonly observe: Observe;
}

/** Looks now and from then on. @returns ends it */
export function fetchLists({ services, process, observe }: ListFetching): () => void {
  /** As `performance.now()` has it: a clock that is set back must not keep the next question away. */
  const askedAt = new Map<string, number>();
  const look = (): void => {
    const now = performance.now();
    for (const service of services()) {
      const { crlUrl: url, crlFile: file } = service.config.revocation;
      if (url === undefined || file === undefined || !endsSoon(service, Date.now())) continue;
      if (now - (askedAt.get(url) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) continue;
      askedAt.set(url, now);
      void fetchOne(service, url, file);
    }
  };
  const fetchOne = async (service: ReturnType<ListFetching['services']>[number], url: string, file: string): Promise<void> => {
    const { config, files } = service;
    const authorities = replayingFiles(files.tls, () => loadTrustStore(config.trust)).pem;
    const wanted = { url, authorities, weakAllowed: config.tls.securityLevel === 0 };
    const answer = await process.ask({ kind: 'fetch-list', wanted });
    const found = answer?.kind === 'list' ? answer.list : 'no process fetches lists; restart, since none was needed at the start';
    const failed = typeof found === 'string' ? found : written(file, found.pem);
    const about = { id: 'main', service: config };
    if (failed !== undefined) observe({ kind: 'list-not-fetched', url, text: failed }, about);
    else if (typeof found !== 'string') observe({ kind: 'list-fetched', url, expires: found.expires }, about);
  };
  look();
  const timer = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(timer);
}

/** Where this is asked for, there has to be somebody who asks the network. */
export function fetchesLists({ revocation }: ServiceConfig): boolean {
  return revocation.crlUrl !== undefined;
}

function endsSoon({ tls }: Pick<Served, 'tls'>, now: number): boolean {
  return tls.expiries.some(({ of, expires }) => of === 'revocation-list' && expires !== undefined && expires - now < AHEAD_MS);
}

/** @returns why it could not be written */
function written(file: string, pem: string): string | undefined {
  const path = fromStartFolder(file);
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, pem, { mode: 0o644 });
    renameSync(temporary, path);
    return undefined;
  } catch (cause) {
    return `${path} cannot be written: ${systemErrorText(cause)}; let this user write it and its folder`;
  }
}
