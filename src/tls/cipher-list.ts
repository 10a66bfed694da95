/** OpenSSL's cipher lists (openssl-ciphers(1)): their words, and the security level they set. */

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
