/**
 * Which of the kept advisories (known-vulnerabilities.json) are about the runtime that runs. An advisory that reaches Overcoat is a
 * finding until the runtime is raised; one that does not is said, with the reason somebody wrote down.
 */

export interface Advisory {
  readonly component: 'node' | 'openssl';
  /** The first version that has the fault; a line of releases begins here (`26.0.0`, `3.5.0`). */
  readonly affects: string;
  /** The first version of the same line without it. */
  readonly fixedIn: string;
  /** YYYY-MM-DD */
  readonly published: string;
  readonly severity: string;
  readonly about: string;
  readonly cves: readonly string[];
  /** Whether it can be reached through what Overcoat does with the component. */
  readonly reaches: 'yes' | 'no';
  readonly why: string;
}

export interface KnownVulnerabilities {
  /** The day on which somebody last looked at the sources, YYYY-MM-DD. */
  readonly reviewed: string;
  readonly advisories: readonly Advisory[];
}

export interface Versions {
  readonly node: string;
  readonly openssl: string;
}

/** After this many days the list says nothing of today: SECURITY.md promises a look at the sources within them. */
export const REVIEW_DAYS = 30;

const DAY_MS = 86_400_000;

/** @returns those whose line of releases the version belongs to, and which its release does not fix yet */
export function affecting(advisories: readonly Advisory[], versions: Versions): Advisory[] {
  return advisories.filter(({ component, affects, fixedIn }) => {
    const version = versions[component];
    return compare(version, affects) >= 0 && compare(version, fixedIn) < 0;
  });
}

/** What is wrong with the file itself: without these, a row would say nothing or the wrong thing. */
export function faults({ reviewed, advisories }: KnownVulnerabilities): string[] {
  const days = [reviewed, ...advisories.map(({ published }) => published)].filter((day) => Number.isNaN(Date.parse(day)));
  return [
    ...(advisories.length === 0 ? ['names no advisory'] : []),
    ...days.map((day) => `${day} is no day`),
    ...advisories.flatMap(({ cves, affects, fixedIn, why }) => [
      ...(cves.length === 0 || !cves.every((cve) => /^CVE-\d{4}-\d{4,}$/.test(cve)) ? [`${fixedIn}: no CVE number, or a wrong one`] : []),
      ...(compare(affects, fixedIn) >= 0 ? [`${fixedIn} does not come after ${affects}`] : []),
      ...(why.trim() === '' ? [`${fixedIn}: says no reason`] : []),
    ]),
  ];
}

/** Whole days from one day to the other. */
export function daysBetween(from: string, to: Date): number {
  return Math.floor((to.getTime() - Date.parse(from)) / DAY_MS);
}

/** Below 0 where `a` is the older release. What stands behind a `-` or `+` does not count. */
export function compare(a: string, b: string): number {
  const numbers = (version: string): number[] => (version.split(/[-+]/, 1)[0] ?? '').split('.').map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let part = 0; part < Math.max(left.length, right.length); part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
