/** Lines over time, drawn by uPlot; the values under the pointer stand in a legend whose buttons put lines away. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { rateText } from '../../../text/units.ts';
import { html } from '../html.ts';
import { clockText } from '../wording.ts';

export interface Line {
  readonly name: string;
  /** Bits a second. */
  readonly values: readonly number[];
}

interface ChartProps {
  /** What is seen, for those who do not see it. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
}

const HEIGHT = 260;
const COLOURS = 8;

export function Chart({ label, at, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [under, setUnder] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const dark = useDark();
  const names = lines.map(({ name }) => name).join('\n');
  const data = useMemo((): uPlot.AlignedData => [[...at], ...lines.map(({ values }) => [...values])], [at, lines]);

  useEffect(() => {
    const where = place.current;
    if (where === null) return;
    const made = new uPlot(optionsOf(lines, where.clientWidth, setUnder), data, where);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: where.clientWidth, height: HEIGHT }));
    sizes.observe(where);
    return () => {
      sizes.disconnect();
      made.destroy();
    };
  }, [names, dark]);
  useEffect(() => plot.current?.setData(data), [data]);
  useEffect(() => {
    for (const [index, { name }] of lines.entries()) plot.current?.setSeries(index + 1, { show: !hidden.has(name) });
  }, [hidden, names, dark]);

  const shown = under ?? at.length - 1;
  const turn = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return html`<figure class="chart">
    <div role="img" aria-label=${label} ref=${place}></div>
    <figcaption>
      <span class="when">${at[shown] === undefined ? '' : under === null ? 'now' : clockText(at[shown] * 1000)}</span>
      ${lines.map(
        ({ name, values }, index) => html`<button
          key=${name}
          type="button"
          class="line c${index % COLOURS}"
          aria-pressed=${!hidden.has(name)}
          onClick=${() => turn(name)}
        >
          <span class="swatch" aria-hidden="true"></span>${name} <b>${rateText((values[shown] ?? 0) / 8)}</b>
        </button>`,
      )}
    </figcaption>
  </figure>`;
}

function optionsOf(lines: readonly Line[], width: number, onUnder: (index: number | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1000)] } },
    axes: [
      { ...axis, values: timesOf, space: 84 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => rateText(tick / 8).replace('.0 ', ' ')), size: 84 },
    ],
    series: [
      {},
      ...lines.map(({ name }, index) => {
        const stroke = colour(`--c${index % COLOURS}`);
        return { label: name, stroke, width: 2, fill: `${stroke}1f`, points: { show: false } };
      }),
    ],
    hooks: { setCursor: [({ cursor }) => onUnder(cursor.idx ?? null)] },
  };
}

function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => setDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return dark;
}

/** Seconds are said only where the ticks are closer than a minute. */
function timesOf(_: uPlot, ticks: readonly number[], __: number, ___: number, step: number): string[] {
  return ticks.map((tick) => clockText(tick * 1000).slice(0, step < 60 ? 8 : 5));
}
