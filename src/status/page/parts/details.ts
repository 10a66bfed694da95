/** Everything that is known of one connection, beside the table it was chosen from. */
import { useEffect, useRef } from 'preact/hooks';
import { ageText, rateText, sizeText } from '../../../text/units.ts';
import type { Connection } from '../answers.ts';
import { html } from '../html.ts';
import { usePolled } from '../polled.ts';
import { clockText, destinationOf, nameSourceText } from '../wording.ts';
import { StateBadge } from './badge.ts';
import { OrderButton } from './order-button.ts';

interface DetailsProps {
  readonly connection: number;
  /** It may be ended from here. */
  readonly changes: boolean;
  readonly onClose: () => void;
}

export function Details({ connection, changes, onClose }: DetailsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const found = usePolled<Connection>(`/api/v1/connections/${connection}`);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="details-title">
    <div class="card-head">
      <h2 id="details-title">Connection ${connection}</h2>
      <button type="button" onClick=${() => dialog.current?.close()}>Close</button>
    </div>
    ${found === undefined ? '' : found === 'gone' ? html`<p class="empty">It has ended.</p>` : html`<${Facts} each=${found} />`}
    ${
      changes && found !== undefined && found !== 'gone'
        ? html`<p><${OrderButton} path="/api/v1/connections/${connection}/end" danger=${true}>End this connection<//></p>`
        : ''
    }
  </dialog>`;
}

function Facts({ each }: { readonly each: Connection }) {
  const { tls } = each;
  const rows = [
    ['State', html`<${StateBadge} each=${each} />`],
    ['Service', each.service],
    ['Client', each.client],
    ['Destination', destinationOf(each)],
    ['Name', each.name === '' ? 'none' : `${each.name}, ${nameSourceText(each.nameSource)}`],
    ['Address that answered', each.upstream || 'none yet'],
    ...(each.originalDestination === '' ? [] : [['Intercepted on its way to', each.originalDestination]]),
    ['Accepted', `${clockText(each.startedAt)}, ${ageText(each.seconds)} ago`],
    ['Rate', rateText(each.bytesPerSecond)],
    ['To the TLS side', sizeText(each.toTls)],
    ['To the plain side', sizeText(each.toPlain)],
    ['TLS', each.passedOn ? 'the client’s own, handed through' : tls === null ? 'no handshake yet' : `${tls.version}, ${tls.cipher}`],
    ...(tls === null ? [] : [['Key exchange', `${tls.group || 'resumed without one'}${tls.postQuantum ? ' (post-quantum)' : ''}`]]),
    ['Peer verified by', each.verified || 'not yet'],
    ...(each.peerSha256 === '' ? [] : [['Certificate (SHA-256)', html`<code>${each.peerSha256}</code>`]]),
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div class="fact" key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
