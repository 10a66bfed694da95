/** Sizes, rates and ages in the units people use; for the terminal and for the page. */

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
