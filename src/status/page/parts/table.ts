/** Tables: they scroll sideways within themselves, and a heading that sorts is a button. */
import type { Child } from '../html.ts';
import { html } from '../html.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly number?: boolean;
  /** Left out where there is no room. */
  readonly wide?: boolean;
  /** What it is sorted by; undefined: it cannot be. */
  readonly sort?: string;
}

export interface Sorting {
  readonly by: string;
  readonly descending: boolean;
}

interface TableProps {
  /** Said to those who do not see it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly key: string | number; readonly tone?: string; readonly cells: readonly Child[] }[];
  readonly sorting?: Sorting;
  readonly onSort?: (next: Sorting) => void;
}

export function Table({ caption, columns, rows, sorting, onSort }: TableProps) {
  return html`<div class="table" role="region" aria-label=${`Table: ${caption}`} tabindex="0">
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${columns.map((column) => html`<${Heading} key=${column.title} ...${{ column, sorting, onSort }} />`)}</tr></thead>
      <tbody>
        ${rows.map(
          ({ key, tone, cells }) => html`<tr key=${key} class=${tone ?? ''}>
            ${cells.map((cell, index) => html`<td key=${index} class=${classOf(columns[index])}>${cell}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

interface HeadingProps {
  readonly column: Column;
  readonly sorting: Sorting | undefined;
  readonly onSort: ((next: Sorting) => void) | undefined;
}

function Heading({ column, sorting, onSort }: HeadingProps) {
  const { title, sort } = column;
  if (sort === undefined || onSort === undefined) return html`<th scope="col" class=${classOf(column)}>${title}</th>`;
  const active = sorting?.by === sort;
  const descending = active && sorting.descending;
  const turn = (): void => onSort({ by: sort, descending: active ? !descending : column.number === true });
  return html`<th scope="col" class=${classOf(column)} aria-sort=${active ? (descending ? 'descending' : 'ascending') : 'none'}>
    <button type="button" class="sort" onClick=${turn}>
      ${title}<span aria-hidden="true" class="arrow">${active ? (descending ? '▼' : '▲') : '↕'}</span>
    </button>
  </th>`;
}

function classOf(column: Column | undefined): string {
  return `${column?.number === true ? 'number ' : ''}${column?.wide === true ? 'wide' : ''}`.trim();
}
