/**
 * Text as a man page (man(7)) wants it. Every function gives whole lines; a sentence begins on a line of its own and no line is longer
 * than 79 characters, as `mandoc -T lint` asks for.
 */

/** Characters of a line, without its end; from 80 on mandoc finds it long. */
const WIDTH = 79;
const SENTENCE_END = /(?<=[.?!:]\)?) +(?=["(]?[A-Z])/;

export function title(name: string, section: string, date: string, source: string): readonly string[] {
  return [`.TH ${name.toUpperCase()} ${section} ${date} "${source}" "Overcoat"`];
}

export function heading(text: string): readonly string[] {
  return [`.SH ${text.toUpperCase()}`];
}

export function subheading(text: string): readonly string[] {
  return [`.SS ${quoted(literal(text))}`];
}

/** A paragraph that is filled. */
export function paragraph(text: string): readonly string[] {
  return ['.PP', ...filled(text)];
}

/** Running text without a request before it, as stands behind a heading. Backquotes around code are left out. */
export function filled(text: string): readonly string[] {
  return text
    .replaceAll('`', '')
    .split(SENTENCE_END)
    .flatMap((sentence) => wrapped(sentence.split(' ').map(escaped)).map(protect));
}

/** Lines that stay as they are. */
export function verbatim(lines: readonly string[]): readonly string[] {
  return ['.PP', '.nf', '.RS 4', ...lines.map((line) => protect(literal(line))), '.RE', '.fi'];
}

/** A term, bold, and what it means below it. */
export function item(term: string, ...meaning: readonly string[]): readonly string[] {
  return ['.TP', `.B ${quoted(literal(term))}`, ...meaning.flatMap((text, index) => [...(index === 0 ? [] : ['.br']), ...filled(text)])];
}

/** Names of other pages: `overcoat(1)`. */
export function seeAlso(pages: readonly string[]): readonly string[] {
  return pages.map((page, index) => {
    const [, name = page, section = ''] = /^(.+)(\(\d\))$/.exec(page) ?? [];
    return `.BR ${literal(name)} ${section}${index < pages.length - 1 ? ',' : ''}`;
  });
}

/** Text that is typed or compared as it stands: roff would print typographic signs for some of ASCII. */
export function literal(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
}

/** A word of running text. A hyphen inside a word is one; what looks like a flag or a command line keeps its minus signs. */
function escaped(word: string): string {
  return /^[("]*-|[/=_.]|--/.test(word) ? literal(word) : literal(word).replaceAll('\\-', '-');
}

function wrapped(words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A line of text that begins like a request is none. */
function protect(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** One argument of a request. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\(dq')}"`;
}
