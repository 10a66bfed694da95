/** Sizes as people read them. Pure text. */

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.5 MB`, in powers of 1000. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit]}`;
}
