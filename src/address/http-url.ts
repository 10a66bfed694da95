/** URLs with the scheme http, by which alone OCSP responders are asked: what they answer is signed. */

export function isHttpUrl(text: string): boolean {
  return URL.parse(text)?.protocol === 'http:';
}
