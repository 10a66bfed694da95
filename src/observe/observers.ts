/** Observers made of others. */
import type { Observe, Wants } from './events.ts';

/** An observer that takes only some kinds of events, and says so to those who would have to make them. */
export function observer(take: (...about: Parameters<Observe>) => void, wants: Wants): Observe {
  return Object.assign(take, { wants });
}

/** One observer for several, told in their order. With none, events cost their making; with one, nothing is between. */
export function fanOut(observers: readonly Observe[]): Observe {
  const [only, ...others] = observers;
  if (only === undefined)
    return observer(
      () => undefined,
      () => false,
    );
  if (others.length === 0) return only;
  const wants: Wants = (kind, context) => observers.some((each) => wantedBy(each, kind, context));
  return observer((event, context, at) => {
    for (const each of observers) each(event, context, at);
  }, wants);
}

/** Whether an observer does anything with events of a kind. */
export function wantedBy(observe: Observe, ...about: Parameters<Wants>): boolean {
  return observe.wants?.(...about) ?? true;
}
