/**
 * What may be shown of a text or an event. URLs lose everything but their host: before it may stand a password, and behind it stand query
 * strings, and the application and play name of RTMP, which are passwords in all but name. A scheme may be missing (`//host/app/key`), and
 * so may the host (`/app/key?token=...`).
 */
import type { OvercoatEvent } from '../../observe/events.ts';
import { MAX_LINE_BYTES } from '../../text/printable.ts';

const HIDDEN = '***';

/**
 * The text with `rtmp://host/***` for each `rtmp://user:password@host/app/key?token=...` in it, and `word?***` for what has a query and no
 * host; all else stays as it is. Linear in its length.
 */
export function withoutPaths(text: string): string {
  if (!text.includes('//') && !text.includes('?')) return text;
  let result = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith('//', at)) {
      const host = hostIn(text, at + 2);
      result += `${text.slice(from, at)}//${host.text}`;
      from = endOfWord(text, host.end);
      if (from > host.end) result += `/${HIDDEN}`;
      at = from - 1;
    } else if (text.charAt(at) === '?' && endOfWord(text, at + 1) > at + 1) {
      result += `${text.slice(from, at)}?${HIDDEN}`;
      from = endOfWord(text, at + 1);
      at = from - 1;
    }
  }
  return result + text.slice(from);
}

/** The authority that begins at an index (RFC 3986 section 3.2), without who is to be logged in there. */
function hostIn(text: string, at: number): { readonly text: string; readonly end: number } {
  let end = at;
  while (end < text.length && !isEndOfWord(text, end) && !isEndOfAuthority(text, end)) end += 1;
  const authority = text.slice(at, end);
  return { text: authority.slice(authority.lastIndexOf('@') + 1), end };
}

function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isEndOfWord(text, end)) end += 1;
  return end;
}

function isEndOfWord(text: string, at: number): boolean {
  return ' "\'<>\t\n'.includes(text.charAt(at));
}

function isEndOfAuthority(text: string, at: number): boolean {
  return '/?#\\'.includes(text.charAt(at));
}

/** An event as JSON that may leave this process, behind what it is about: without stacks, no text is longer than a line, and no URL says more than its host. */
export function eventJson(about: object, event: OvercoatEvent): string {
  const told = { ...about, ...event };
  const whole = JSON.stringify(told);
  return hidesNothing(whole) ? whole : JSON.stringify(told, shown); // it asks of each member: twice the cost
}

/** What `shown` would leave as it is: no text in it can be too long, none has a URL or a query, and no member is a stack. */
function hidesNothing(json: string): boolean {
  return json.length <= MAX_LINE_BYTES && !json.includes('//') && !json.includes('?') && !json.includes('"stack"');
}

function shown(key: string, value: unknown): unknown {
  if (key === 'stack') return undefined;
  return typeof value === 'string' ? withoutPaths(value.slice(0, MAX_LINE_BYTES)) : value;
}
