/**
 * Just enough XML to follow the start of an XMPP stream (RFC 6120 section 4): tags, one after the other. No entities, no comments and
 * no processing instructions, which XMPP forbids anyway (section 11.1); whatever is not a tag or a blank is malformed here.
 */
import type { Measured } from './conversation.ts';
import { NEED_MORE, refused, whole } from './conversation.ts';

export interface Tag {
  readonly kind: 'open' | 'close' | 'empty' | 'declaration';
  /** With its prefix: `stream:features`. */
  readonly name: string;
  /** From `<` to `>`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The next tag at or behind `from`; undefined while it is not whole. */
function nextTag(text: string, from: number): Tag | 'malformed' | undefined {
  const start = skipBlanks(text, from);
  if (start === text.length) return undefined;
  if (text[start] !== '<' || text[start + 1] === '!') return 'malformed';
  const end = closingBracket(text, start);
  if (end === undefined) return undefined;
  const tag = text.slice(start, end);
  const inner = tag.slice(1, -1);
  if (inner.startsWith('?')) return inner.endsWith('?') ? { kind: 'declaration', name: '', text: tag, start, end } : 'malformed';
  const kind = inner.startsWith('/') ? 'close' : inner.endsWith('/') ? 'empty' : 'open';
  const name = firstWord(kind === 'close' ? inner.slice(1) : inner);
  return name === '' ? 'malformed' : { kind, name, text: tag, start, end };
}

/** The raw text of an attribute, entities and all. */
export function attribute(tag: Tag, name: string): string | undefined {
  let at = 1 + tag.name.length;
  while (at < tag.text.length) {
    at = skipBlanks(tag.text, at);
    const equals = tag.text.indexOf('=', at);
    if (equals < 0) return undefined;
    const open = skipBlanks(tag.text, equals + 1);
    const quote = tag.text[open];
    const close = quote === "'" || quote === '"' ? tag.text.indexOf(quote, open + 1) : -1;
    if (close < 0) return undefined;
    if (tag.text.slice(at, equals).trimEnd() === name) return tag.text.slice(open + 1, close);
    at = close + 1;
  }
  return undefined;
}

/** Measures a stream header: an optional XML declaration and the opening `stream:stream`. @param limit in bytes */
export function measureStreamHeader(limit: number): (bytes: Buffer) => Measured {
  return measureTags(limit, (tag) => {
    if (tag.kind === 'declaration') return 'more';
    return tag.kind === 'open' && tag.name === 'stream:stream' ? 'last' : 'wrong';
  });
}

/** Measures one whole element with everything in it. */
export function measureElement(limit: number): (bytes: Buffer) => Measured {
  return (bytes) => {
    let depth = 0;
    const measure = measureTags(limit, (tag) => {
      if (tag.kind === 'open') depth += 1;
      if (tag.kind === 'close') depth -= 1;
      if (tag.kind === 'declaration' || depth < 0) return 'wrong';
      return depth === 0 ? 'last' : 'more';
    });
    return measure(bytes);
  };
}

/** All tags of a text that was measured before. */
export function tagsOf(text: string): readonly Tag[] {
  const tags: Tag[] = [];
  for (let tag = nextTag(text, 0); typeof tag === 'object'; tag = nextTag(text, afterText(text, tag.end))) tags.push(tag);
  return tags;
}

function measureTags(limit: number, judge: (tag: Tag) => 'more' | 'last' | 'wrong'): (bytes: Buffer) => Measured {
  return (bytes) => {
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, limit));
    for (let at = 0, first = true; ; first = false) {
      const tag = nextTag(text, first ? at : afterText(text, at));
      if (tag === 'malformed') return refused('something that is no XMPP stream');
      if (tag === undefined) return bytes.length >= limit ? refused(`an XMPP element of more than ${limit} bytes`) : NEED_MORE;
      const verdict = judge(tag);
      if (verdict === 'wrong') return refused(`an unexpected <${tag.name}>`);
      if (verdict === 'last') return whole(tag.end);
      at = tag.end;
    }
  };
}

/** Text between tags carries nothing that we look at. */
function afterText(text: string, from: number): number {
  const next = text.indexOf('<', from);
  return next < 0 ? text.length : next;
}

/** Behind the `>` that ends the tag; one inside quotes does not. */
function closingBracket(text: string, start: number): number | undefined {
  let quote = '';
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '>') return at + 1;
  }
  return undefined;
}

function firstWord(text: string): string {
  let end = 0;
  while (end < text.length && !isBlank(text[end] ?? '') && text[end] !== '/') end += 1;
  return text.slice(0, end);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at] ?? '')) at += 1;
  return at;
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}
