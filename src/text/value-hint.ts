/** What people write out of habit and a configuration takes literally: quotes around a value, and a comment behind it. */

/** What to do about it, as the end of a sentence; undefined where nothing looks like it. */
export function valueHint(value: string): string | undefined {
  if (isQuoted(value)) return 'drop the quotes, which are part of the value';
  const comment = commentIn(value);
  return comment === undefined ? undefined : `"${comment}" is part of the value, since a comment needs a line of its own`;
}

function isQuoted(value: string): boolean {
  const [first] = value;
  return value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first);
}

/** From the first `;` or `#` behind a blank. */
function commentIn(value: string): string | undefined {
  for (let at = 1; at < value.length; at += 1) {
    const starts = (value[at] === ';' || value[at] === '#') && (value[at - 1] === ' ' || value[at - 1] === '\t');
    if (starts) return value.slice(at);
  }
  return undefined;
}
