/** What in a value of a configuration is a secret although the rest is none. */

/** The user information of a URL, and the PIN in a URI of PKCS#11 (RFC 7512). */
const SECRET_PARTS = [/(?<=:\/\/)[^/@]*(?=@)/g, /(?<=\bpin-value=)[^;&?]*/gi];

/** @param hidden what stands in the place of a secret */
export function hideSecretParts(text: string, hidden: (secret: string) => string): string {
  return SECRET_PARTS.reduce((shown, part) => shown.replace(part, hidden), text);
}
