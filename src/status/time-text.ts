/** Times and durations as the API, records and commands write them. */

const SECOND_MS = 1000;
/** The second that was written last, and its text up to the point: every record has two times, and most are of one second. */
let [second, textOfSecond] = [Number.NaN, ''];

/** RFC 3339, UTC, to the millisecond. A certificate may end beyond what that can say. */
export function timeText(ms: number): string {
  const wanted = Math.floor(ms / SECOND_MS);
  if (wanted !== second) {
    const time = new Date(wanted * SECOND_MS);
    if (Number.isNaN(time.getTime())) return '9999-12-31T23:59:59.999Z';
    second = wanted;
    textOfSecond = time.toISOString().slice(0, -'000Z'.length);
  }
  return `${textOfSecond}${String(Math.floor(ms) - wanted * SECOND_MS).padStart(3, '0')}Z`;
}

/** A duration as the API has it: seconds, exact to the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
