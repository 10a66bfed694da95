/**
 * Whether resident memory grows. Judged are the processes that lived from the warm-up to the end, each, and all of those together. One that a fault
 * has replaced begins small and grows until it has the size of the one before, every time: in a sum over everything that is a slope without
 * a leak, and a leak there would hide in it, so the sum is shown and not judged. What such processes may become is seen by those that live on.
 */
import type { Row } from './row.ts';
import type { Sample, Slope } from './slope.ts';
import { slopeOf } from './slope.ts';
import type { Soaked } from './soak.ts';
import type { Series } from './watch.ts';

const MOST_MB_IN_TEN_MINUTES = 1;
/** A slope is judged when it was looked at for so long; before, a heap that finds its size looks the same as a leak. */
const JUDGED_SECONDS = 600;
/** What a process may grow by in all in a shorter time. */
const MOST_MB_IN_SHORT = 20;
/** So many lines are looked at that one of them is two errors off in every other soak. */
const ERRORS = 3;
/** A look that was late is the last one still. */
const LAST_LOOK_SECONDS = 2;

export function memoryRows({ series, sum, warmSeconds }: Soaked['memory']): Row[] {
  const warm = (samples: readonly Sample[]): readonly Sample[] => samples.filter(({ at }) => at >= warmSeconds);
  const last = sum.at(-1)?.at ?? 0;
  const livedOn = ({ samples }: Series): boolean =>
    (samples[0]?.at ?? last) <= warmSeconds && (samples.at(-1)?.at ?? 0) >= last - LAST_LOOK_SECONDS;
  const throughout = series.filter(livedOn).map(({ product, role, samples }) => ({ name: `${product} ${role}`, samples: warm(samples) }));
  const replaced = series.filter((each) => !livedOn(each));
  return [
    ...throughout.map(({ name, samples }) => judgedRow(name, samples)),
    ...(throughout.length > 1 ? [judgedRow(`these ${throughout.length} processes together`, together(throughout))] : []),
    {
      what: 'resident memory of all processes, replaced ones included',
      kept: undefined,
      seen: `${growth(warm(sum))}; ${replaced.length} that were replaced or came later, at most ${Math.max(0, ...replaced.map(mostOf)).toFixed(0)} MB`,
    },
  ];
}

/** Of the moments when all of them were looked at. */
function together(all: readonly { readonly samples: readonly Sample[] }[]): readonly Sample[] {
  const moments = Map.groupBy(
    all.flatMap(({ samples }) => samples),
    ({ at }) => at,
  );
  return [...moments]
    .filter(([, samples]) => samples.length === all.length)
    .map(([at, samples]) => ({ at, value: samples.reduce((sum, { value }) => sum + value, 0) }));
}

/** Kept as long as the slope is not surely above the limit, and how sure it is stands beside it. */
function judgedRow(name: string, samples: readonly Sample[]): Row {
  const seconds = secondsOf(samples);
  const { slope, error } = lineOf(samples);
  if (seconds >= JUDGED_SECONDS)
    return {
      what: `resident memory of ${name} grows by less than ${MOST_MB_IN_TEN_MINUTES} MB in ten minutes`,
      kept: (slope - ERRORS * error) * 600 < MOST_MB_IN_TEN_MINUTES,
      seen: growth(samples),
    };
  const grown = slope * seconds;
  return {
    what: `resident memory of ${name} grows by less than ${MOST_MB_IN_SHORT} MB in so short a time`,
    kept: grown < MOST_MB_IN_SHORT,
    seen: `${grown.toFixed(1)} MB in ${Math.round(seconds)} s`,
  };
}

function growth(samples: readonly Sample[]): string {
  const { slope, error } = lineOf(samples);
  return `${(slope * 600).toFixed(2)} ± ${(error * 600).toFixed(2)} MB in ten minutes, ${(samples.at(-1)?.value ?? 0).toFixed(0)} MB`;
}

function lineOf(samples: readonly Sample[]): Slope {
  return slopeOf(samples, Math.max(5, secondsOf(samples) / 60)) ?? { slope: 0, error: Number.POSITIVE_INFINITY };
}

function secondsOf(samples: readonly Sample[]): number {
  return (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
}

function mostOf({ samples }: Series): number {
  return Math.max(0, ...samples.map(({ value }) => value));
}
