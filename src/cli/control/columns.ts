/** Tables, rates and times for the terminal. Pure text. */
import { printable } from '../../text/printable.ts';
import { sizeText } from '../../text/size.ts';

/** A column whose title begins with a space is a number, and stands to the right. */
export function columns(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const shown = [titles.map((title) => title.trim()), ...rows.map((row) => row.map((cell) => printable(cell)))];
  const widths = titles.map((_, index) => Math.max(...shown.map((row) => (row[index] ?? '').length)));
  return shown.map((row) =>
    row
      .map((cell, index) => (titles[index]?.startsWith(' ') ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** What streams are measured in: `6.0 Mbit/s`. */
export function rateText(bytesPerSecond: number): string {
  const text = sizeText(bytesPerSecond * 8);
  return text.endsWith(' B') ? `${text.slice(0, -2)} bit/s` : `${text.slice(0, -1)}bit/s`;
}

/** `3d 4h`, `2m 5s`: the two largest parts. */
export function ageText(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return first < 0
    ? '0s'
    : parts
        .slice(first, first + 2)
        .map(([count, unit]) => `${count}${unit}`)
        .join(' ');
}
