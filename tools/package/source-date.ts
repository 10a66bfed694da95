/** The time that may stand in what is built. */

/** Of SOURCE_DATE_EPOCH, in seconds since 1970; undefined where nobody has said a time that would be the same tomorrow. */
export function sourceDate(): number | undefined {
  const text = process.env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`);
  return Number(text);
}
