/** A button that changes what runs, and says beside it what came of it. Only where the process takes orders. */
import { useState } from 'preact/hooks';
import { order } from '../ask.ts';
import { askAgain } from '../hearing.ts';
import type { Child } from '../html.ts';
import { html } from '../html.ts';

interface OrderButtonProps {
  readonly path: string;
  readonly danger?: boolean;
  /** For those who hear it without its surroundings. */
  readonly label?: string;
  readonly children: Child;
}

export function OrderButton({ path, danger = false, label, children }: OrderButtonProps) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState('');
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await order(path);
      setRefusal('');
    } catch (cause) {
      setRefusal((cause as Error).message);
    }
    setBusy(false);
    askAgain();
  };
  return html`<span class="order">
    <button type="button" class=${danger ? 'danger' : ''} aria-label=${label} disabled=${busy} onClick=${() => void go()}>${children}</button>
    <span role="status">${refusal}</span>
  </span>`;
}
