/** What is asked of an ACME server, as options. */
import { readHostName } from '../../address/host-name.ts';
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

/** Keys and orders go there: never in clear. */
export const directoryUrl: Parser<string> = (text) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return good(url.href);
  return bad(`"${text}" is not the URL of a directory; write https://HOST/PATH`, 'Invalid directory URL');
};

/** A name that can be proved here: neither a star nor an address can be. */
export const provableName: Parser<string> = (text) => {
  const read = readHostName(text);
  if (read.ok) return good(read.name);
  return bad(`"${text}" is not a host name: ${read.why}; name each host, neither stars nor addresses can be proved`, 'Invalid server name');
};

/** `NAME@HOST`, as it goes into a mailto: URL; what the directory makes of it is for the directory to say. */
export const mailAddress: Parser<string> = (text) => {
  const at = text.lastIndexOf('@');
  if (at > 0 && readHostName(text.slice(at + 1)).ok && !/[\s,?]/u.test(text)) return good(text);
  return bad(`"${text}" is not a mail address; write NAME@HOST`, 'Invalid mail address');
};
