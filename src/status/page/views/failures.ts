/** What failed, newest first, each with what to do beside it. */
import { useState } from 'preact/hooks';
import type { Handshakes, Problem, Problems } from '../answers.ts';
import { html } from '../html.ts';
import { Bars } from '../parts/bars.ts';
import { Card, Empty } from '../parts/card.ts';
import { ProblemItem } from '../parts/problem.ts';
import { useAnswer } from '../polled.ts';
import { counted } from '../wording.ts';

export function Failures() {
  const problems = useAnswer<Problems>('/api/v1/problems')?.problems;
  const failures = useAnswer<Handshakes>('/api/v1/handshakes')?.failures ?? [];
  const [search, setSearch] = useState('');
  if (problems === undefined) return '';
  const found = problems.filter((problem) => textOf(problem).includes(search.trim().toLowerCase()));
  const codes = [...Map.groupBy(failures, ({ code }) => code)].map(([name, rows]) => ({
    name,
    count: rows.reduce((sum, { count }) => sum + count, 0),
  }));
  return html`
    ${codes.length === 0 ? '' : html`<${Card} title="Since the start, by code"><${Bars} shares=${codes} /><//>`}
    <${Card} title="The last ones" aside=${html`<span class="muted" role="status">${counted(found.length, 'problem')}</span>`}>
      <div class="tools">
        <label>Search <input type="search" placeholder="code, client, name, service" value=${search} onInput=${(event: Event) => setSearch((event.target as HTMLInputElement).value)} /></label>
      </div>
      ${
        found.length === 0
          ? html`<${Empty}>${problems.length === 0 ? 'Nothing has gone wrong.' : 'No problem is like that.'}<//>`
          : html`<ul class="problems">
            ${found.map((problem, index) => html`<${ProblemItem} key=${`${problem.at} ${index}`} problem=${problem} now=${Date.now()} />`)}
          </ul>`
      }
    <//>
  `;
}

function textOf({ code, service, client, destination, text }: Problem): string {
  return `${code} ${service} ${client} ${destination} ${text}`.toLowerCase();
}
