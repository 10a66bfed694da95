/** What in a value is a secret although the rest is none. */

/** The user information of a URL, the query of one of the web, and the PIN in a URI of PKCS#11 (RFC 7512). */
const SECRET_PARTS = [/(?<=:\/\/)[^/@]*(?=@)/g, /(?<=\bhttps?:\/\/[^\s?#]*\?)[^\s#]+/gi, /(?<=\bpin-value=)[^;&?]*/gi];

/** @param text of a configuration @param hidden what stands in the place of a secret */
export function hideSecretParts(text: string, hidden: (secret: string) => string): string {
  return SECRET_PARTS.reduce((shown, part) => shown.replace(part, hidden), text);
}

/**
 * The URL of an RTMP stream up to the first part of its path. What follows, and a query wherever it stands, may be a stream key or a
 * token: services differ in where they want it.
 * @param url whatever a client sent or somebody wrote
 */
export function hideStreamKey(url: string, hidden: (secret: string) => string): string {
  const path = url.indexOf('/', url.indexOf('://') + '://'.length);
  const ends = [url.indexOf('?'), path < 0 ? -1 : url.indexOf('/', path + 1)].filter((index) => index >= 0);
  const end = Math.min(...ends) + 1;
  return end > url.length ? url : `${url.slice(0, end)}${end === url.length ? '' : hidden(url.slice(end))}`;
}
