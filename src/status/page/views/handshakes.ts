/** Which TLS is spoken: versions, groups, resumption, how long it takes, and the alerts. */
import type { Handshakes as Answer } from '../answers.ts';
import { html } from '../html.ts';
import type { Share } from '../parts/bars.ts';
import { Bars } from '../parts/bars.ts';
import { Card, Empty } from '../parts/card.ts';
import { Table } from '../parts/table.ts';
import { useAnswer } from '../polled.ts';
import { secondsText } from '../wording.ts';

type Row = Answer['handshakes'][number];

export function Handshakes() {
  const answer = useAnswer<Answer>('/api/v1/handshakes');
  if (answer === undefined) return '';
  const { handshakes, alerts, times } = answer;
  if (handshakes.length === 0 && alerts.length === 0)
    return html`<${Card} title="Handshakes"><${Empty}>No handshake has finished yet.<//><//>`;
  return html`
    <div class="columns">
      <${Card} title="Key exchange"><${Bars} shares=${sharesOf(
        handshakes,
        ({ group }) => group || 'none (resumed)',
        ({ postQuantum }) => (postQuantum ? 'post-quantum' : undefined),
      )} /><//>
      <${Card} title="TLS version"><${Bars} shares=${sharesOf(handshakes, ({ version }) => version)} /><//>
      <${Card} title="Full or resumed"><${Bars} shares=${sharesOf(handshakes, ({ resumed }) => (resumed ? 'resumed' : 'full'))} /><//>
      <${Card} title="As client or server"><${Bars} shares=${sharesOf(handshakes, ({ role, service }) => `${service}, as TLS ${role}`)} /><//>
    </div>
    <${Card} title="How long it takes">
      <${Table}
        caption="How long dialling and handshakes take"
        columns=${[{ title: 'Service' }, { title: 'What' }, { title: 'How many', number: true }, { title: 'Half within', number: true }, { title: '95 % within', number: true }]}
        rows=${times.map(({ service, of, count, half, most }) => ({
          key: `${service} ${of}`,
          cells: [
            service,
            of === 'dial' ? 'address answered' : 'TLS handshake',
            count.toLocaleString('en'),
            secondsText(half),
            secondsText(most),
          ],
        }))}
      />
    <//>
    <${Card} title="Alerts">
      ${
        alerts.length === 0
          ? html`<${Empty}>No peer has sent a fatal alert, and no verdict of ours had one sent.<//>`
          : html`<${Table}
            caption="Fatal TLS alerts"
            columns=${[{ title: 'Alert' }, { title: 'Service' }, { title: 'Sent by' }, { title: 'How many', number: true }]}
            rows=${alerts.map(({ service, direction, peer, alert, count }) => ({
              key: `${service} ${direction} ${peer} ${alert}`,
              cells: [
                html`<code>${alert}</code>`,
                service,
                direction === 'received' ? `the ${peer}` : `us, to the ${peer}`,
                count.toLocaleString('en'),
              ],
            }))}
          />`
      }
    <//>
  `;
}

function sharesOf(rows: readonly Row[], name: (row: Row) => string, note?: (row: Row) => string | undefined): readonly Share[] {
  return [...Map.groupBy(rows, name)].map(([each, group]) => {
    const said = group[0] === undefined ? undefined : note?.(group[0]);
    return { name: each, count: group.reduce((sum, { count }) => sum + count, 0), ...(said === undefined ? {} : { note: said }) };
  });
}
