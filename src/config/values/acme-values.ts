/** The directory of an ACME server, as an option. */
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

/** Keys and orders go there: never in clear. */
export const directoryUrl: Parser<string> = (text) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return good(url.href);
  return bad(`"${text}" is not the URL of a directory; write https://HOST/PATH`, 'Invalid directory URL');
};
