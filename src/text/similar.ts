/** What somebody may have meant by a name that does not exist, for `did you mean`. */

const SHORTEST = 3;
const LONGEST = 40;

/**
 * The name that is one or, from five characters on, two mistakes away, in any case: a character that is changed, missing, too much, or
 * has changed places with its neighbour. Of several the nearest, then the first. Where none is near, the only one that begins so.
 */
export function mostSimilar(typed: string, names: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  if (wanted.length < SHORTEST || wanted.length > LONGEST) return undefined;
  const farthest = wanted.length < 5 ? 1 : 2;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance <= farthest && distance < (best?.distance ?? farthest + 1)) best = { name, distance };
  }
  if (best !== undefined) return best.name;
  const [only, ...others] = names.filter((name) => name.toLowerCase().startsWith(wanted));
  return others.length === 0 ? only : undefined;
}

/** `; did you mean NAME?`, nothing where no name is near. */
export function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** How many names are listed to whoever meant none of them. */
const MOST_LISTED = 8;

/** What to say of a name that is none of these: the one that was probably meant, else those there are. Begins with `; `. */
export function meantAmong(typed: string, names: readonly string[]): string {
  const meant = mostSimilar(typed, names);
  if (meant !== undefined) return didYouMean(meant);
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : '';
  const listed = names.length === 0 ? 'none' : `${names.slice(0, MOST_LISTED).join(', ')}${more}`;
  return `; there ${names.length === 1 ? 'is' : 'are'} ${listed}`;
}

/** Levenshtein's distance, where two neighbours that changed places count once; one row of its table at a time. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : change;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
