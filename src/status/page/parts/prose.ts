/** A sentence of ours: what stands between backquotes is something to type. */
import { html } from '../html.ts';

export function Prose({ text }: { readonly text: string }) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code key=${index}>${part}</code>` : part));
}
