/**
 * OpenSSL's cipher lists (openssl-ciphers(1)), as the runtime has to be given them. It takes the list, the suites of TLS 1.3 and the
 * security level as one string, which it splits at colons to find the suites: whatever begins with `TLS_` or `!TLS_` is taken out
 * of the list, and a whole list with other separators counts as one word.
 */

const SEPARATOR = /[:;, ]/;
const LEVEL = /@SECLEVEL=([0-5])(?![A-Za-z0-9_.=-])/g;

/** The words of a list; operators (`!`, `-`, `+`) and what is glued to a word by `@` stay with it. */
export function cipherWords(list: string): readonly string[] {
  return list.split(SEPARATOR).filter((word) => word !== '');
}

/** The security level a list sets, 0 to 5: its last `@SECLEVEL`. A Suite B profile replaces what stands behind it, so it sets none. */
export function listedSecurityLevel(list: string): number | undefined {
  if (list.startsWith('SUITEB')) return undefined;
  const level = [...list.matchAll(LEVEL)].at(-1)?.[1];
  return level === undefined ? undefined : Number(level);
}

/**
 * The list as one word of the runtime's string, so that OpenSSL gets all of it in the order in which it was written. Its own
 * separators mean the same to OpenSSL; DEFAULT and the Suite B profiles count only at the very beginning, so nothing is put before them.
 */
export function asOneWord(list: string): string {
  const joined = list.replaceAll(':', ',');
  return joined.startsWith('TLS_') || joined.startsWith('!TLS_') ? `,${joined}` : joined;
}
