/**
 * What may be shown of a text or an event. URLs lose everything behind their host: there stand query strings, and the application and
 * play name of RTMP, which are passwords in all but name.
 */
import type { OvercoatEvent } from '../observe/events.ts';

const HIDDEN = '/***';

/** The text with `rtmp://host/***` for each `rtmp://host/app/key?token=...` in it; what has no path stays as it is. Linear in its length. */
export function withoutPaths(text: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', from)) {
    let end = at + 3;
    while (end < text.length && !isEndOfUrl(text, end) && !isEndOfAuthority(text, end)) end += 1;
    result += text.slice(from, end);
    from = end;
    if (end === text.length || isEndOfUrl(text, end)) continue;
    while (from < text.length && !isEndOfUrl(text, from)) from += 1;
    result += HIDDEN;
  }
  return result + text.slice(from);
}

function isEndOfUrl(text: string, at: number): boolean {
  return ' "\'<>\t\n'.includes(text.charAt(at));
}

function isEndOfAuthority(text: string, at: number): boolean {
  return '/?#\\'.includes(text.charAt(at));
}

/** An event as it may leave this process: without stacks, and no URL says more than its host. */
export function redacted(event: OvercoatEvent): object {
  return JSON.parse(JSON.stringify(event), (key, value: unknown) => {
    if (key === 'stack') return undefined;
    return typeof value === 'string' ? withoutPaths(value) : value;
  }) as object;
}
