/** Bytes as people read them: offset, sixteen bytes in hexadecimal, and the printable ones beside. */

const PER_LINE = 16;

/** @returns one line for every sixteen bytes, `00000010  16 03 01 ...  |...|`, without a line end. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = bytes.subarray(at, at + PER_LINE);
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, '0'));
    const columns = `${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}`;
    const text = Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${columns}  |${text}|`);
  }
  return lines;
}
