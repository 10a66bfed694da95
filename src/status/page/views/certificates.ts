/** When certificates end, ours and those that peers have shown, on one line of time: near ends have more room than far ones. */
import type { Certificates as Answer, Expiring } from '../answers.ts';
import { html } from '../html.ts';
import type { Tone } from '../parts/badge.ts';
import { Badge } from '../parts/badge.ts';
import { Card, Empty } from '../parts/card.ts';
import { useAnswer } from '../polled.ts';
import { agoText, dateText, daysText } from '../wording.ts';

const TICKS = [0, 7, 30, 90, 180, 365] as const;
const MOST_DAYS = 398;
const SOON_DAYS = 30;
const VERY_SOON_DAYS = 7;

const WORDS: Readonly<Record<Expiring, string>> = {
  certificate: 'certificate of',
  peer: 'accepted peer of',
  authority: 'authority trusted by',
  'revocation-list': 'revocation list of',
};

interface Item {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly expires: string | null;
  readonly daysLeft: number | null;
}

export function Certificates() {
  const answer = useAnswer<Answer>('/api/v1/certificates');
  if (answer === undefined) return '';
  const own = answer.own.map(({ of, service, name, ...ends }) => ({
    ...ends,
    key: `${of} ${service} ${name}`,
    title: name,
    note: `${WORDS[of]} [${service}]`,
  }));
  const peers = answer.peers.map(({ sha256, subject, issuer, service, peer, lastSeen, ...ends }) => ({
    ...ends,
    key: sha256,
    title: subject,
    note: `shown by ${peer || 'somebody'} to [${service}] ${agoText(lastSeen, Date.now())}, issued by ${issuer}`,
  }));
  return html`
    <${Card} title="Our own, and what we trust"><${Timeline} items=${own} none="This process has no certificate of its own." /><//>
    <${Card} title="Shown by peers"><${Timeline} items=${peers} none="No peer has shown one yet." /><//>
  `;
}

function Timeline({ items, none }: { readonly items: readonly Item[]; readonly none: string }) {
  if (items.length === 0) return html`<${Empty}>${none}<//>`;
  const soonest = items.toSorted((one, other) => (one.daysLeft ?? Infinity) - (other.daysLeft ?? Infinity));
  return html`<div class="timeline">
    <div class="ticks" aria-hidden="true">
      ${TICKS.map((days) => html`<span key=${days} style=${{ left: `${at(days)}%` }}>${days === 0 ? 'today' : days === 365 ? '1 year' : `${days} d`}</span>`)}
    </div>
    <ul>
      ${soonest.map(
        ({ key, title, note, expires, daysLeft }) => html`<li key=${key} class=${toneOf(daysLeft)}>
          <div class="span" aria-hidden="true"><div style=${{ width: `${Math.max(at(daysLeft ?? MOST_DAYS), 1.2)}%` }}></div></div>
          <div class="certificate">
            <span class="clip" title=${title}><b>${title}</b> <span class="muted">${note}</span></span>
            <span class="ends">
              <${Badge} tone=${toneOf(daysLeft)}>${daysText(daysLeft)}<//>
              ${expires === null ? '' : html`<time datetime=${expires}>${dateText(expires)}</time>`}
            </span>
          </div>
        </li>`,
      )}
    </ul>
  </div>`;
}

/** Where a day stands, in percent. */
function at(days: number): number {
  return 100 * Math.sqrt(Math.min(Math.max(days, 0), MOST_DAYS) / MOST_DAYS);
}

function toneOf(daysLeft: number | null): Tone {
  if (daysLeft === null) return 'plain';
  return daysLeft < VERY_SOON_DAYS ? 'bad' : daysLeft < SOON_DAYS ? 'warn' : 'good';
}
