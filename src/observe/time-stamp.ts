/** The local time at the start of a log line, `YYYY.MM.DD HH:MM:SS`; made once a second, however many lines there are. */

let second = Number.NaN;
let text = '';

/** @param now in milliseconds since 1970; the text is local time, to the second */
export function timeStamp(now: number = Date.now()): string {
  const current = Math.floor(now / 1000);
  if (current === second) return text;
  second = current;
  text = format(new Date(now));
  return text;
}

function format(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}.${two(time.getMonth() + 1)}.${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
