/** One failure: who, where, why, and what to do beside it. */
import type { Problem } from '../answers.ts';
import { html } from '../html.ts';
import { agoText, clockText, dateText } from '../wording.ts';
import { Badge } from './badge.ts';
import { Prose } from './prose.ts';

export function ProblemItem({ problem, now }: { readonly problem: Problem; readonly now: number }) {
  const { at, code, service, connection, client, destination, stage, text, remedy } = problem;
  const who = [client, destination].filter((each) => each !== '').join(' → ');
  return html`<li class="problem">
    <div class="problem-head">
      <${Badge} tone=${code === 'silent_connection' ? 'warn' : 'bad'}><code>${code}</code><//>
      ${service === '' ? '' : html`<span class="service">[${service}]</span>`}
      <time datetime=${at} title=${`${dateText(at)} ${clockText(at)}`}>${clockText(at)} · ${agoText(at, now)}</time>
    </div>
    <div class="problem-body">
      <div>
        <p class="what"><${Prose} text=${text} /></p>
        <p class="who">${who}${connection === null ? '' : ` · connection ${connection}`}${stage === null ? '' : ` · ${stage}`}</p>
      </div>
      <div class="remedy"><h3>What to do</h3><p><${Prose} text=${remedy} /></p></div>
    </div>
  </li>`;
}
