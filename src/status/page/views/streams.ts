/** The picture a broadcaster wants: which device streams where, under which name, since when, how much now, and which one has stopped. */
import { ageText, rateText } from '../../../text/units.ts';
import type { Connection, Connections } from '../answers.ts';
import { html } from '../html.ts';
import { StateBadge } from '../parts/badge.ts';
import { Card, Empty } from '../parts/card.ts';
import { Sparkline } from '../parts/sparkline.ts';
import { useAnswer } from '../polled.ts';
import { clockText, counted, destinationOf, hostOf, nameSourceText } from '../wording.ts';

/** Those that have stopped come first, then the busiest: what is left out is of no concern. */
const SHOWN = 100;

export function Streams({ onChoose }: { readonly onChoose: (connection: number) => void }) {
  const answer = useAnswer<Connections>(`/api/v1/connections?sort=silent&limit=${SHOWN}`);
  if (answer === undefined) return '';
  const { connections, total } = answer;
  if (total === 0) return html`<${Card} title="Devices"><${Empty}>Nobody is connected.<//><//>`;
  const devices = Map.groupBy(connections, ({ client }) => hostOf(client));
  return html`
    <div class="devices">
      ${[...devices].map(([device, streams]) => html`<${Device} key=${device} device=${device} streams=${streams} stamp=${answer} onChoose=${onChoose} />`)}
    </div>
    ${
      total > connections.length
        ? html`<p class="muted">${counted(total - connections.length, 'more connection')} that carry less: <a href="#connections">all connections</a></p>`
        : ''
    }
  `;
}

interface DeviceProps {
  readonly device: string;
  readonly streams: readonly Connection[];
  readonly stamp: Connections;
  readonly onChoose: (connection: number) => void;
}

function Device({ device, streams, stamp, onChoose }: DeviceProps) {
  const stopped = streams.filter(({ silent }) => silent).length;
  const rate = streams.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const name = device === '' ? 'a client without an address' : device;
  return html`<section class="card device ${stopped > 0 ? 'stopped' : ''}" aria-label="Device ${name}">
    <div class="card-head">
      <h2>${name}</h2>
      <span class="muted">${counted(streams.length, 'connection')}, ${rateText(rate)}${stopped === 0 ? '' : `, ${stopped} stopped`}</span>
    </div>
    <ul class="streams">
      ${streams.map(
        (each) => html`<li key=${each.connection} class="stream">
          <div class="stream-what">
            <button type="button" class="link" onClick=${() => onChoose(each.connection)}>${destinationOf(each)}</button>
            <span class="muted">${aboutText(each)}</span>
          </div>
          <${Sparkline} value=${each.bytesPerSecond} stamp=${stamp} />
          <div class="stream-now"><b class="rate">${rateText(each.bytesPerSecond)}</b><${StateBadge} each=${each} /></div>
        </li>`,
      )}
    </ul>
  </section>`;
}

function aboutText({ name, nameSource, service, startedAt, seconds }: Connection): string {
  const named = name === '' ? 'without a name' : nameSourceText(nameSource);
  return `${named} · [${service}] · since ${clockText(startedAt)} (${ageText(seconds)})`;
}
