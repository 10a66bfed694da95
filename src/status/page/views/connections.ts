/** All open connections, a page at a time: searched and sorted by the process, so that thousands cost no more than a few. */
import { useEffect, useState } from 'preact/hooks';
import { ageText, rateText, sizeText } from '../../../text/units.ts';
import type { Connections as Answer, Connection, Services } from '../answers.ts';
import { html } from '../html.ts';
import { StateBadge } from '../parts/badge.ts';
import { Card, Empty } from '../parts/card.ts';
import { OrderButton } from '../parts/order-button.ts';
import type { Sorting } from '../parts/table.ts';
import { Table } from '../parts/table.ts';
import { useAnswer, useOnce } from '../polled.ts';
import { counted, destinationOf } from '../wording.ts';

const ROWS = 50;
/** A head of a request has some KiB. */
const MAX_SEARCH = 200;

interface ConnectionsProps {
  readonly changes: boolean;
  readonly onChoose: (connection: number) => void;
}

export function Connections({ changes, onChoose }: ConnectionsProps) {
  const [search, setSearch] = useState('');
  const [service, setService] = useState('');
  const [sorting, setSorting] = useState<Sorting>({ by: 'rate', descending: true });
  const [offset, setOffset] = useState(0);
  const answer = useAnswer<Answer>(`/api/v1/connections?${wordsOf({ search, service, sorting, offset })}`);
  useEffect(() => {
    if (answer !== undefined && offset > 0 && answer.total <= offset) setOffset(lastPage(answer.total)); // they have ended
  }, [answer, offset]);
  const services = useOnce<Services>('/api/v1/services')?.services ?? [];
  const fromStart =
    <Value>(set: (value: Value) => void) =>
    (value: Value): void => {
      set(value);
      setOffset(0);
    };
  return html`<${Card} title="Open connections" aside=${html`<span class="muted" role="status">${answer === undefined ? '' : counted(answer.total, 'connection')}</span>`}>
    <div class="tools">
      <label>Search <input type="search" maxlength=${MAX_SEARCH} placeholder="address, name, service, state" value=${search} onInput=${typed(fromStart(setSearch))} /></label>
      <label>
        Service
        <select value=${service} onChange=${typed(fromStart(setService))}>
          <option value="">all</option>
          ${services.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
      </label>
      <button type="button" aria-pressed=${sorting.by === 'silent'} onClick=${() => fromStart(setSorting)({ by: 'silent', descending: false })}>
        Stopped first
      </button>
    </div>
    ${
      answer === undefined
        ? ''
        : answer.total === 0
          ? html`<${Empty}>No connection is like that.<//>`
          : html`
      <${Table}
        caption="Open connections"
        columns=${columnsFor(changes)}
        rows=${answer.connections.map((each) => rowOf(each, changes, onChoose))}
        sorting=${sorting}
        onSort=${fromStart(setSorting)}
      />
      <${Pager} answer=${answer} onOffset=${setOffset} />
    `
    }
  <//>`;
}

/** Where it begins. */
function lastPage(total: number): number {
  return Math.max(0, Math.ceil(total / ROWS) - 1) * ROWS;
}

interface Wish {
  readonly search: string;
  readonly service: string;
  readonly sorting: Sorting;
  readonly offset: number;
}

function wordsOf({ search, service, sorting, offset }: Wish): string {
  const words = new URLSearchParams({
    sort: sorting.by,
    order: sorting.descending ? 'desc' : 'asc',
    offset: `${offset}`,
    limit: `${ROWS}`,
  });
  if (search.trim() !== '') words.set('search', search.trim());
  if (service !== '') words.set('service', service);
  return words.toString();
}

function typed(take: (value: string) => void): (event: Event) => void {
  return (event) => take((event.target as HTMLInputElement | HTMLSelectElement).value);
}

function columnsFor(changes: boolean) {
  return [
    { title: 'Number', sort: 'started', wide: true },
    { title: 'Client', sort: 'client' },
    { title: 'Destination', sort: 'destination' },
    { title: 'Service', sort: 'service', wide: true },
    { title: 'State' },
    { title: 'Rate', sort: 'rate', number: true },
    { title: 'Carried', sort: 'bytes', number: true, wide: true },
    { title: 'Age', number: true, wide: true },
    { title: 'TLS', wide: true },
    ...(changes ? [{ title: 'Order' }] : []),
  ];
}

function rowOf(each: Connection, changes: boolean, onChoose: (connection: number) => void) {
  const { connection, client, service, tls } = each;
  return {
    key: connection,
    tone: each.silent ? 'stopped' : '',
    cells: [
      connection,
      html`<button type="button" class="link" aria-label="Connection ${connection} of ${client}" onClick=${() => onChoose(connection)}>${client || '–'}</button>`,
      html`<span class="clip" title=${each.upstream}>${destinationOf(each)}</span>`,
      service,
      html`<${StateBadge} each=${each} />`,
      rateText(each.bytesPerSecond),
      sizeText(each.toTls + each.toPlain),
      ageText(each.seconds),
      tls?.version ?? '–',
      ...(changes
        ? [html`<${OrderButton} path="/api/v1/connections/${connection}/end" danger=${true} label="End connection ${connection}">End<//>`]
        : []),
    ],
  };
}

function Pager({
  answer: { total, offset, connections },
  onOffset,
}: {
  readonly answer: Answer;
  readonly onOffset: (offset: number) => void;
}) {
  return html`<nav class="pager" aria-label="Pages of connections">
    <button type="button" disabled=${offset === 0} onClick=${() => onOffset(Math.max(0, offset - ROWS))}>Previous</button>
    <span>${offset + 1} to ${offset + connections.length} of ${total.toLocaleString('en')}</span>
    <button type="button" disabled=${offset + ROWS >= total} onClick=${() => onOffset(offset + ROWS)}>Next</button>
  </nav>`;
}
