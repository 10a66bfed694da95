/** The frame around every view: which process this is and how it is, the ways to the views, and whether it is heard. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ageText } from '../../text/units.ts';
import type { About, Status } from './answers.ts';
import { setPaused, useHearing } from './hearing.ts';
import { html } from './html.ts';
import { Badge } from './parts/badge.ts';
import { Details } from './parts/details.ts';
import { SignIn } from './parts/sign-in.ts';
import { setPace, useAnswer, useOnce } from './polled.ts';
import type { View } from './route.ts';
import { useView, VIEWS } from './route.ts';
import { Certificates } from './views/certificates.ts';
import { Connections } from './views/connections.ts';
import { Failures } from './views/failures.ts';
import { Faults } from './views/faults.ts';
import { Handshakes } from './views/handshakes.ts';
import { Overview } from './views/overview.ts';
import { Streams } from './views/streams.ts';
import { clockText, counted } from './wording.ts';

export function App() {
  const { token } = useHearing();
  return token === 'fine' ? html`<${Frame} />` : html`<${Probe} /><${SignIn} wrong=${token === 'wrong'} />`;
}

/** Asks until the token is right. */
function Probe() {
  useAnswer<Status>('/api/v1/status');
  return '';
}

function Frame() {
  const view = useView();
  const status = useAnswer<Status>('/api/v1/status');
  const about = useOnce<About>('/page/about');
  useEffect(() => setPace(status?.open ?? 0), [status?.open]);
  const [chosen, setChosen] = useState<number>();
  const changes = about?.changes === true;
  return html`
    <a class="skip" href="#main" onClick=${skipToView}>To the view</a>
    <${Header} status=${status} />
    <${Lost} />
    <div class="frame">
      <${Ways} view=${view} status=${status} />
      <main id="main">
        <${Title} view=${view} />
        ${(about?.faults.length ?? 0) > 0 ? html`<${Faults} />` : ''}
        ${shown(view, { status, changes, onChoose: setChosen })}
      </main>
    </div>
    <${Stopped} count=${status?.silent ?? 0} />
    ${chosen === undefined ? '' : html`<${Details} key=${chosen} connection=${chosen} changes=${changes} onClose=${() => setChosen(undefined)} />`}
  `;
}

interface ViewProps {
  readonly status: Status | undefined;
  readonly changes: boolean;
  readonly onChoose: (connection: number) => void;
}

function shown(view: View, props: ViewProps) {
  switch (view) {
    case 'overview':
      return html`<${Overview} ...${props} />`;
    case 'streams':
      return html`<${Streams} ...${props} />`;
    case 'connections':
      return html`<${Connections} ...${props} />`;
    case 'handshakes':
      return html`<${Handshakes} />`;
    case 'failures':
      return html`<${Failures} />`;
    case 'certificates':
      return html`<${Certificates} />`;
  }
}

function skipToView(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('h1')?.focus();
}

/** The heading takes the focus when a view is chosen, so that a screen reader begins there. */
function Title({ view }: { readonly view: View }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${VIEWS[view]} · Overcoat`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [view]);
  return html`<h1 tabindex="-1" ref=${heading}>${VIEWS[view]}</h1>`;
}

function Header({ status }: { readonly status: Status | undefined }) {
  const { paused } = useHearing();
  return html`<header>
    <div class="brand"><img src="/page/icon.svg" alt="" width="28" height="28" /><span>Overcoat</span></div>
    <div class="process">
      ${
        status === undefined
          ? ''
          : html`
            ${status.ready ? html`<${Badge} tone="good">ready<//>` : html`<${Badge} tone="bad">not ready: ${status.reasons.join('; ')}<//>`}
            <span class="muted about">
              ${status.source === null ? 'without a file' : status.source} · version ${status.version} · process ${status.pid} · for
              ${' '}${ageText(status.uptimeSeconds)}${status.workers > 1 ? ` · ${status.workers} workers` : ''}
            </span>
          `
      }
    </div>
    <button type="button" aria-pressed=${paused} onClick=${() => setPaused(!paused)}>${paused ? 'Go on' : 'Pause'}</button>
  </header>`;
}

function Ways({ view, status }: { readonly view: View; readonly status: Status | undefined }) {
  const counts: Partial<Record<View, string>> = {
    connections: (status?.open ?? 0).toLocaleString('en'),
    failures: (status?.failed ?? 0).toLocaleString('en'),
  };
  return html`<nav aria-label="Views">
    ${(Object.keys(VIEWS) as View[]).map(
      (each) => html`<a key=${each} href="#${each}" aria-current=${each === view ? 'page' : undefined}>
        ${VIEWS[each]}
        ${counts[each] === undefined ? '' : html`<span class="count">${counts[each]}</span>`}
        ${each === 'streams' && (status?.silent ?? 0) > 0 ? html`<span class="count bad">${status?.silent} stopped</span>` : ''}
      </a>`,
    )}
  </nav>`;
}

function Lost() {
  const { lostAt, why } = useHearing();
  return html`<div role="alert">
    ${lostAt === undefined ? '' : html`<p class="lost">No answer since ${clockText(lostAt)}: ${why}. What you see is from before; it is asked again.</p>`}
  </div>`;
}

/** Said when it changes, to those who do not see the picture. */
function Stopped({ count }: { readonly count: number }) {
  return html`<div class="unseen" role="status">${count === 0 ? '' : `${counted(count, 'connection')} stopped`}</div>`;
}
