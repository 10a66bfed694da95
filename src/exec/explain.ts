/**
 * What became of each connection of the command, as a reducer over the events: one line when a connection fails, and with --explain
 * one at the end for every other.
 */
import type { EventContext, EventOf, HandshakeFacts, NameSource, Observe, OvercoatEvent } from '../observe/events.ts';
import { failureText } from '../observe/lines/failure.ts';
import { printable } from '../text/printable.ts';

/** Name of the service that wraps. */
export const WRAP_SERVICE = 'exec';
/** Name of the service whose connections are made as they are. */
export const PLAIN_SERVICE = 'plain';

interface Story {
  destination: string;
  name: string;
  source: NameSource;
  facts: HandshakeFacts | undefined;
  verified: string;
  /** It spoke TLS itself. */
  passedOn: boolean;
  readonly plain: boolean;
}

const SOURCES: Readonly<Record<NameSource, string>> = {
  config: 'given',
  map: 'from the map',
  protocol: 'from the protocol',
  dns: 'from DNS',
  hosts: 'from the hosts file',
  address: 'its address',
  client: 'asked for',
  none: 'unknown',
};

/** What a program may open before its lines are no longer kept; the count goes on. */
const MAX_LINES = 10_000;

export class Explainer {
  /** Lines of the connections that have ended and did not fail, in the order of their ends. */
  readonly lines: string[] = [];
  /** Connections that failed; each was told at once. */
  failures = 0;
  /** Connections that ended after there was no more room for lines. */
  untold = 0;
  readonly #stories = new Map<number, Story>();
  readonly #failed: (line: string) => void;

  /** @param failed called with the line of each connection that failed, at once */
  constructor(failed: (line: string) => void) {
    this.#failed = failed;
  }

  readonly observe: Observe = (event: OvercoatEvent, context: EventContext): void => {
    const { connection, service } = context;
    if (connection === undefined) return;
    if (event.kind === 'accepted') {
      const plain = service?.name === PLAIN_SERVICE;
      this.#stories.set(connection, { destination: '?', name: '', source: 'none', facts: undefined, verified: '', passedOn: false, plain });
      return;
    }
    const story = this.#stories.get(connection);
    if (story === undefined) return;
    if (event.kind === 'original-destination') story.destination = event.address;
    else if (event.kind === 'server-name') Object.assign(story, { name: event.name, source: event.source });
    else if (event.kind === 'passed-on') Object.assign(story, { name: event.name, passedOn: true });
    else if (event.kind === 'handshake-finished') Object.assign(story, { facts: event.facts, verified: event.verified });
    else if (event.kind === 'closed') this.#close(connection, story, event, context);
  };

  #close(connection: number, story: Story, event: EventOf<'closed'>, context: EventContext): void {
    this.#stories.delete(connection);
    const { reason, toTls, toPlain } = event;
    if (reason.kind === 'failed') {
      this.failures += 1;
      this.#failed(failureText(event, context) ?? reason.message);
      return;
    }
    if (this.lines.length >= MAX_LINES) {
      this.untold += 1;
      return;
    }
    this.lines.push(`${whoText(story)}: ${wrapText(story)}${toTls} bytes sent, ${toPlain} received${endText(reason.kind)}`);
  }
}

/** An address that is also the name is said once. */
function whoText({ name, destination }: Story): string {
  return name === '' || destination.startsWith(`${name}:`) ? destination : `${printable(name)} (${destination})`;
}

function wrapText({ plain, passedOn, facts, source, verified }: Story): string {
  if (plain) return 'connected as it is, ';
  if (passedOn) return 'TLS of its own, not verified by us, ';
  if (facts === undefined) return '';
  const group = facts.group === '' ? '' : ` ${facts.group}`;
  return `${facts.protocol}${group}, name ${SOURCES[source]}, verified by ${verified}, `;
}

function endText(kind: 'finished' | 'client-reset' | 'upstream-reset' | 'idle' | 'close-timeout' | 'shutdown' | 'ordered'): string {
  return {
    finished: '',
    'client-reset': ', reset by the command',
    'upstream-reset': ', reset by the server',
    idle: ', idle for too long',
    'close-timeout': '',
    shutdown: ', cut off',
    ordered: ', ended by its operator',
  }[kind];
}
