/** How many there may be of something: a number, of which 0 is no limit at all. */
import type { Limits } from '../config.ts';
import type { Parser } from './values.ts';
import { bad, commaList, good, integer, map } from './values.ts';

const MOST = 1_000_000;

/** undefined: any number. */
const orAny: Parser<number | undefined> = map(integer(0, MOST, 'Illegal number'), (number) => (number === 0 ? undefined : number));

/** `NUMBER`. */
export const atMost: Parser<{ readonly most: number | undefined }> = map(orAny, (most) => ({ most }));

/** `ALL[,EACH]`. */
export const handshakesPerSecond: Parser<Limits['handshakes']> = (text) => {
  const parsed = commaList(orAny)(text);
  if (!parsed.ok) return parsed;
  const [all, each, ...others] = parsed.value;
  if (others.length > 0) return bad(`"${text}" has more than two numbers; write ALL or ALL,EACH`, 'Illegal number');
  return good({ all, each });
};
