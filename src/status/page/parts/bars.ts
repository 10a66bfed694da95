/** Shares of a whole, each as a bar with its number. */
import { html } from '../html.ts';

export interface Share {
  readonly name: string;
  readonly count: number;
  /** Beside the name. */
  readonly note?: string;
}

export function Bars({ shares }: { readonly shares: readonly Share[] }) {
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  return html`<ul class="bars">
    ${shares
      .toSorted((one, other) => other.count - one.count)
      .map(({ name, count, note }) => {
        const percent = total === 0 ? 0 : (100 * count) / total;
        return html`<li key=${name}>
          <div class="bar-text">
            <span>${name} ${note === undefined ? '' : html`<span class="badge good">${note}</span>`}</span>
            <span class="number">${count.toLocaleString('en')} · ${percent.toFixed(percent < 10 ? 1 : 0)} %</span>
          </div>
          <div class="bar" aria-hidden="true"><div style=${{ width: `${percent}%` }}></div></div>
        </li>`;
      })}
  </ul>`;
}
