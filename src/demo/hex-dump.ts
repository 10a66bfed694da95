/** Bytes as people read them: a dump in hexadecimal with the printable ones beside, and the texts anybody could read in them. */

const PER_LINE = 16;

/** @returns one line for every sixteen bytes, `00000010  16 03 01 ...  |...|`, without a line end. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = bytes.subarray(at, at + PER_LINE);
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, '0'));
    const columns = `${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}`;
    const text = Array.from(line, (byte) => (isPrintable(byte) ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${columns}  |${text}|`);
  }
  return lines;
}

/** Shorter runs of printable characters also occur by chance. */
const MIN_TEXT_CHARACTERS = 12;

/** The runs of printable ASCII, as strings(1) finds them, in order and without repetition. */
export function readableTexts(bytes: Uint8Array): string[] {
  const texts = new Set<string>();
  let run = '';
  for (const byte of [...bytes, 0]) {
    if (isPrintable(byte)) {
      run += String.fromCharCode(byte);
      continue;
    }
    if (run.length >= MIN_TEXT_CHARACTERS) texts.add(run);
    run = '';
  }
  return [...texts];
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}
