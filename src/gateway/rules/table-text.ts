/** Tables of nftables as lines, and the two texts that are made of them. Pure. */

/** Lines of one table in the order nft takes them; a line that opens a block ends in `{`, `}` closes it. */
export type TableText = readonly string[];

/** For `nft -f` and for people: one statement a line, indented. */
export function tableText(lines: TableText): string {
  let depth = 0;
  let text = '';
  for (const line of lines) {
    if (line === '}') depth -= 1;
    text += `${'\t'.repeat(depth)}${line}\n`;
    if (line.endsWith('{')) depth += 1;
  }
  return text;
}

/** For `nft -i`, where every line is a transaction of its own: the whole table on one line. */
export function tableLine(lines: TableText): string {
  return lines.map((line) => (line.endsWith('{') ? line : `${line};`)).join(' ');
}
