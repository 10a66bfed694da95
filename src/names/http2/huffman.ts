/**
 * HPACK's Huffman code (RFC 7541 section 5.2, appendix B). The code is canonical: codes of one length count up in the order of their
 * symbols, and longer ones go on where shorter ones ended, so the 257 lengths say everything.
 */

/** Bits of each symbol's code; the last is EOS. */
// biome-ignore format: one table
const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const EOS = 256;
const MAX_PADDING = 7;

/** Two entries a node, for the bits 0 and 1: the index of the next node, or `-1 - symbol` for a leaf. */
const TREE: readonly number[] = buildTree();

/** @returns the text (one char a byte), or undefined for EOS inside, padding of a byte or more, or padding that is not all ones */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = '';
  let node = 0;
  let pending = 0;
  let allOnes = true;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (byte >> bit) & 1;
      const next = TREE[node + one];
      if (next === undefined) return undefined;
      pending++;
      allOnes &&= one === 1;
      if (next >= 0) {
        node = next;
        continue;
      }
      const symbol = -1 - next;
      if (symbol === EOS) return undefined;
      text += String.fromCharCode(symbol);
      node = 0;
      pending = 0;
      allOnes = true;
    }
  }
  return pending <= MAX_PADDING && allOnes ? text : undefined;
}

function buildTree(): number[] {
  const symbols = CODE_LENGTHS.map((length, symbol) => ({ length, symbol })).sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const tree = [0, 0];
  let code = 0;
  let previous = symbols[0]?.length ?? 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - previous);
    previous = length;
    insert(tree, code++, length, symbol);
  }
  return tree;
}

function insert(tree: number[], code: number, length: number, symbol: number): void {
  let node = 0;
  for (let bit = length - 1; bit > 0; bit--) {
    const slot = node + ((code >> bit) & 1);
    if (!tree[slot]) {
      tree[slot] = tree.length;
      tree.push(0, 0);
    }
    node = tree[slot] ?? 0;
  }
  tree[node + (code & 1)] = -1 - symbol;
}
