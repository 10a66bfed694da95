/** Says once a day what ends soon: our own certificates, those of peers accepted by name, trusted authorities, revocation lists. */
import { isNearEnd } from '../../acme/schedule.ts';
import type { EventOf, Observe } from '../../observe/events.ts';
import type { Served } from '../engine.ts';

const DAY_MS = 86_400_000;
/** From here on it is said; the lines of 7 and of 2 days are of a higher level (`observe/lines/daemon.ts`). */
const WARN_DAYS = 21;
/** A clock that is set, or a machine that slept: the day is looked at so often. */
const LOOK_MS = 60_000;

const MAIN = { id: 'main', service: undefined } as const;

type Warned = Pick<Served, 'config' | 'tls'>;

/**
 * Says it now and on each day to come.
 * @param services what serves by then
 * @param now the wall clock; tests move it
 * @param lookMs how often the day is looked at
 * @returns ends it
 */
export function warnOfExpiries(
  services: () => readonly Warned[],
  observe: Observe,
  now: () => number = Date.now,
  lookMs: number = LOOK_MS,
): () => void {
  let said: number | undefined;
  const look = (): void => {
    const today = Math.floor(now() / DAY_MS);
    if (today === said) return;
    said = today;
    for (const event of nearExpiries(services(), now())) observe(event, MAIN);
  };
  look();
  const timer = setInterval(look, lookMs).unref();
  return () => clearInterval(timer);
}

/** One that is asked for by itself, of six days perhaps, is worth a word only where its renewal should have been done. */
function renewsItself({ acme }: Warned['config'], { ownCertificate }: Warned['tls'], now: number): boolean {
  if (acme === undefined || ownCertificate === undefined) return false;
  const { validFromDate, validToDate } = ownCertificate;
  return !isNearEnd({ from: validFromDate.getTime(), to: validToDate.getTime() }, now);
}

/** What ends within 21 days or has ended, soonest first; what several services use is said once. */
export function nearExpiries(services: readonly Warned[], now: number): readonly EventOf<'expiry-near'>[] {
  const found = new Map<string, EventOf<'expiry-near'>>();
  for (const { config, tls } of services) {
    for (const { of, name, expires } of tls.expiries) {
      if (expires === undefined) continue;
      const daysLeft = Math.floor((expires - now) / DAY_MS);
      if (daysLeft > WARN_DAYS || (of === 'certificate' && renewsItself(config, tls, now))) continue;
      const key = `${of}\n${name}\n${expires}`;
      const users = found.get(key)?.services ?? [];
      found.set(key, { kind: 'expiry-near', of, name, expires, daysLeft, services: [...new Set([...users, config.name])] });
    }
  }
  return [...found.values()].sort((one, other) => one.expires - other.expires);
}
