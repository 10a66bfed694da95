/** The last minute of one number, as a small line. It repeats what stands beside it, so nobody has to see it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.ts';

const KEPT = 40;
const WIDTH = 120;
const HEIGHT = 28;

/** @param stamp changes with each new value, also where the value is the same */
export function Sparkline({ value, stamp }: { readonly value: number; readonly stamp: unknown }) {
  const [values, setValues] = useState<readonly number[]>([]);
  const last = useRef<unknown>(undefined);
  useEffect(() => {
    if (last.current === stamp) return;
    last.current = stamp;
    setValues((before) => [...before, value].slice(-KEPT));
  }, [stamp, value]);
  const most = Math.max(...values, 1);
  const points = values.map(
    (each, index) => `${WIDTH - (values.length - 1 - index) * (WIDTH / (KEPT - 1))},${HEIGHT - 2 - (each / most) * (HEIGHT - 4)}`,
  );
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} aria-hidden="true">
    <polyline points=${points.join(' ')} />
  </svg>`;
}
