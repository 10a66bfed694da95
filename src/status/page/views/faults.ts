/** What the demonstration can break, above every view: a button each, and the line that the log has for it. */
import type { About, Fault } from '../answers.ts';
import { html } from '../html.ts';
import { Badge } from '../parts/badge.ts';
import { Card } from '../parts/card.ts';
import { OrderButton } from '../parts/order-button.ts';
import { useAnswer } from '../polled.ts';

export function Faults() {
  const faults = useAnswer<About>('/page/about')?.faults ?? [];
  return html`<${Card} title="Demonstration: break it">
    <ul class="faults">${faults.map((fault) => html`<${FaultItem} key=${fault.name} fault=${fault} />`)}</ul>
  <//>`;
}

function FaultItem({ fault: { name, title, about, on, line } }: { readonly fault: Fault }) {
  return html`<li>
    <div class="fault-head">
      <${OrderButton} path="/page/faults/${name}" danger=${!on}>${on ? `Mend: ${title}` : title}<//>
      ${on ? html`<${Badge} tone="bad">broken<//>` : ''}
      <span class="muted">${about}</span>
    </div>
    ${line === '' ? '' : html`<p class="log-line" role="status"><code>${line}</code></p>`}
  </li>`;
}
