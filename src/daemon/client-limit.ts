/**
 * How many connections there may be at once. A connection that cannot have its second descriptor is worth nothing, so clients are
 * refused before the process runs out of descriptors. Those that are open at start, and a few for look-ups and files, do not count.
 */
/** The client's socket and that of its upstream (or program). */
const PER_CONNECTION = 2;
/** For name look-ups, revocation checks, programs that are being started, and files that are read again. */
const SET_ASIDE = 16;

/**
 * Never more than stunnel allows under the same limit, and at least one.
 * @param limit how many descriptors the process may have
 * @param open how many it has before the first client
 * @returns undefined where nothing bounds it
 */
export function clientLimit(limit: number | undefined, open: number): number | undefined {
  if (limit === undefined) return undefined;
  const ofStunnel = limit >= 256 ? Math.floor((limit * 125) / 256) : Math.floor((limit - 6) / 2);
  const left = Math.floor((limit - open - SET_ASIDE) / PER_CONNECTION);
  return Math.max(1, Math.min(ofStunnel, left));
}
