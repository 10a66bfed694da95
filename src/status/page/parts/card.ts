/** A part of a view with a heading. */
import type { Child } from '../html.ts';
import { html } from '../html.ts';

interface CardProps {
  readonly title: string;
  /** Beside the heading. */
  readonly aside?: Child;
  readonly children?: Child;
}

export function Card({ title, aside, children }: CardProps) {
  return html`<section class="card" aria-label=${title}>
    <div class="card-head"><h2>${title}</h2>${aside}</div>
    ${children}
  </section>`;
}

export function Empty({ children }: { readonly children: Child }) {
  return html`<p class="empty">${children}</p>`;
}
