/** Tables for the terminal. Pure text. */
import { printable } from '../../text/printable.ts';

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
