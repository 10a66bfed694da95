/**
 * What a table does, from `nft -j list table`, as text to compare: chains, rules and ports. What changes by itself is left out: handles, counters,
 * what the kernel gathers in sets, and names of devices.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Sets whose elements are ours. */
const OWN_ELEMENTS: ReadonlySet<Json | undefined> = new Set(['ports']);

/** @returns undefined where it is no listing of a table */
export function tableContents(json: string): string | undefined {
  let listing: Json;
  try {
    listing = JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
  const items = member(listing, 'nftables');
  if (!Array.isArray(items)) return undefined;
  return JSON.stringify(items.flatMap((item: Json) => contentsOf(item)));
}

function contentsOf(item: Json): readonly Json[] {
  const [chain, rule, set] = [member(item, 'chain'), member(item, 'rule'), member(item, 'set')];
  if (chain !== undefined)
    return [[member(chain, 'name'), member(chain, 'hook'), member(chain, 'prio'), member(chain, 'policy')].map(orNull)];
  if (rule !== undefined) return [[member(rule, 'chain'), withoutCounts(member(rule, 'expr') ?? null)].map(orNull)];
  if (set !== undefined && OWN_ELEMENTS.has(member(set, 'name'))) return [member(set, 'elem') ?? null];
  return [];
}

function withoutCounts(json: Json): Json {
  if (Array.isArray(json)) return json.map((each: Json) => withoutCounts(each));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, key === 'counter' ? null : withoutCounts(value)]));
}

function member(json: Json, name: string): Json | undefined {
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? (json as Record<string, Json>)[name] : undefined;
}

function orNull(json: Json | undefined): Json {
  return json ?? null;
}
