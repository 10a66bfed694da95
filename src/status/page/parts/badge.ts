/** A word with a colour; the colour says nothing that the word does not. */

import { ageText } from '../../../text/units.ts';
import type { Connection } from '../answers.ts';
import type { Child } from '../html.ts';
import { html } from '../html.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: Child }) {
  return html`<span class="badge ${tone}">${children}</span>`;
}

/** Whether it carries something, and if not since when. */
export function StateBadge({ each }: { readonly each: Connection }) {
  if (each.silent) return html`<${Badge} tone="bad">stopped for ${ageText(each.silentSeconds)}<//>`;
  if (each.stage !== 'relay') return html`<${Badge} tone="warn">${each.stage}<//>`;
  return each.bytesPerSecond > 0 ? html`<${Badge} tone="good">live<//>` : html`<${Badge} tone="plain">quiet<//>`;
}
