/** The words of OpenSSL's cipher lists (openssl-ciphers(1)). */

const SEPARATOR = /[:;, ]/;

/** The words of a list; operators (`!`, `-`, `+`) and what is glued to a word by `@` stay with it. */
export function cipherWords(list: string): readonly string[] {
  return list.split(SEPARATOR).filter((word) => word !== '');
}
