/** What a reload has changed, for people and for counts: services by their names, certificates by what they say. */
import type { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ReloadChanges, RenewedCertificate } from '../../observe/daemon-events.ts';
import type { Served } from '../engine.ts';

/** @param before what served until now; sections of one name are told apart by their order */
export function changesOf(before: readonly Served[], after: readonly Served[]): ReloadChanges {
  const old = named(before);
  const now = named(after);
  const both = [...now].flatMap(([key, next]) => {
    const former = old.get(key);
    return former === undefined ? [] : [{ former, next }];
  });
  return {
    added: [...now].filter(([key]) => !old.has(key)).map(([, { config }]) => config.name),
    removed: [...old].filter(([key]) => !now.has(key)).map(([, { config }]) => config.name),
    changed: both.filter(({ former, next }) => !isDeepStrictEqual(former.config, next.config)).map(({ next }) => next.config.name),
    renewed: renewals(before, after),
  };
}

/** Whose own certificate is another now. */
export function renewals(before: readonly Served[], after: readonly Served[]): readonly RenewedCertificate[] {
  const old = named(before);
  return [...named(after)].flatMap(([key, { config, tls }]) => renewal(config.name, old.get(key)?.tls.ownCertificate, tls.ownCertificate));
}

function named(services: readonly Served[]): ReadonlyMap<string, Served> {
  const counts = new Map<string, number>();
  return new Map(
    services.map((service) => {
      const count = (counts.get(service.config.name) ?? 0) + 1;
      counts.set(service.config.name, count);
      return [`${count} ${service.config.name}`, service];
    }),
  );
}

function renewal(service: string, former: X509Certificate | undefined, next: X509Certificate | undefined): readonly RenewedCertificate[] {
  if (former === undefined || next === undefined || former.raw.equals(next.raw)) return [];
  return [{ service, expired: former.validToDate.getTime(), expires: next.validToDate.getTime() }];
}
