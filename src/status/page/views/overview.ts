/** What is asked first: does it work, how much goes through, what went wrong last. */
import { useState } from 'preact/hooks';
import { rateText, sizeText } from '../../../text/units.ts';
import type { Problems, Service, Services, Status } from '../answers.ts';
import { html } from '../html.ts';
import { Badge } from '../parts/badge.ts';
import { Card, Empty } from '../parts/card.ts';
import type { Line } from '../parts/chart.ts';
import { Chart } from '../parts/chart.ts';
import { OrderButton } from '../parts/order-button.ts';
import { ProblemItem } from '../parts/problem.ts';
import { Table } from '../parts/table.ts';
import type { Throughput } from '../polled.ts';
import { useAnswer, useThroughput } from '../polled.ts';

/** Further services are drawn as one line. */
const MAX_LINES = 7;
const SHOWN_PROBLEMS = 3;
const SPANS = { 'ten minutes': 600, 'an hour': 3600 } as const;
type Span = keyof typeof SPANS;

export function Overview({ status, changes }: { readonly status: Status | undefined; readonly changes: boolean }) {
  const services = useAnswer<Services>('/api/v1/services')?.services ?? [];
  const problems = useAnswer<Problems>('/api/v1/problems')?.problems ?? [];
  const throughput = useThroughput();
  const [span, setSpan] = useState<Span>('an hour');
  const seen = within(throughput, SPANS[span]);
  const lines = linesOf(seen);
  return html`
    <${Tiles} status=${status} />
    <${Card}
      title="Throughput of each service"
      aside=${html`<div class="choice" role="group" aria-label="How much time is shown">
        ${(Object.keys(SPANS) as Span[]).map(
          (each) => html`<button key=${each} type="button" aria-pressed=${each === span} onClick=${() => setSpan(each)}>${each}</button>`,
        )}
      </div>`}
    >
      ${seen.at.length < 2 ? html`<${Empty}>The first steps of five seconds are still being measured.<//>` : html`<${Chart} label=${labelOf(lines, span)} at=${seen.at} lines=${lines} />`}
    <//>
    <${Card} title="Services"><${ServiceTable} services=${services} changes=${changes} /><//>
    <${Card} title="What went wrong last" aside=${html`<a href="#failures">All failures</a>`}>
      ${
        problems.length === 0
          ? html`<${Empty}>Nothing has gone wrong.<//>`
          : html`<ul class="problems">
            ${problems.slice(0, SHOWN_PROBLEMS).map((problem) => html`<${ProblemItem} key=${keyOf(problem)} problem=${problem} now=${Date.now()} />`)}
          </ul>`
      }
    <//>
  `;
}

function keyOf({ at, code, connection }: Problems['problems'][number]): string {
  return `${at} ${code} ${connection}`;
}

function Tiles({ status }: { readonly status: Status | undefined }) {
  const tiles = [
    ['Throughput', rateText(status?.bytesPerSecond ?? 0), `${sizeText((status?.toTls ?? 0) + (status?.toPlain ?? 0))} since the start`, ''],
    ['Open connections', (status?.open ?? 0).toLocaleString('en'), `${(status?.accepted ?? 0).toLocaleString('en')} accepted`, ''],
    ['Stopped', String(status?.silent ?? 0), 'connected, and carry nothing', (status?.silent ?? 0) > 0 ? 'bad' : ''],
    ['Failures', (status?.failed ?? 0).toLocaleString('en'), `${(status?.handshakes ?? 0).toLocaleString('en')} handshakes finished`, ''],
  ];
  return html`<dl class="tiles">
    ${tiles.map(
      ([name, value, note, tone]) => html`<div key=${name} class="tile ${tone}">
        <dt>${name}</dt>
        <dd><b>${value}</b><span>${note}</span></dd>
      </div>`,
    )}
  </dl>`;
}

function ServiceTable({ services, changes }: { readonly services: readonly Service[]; readonly changes: boolean }) {
  const columns = [
    { title: 'Service' },
    { title: 'Mode', wide: true },
    { title: 'Listens on', wide: true },
    { title: 'Rate', number: true },
    { title: 'Open', number: true },
    { title: 'Stopped', number: true },
    { title: 'Accepted', number: true, wide: true },
    { title: 'Failed', number: true },
    ...(changes ? [{ title: 'Order' }] : []),
  ];
  const rows = services.map((each) => ({
    key: each.name,
    cells: [
      html`<b>${each.name}</b>`,
      each.mode === 'client' ? 'plain in, TLS out' : 'TLS in, plain out',
      each.drained ? html`<${Badge} tone="warn">drained<//>` : each.addresses.join(', ') || '–',
      rateText(each.bytesPerSecond),
      each.open.toLocaleString('en'),
      each.silent === 0 ? '0' : html`<${Badge} tone="bad">${each.silent}<//>`,
      each.accepted.toLocaleString('en'),
      each.failed.toLocaleString('en'),
      ...(changes ? [html`<${DrainButton} service=${each} />`] : []),
    ],
  }));
  return html`<${Table} caption="Services" columns=${columns} rows=${rows} />`;
}

function DrainButton({ service: { name, drained } }: { readonly service: Service }) {
  const [word, path] = drained ? ['Resume', 'resume'] : ['Drain', 'drain'];
  return html`<${OrderButton} path="/api/v1/services/${encodeURIComponent(name)}/${path}" label="${word} ${name}">${word}<//>`;
}

function within({ at, services }: Throughput, seconds: number): Throughput {
  const since = (at.at(-1) ?? 0) - seconds;
  const first = at.findIndex((each) => each >= since);
  return { at: at.slice(first), services: new Map([...services].map(([name, values]) => [name, values.slice(first)])) };
}

/** The busiest, each alone. */
function linesOf({ at, services }: Throughput): readonly Line[] {
  const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
  const busiest = [...services].sort(([, one], [, other]) => sum(other) - sum(one)).map(([name, values]) => ({ name, values }));
  const others = busiest.slice(MAX_LINES);
  if (others.length === 0) return busiest.sort((one, other) => (one.name < other.name ? -1 : 1));
  const values = at.map((_, step) => others.reduce((total, each) => total + (each.values[step] ?? 0), 0));
  return [...busiest.slice(0, MAX_LINES), { name: `${others.length} others`, values }];
}

function labelOf(lines: readonly Line[], span: Span): string {
  const now = lines.map(({ name, values }) => `${name} ${rateText((values.at(-1) ?? 0) / 8)}`).join(', ');
  return `Throughput over ${span}; now ${now === '' ? 'nothing' : now}`;
}
