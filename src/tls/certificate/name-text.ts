/** A DER name (RFC 5280 section 4.1.2.4) as text for people, `CN=a.test, O=Acme`: for those that stand in no certificate we have. */
import { readDerTree } from './der-reader.ts';

/** Of X.520; others are shown by their value alone. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'],
  ['550406', 'C'],
  ['550407', 'L'],
  ['550408', 'ST'],
  ['55040a', 'O'],
  ['55040b', 'OU'],
]);
const BMP_STRING = 0x1e;

/** One line; untrusted, so whoever prints it escapes it. Empty for what is no name. */
export function nameText(der: Buffer): string {
  const sets = readDerTree(der)?.children ?? [];
  const parts = sets.flatMap((set) => set.children.map(({ children: [type, value] }) => ({ type, value })));
  return parts
    .flatMap(({ type, value }) => {
      if (type === undefined || value === undefined) return [];
      const key = KEYS.get(type.content.toString('hex'));
      const text = value.tag === BMP_STRING ? Buffer.from(value.content).swap16().toString('utf16le') : value.content.toString('utf8');
      return [key === undefined ? text : `${key}=${text}`];
    })
    .join(', ');
}
