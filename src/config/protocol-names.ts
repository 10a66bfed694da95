/** The words `protocol =` and `--protocol` take. What is known of each is in protocols/facts.ts. */
import { existsIn, factsOf, SPOKEN_NAMES } from '../protocols/facts.ts';
import type { ProtocolName } from './config.ts';
import type { Parser } from './values/values.ts';
import { bad, good } from './values/values.ts';

/** Every word. */
const NAMES: readonly ProtocolName[] = [...SPOKEN_NAMES, 'auto'];

/** Protocols of stunnel that are left out, with the reason. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['cifs', 'SMB servers that understood this NetBIOS handshake are gone; use SMB 3 encryption, or a plain service without protocol'],
  ['capwin', 'it served one product that is no longer made; remove the line'],
  ['capwinctrl', 'it served one product that is no longer made; remove the line'],
]);

/** A protocol in any case. Whether it exists in the service's direction is judged when the whole section is known. */
export const protocolName: Parser<ProtocolName> = (text) => {
  const word = text.toLowerCase();
  const known = NAMES.find((name) => name === word);
  if (known !== undefined) return good(known);
  const why = LEFT_OUT.get(word);
  if (why !== undefined) return bad(`protocol ${word} is not supported: ${why}`, 'Protocol not supported');
  return bad(`"${text}" is not a protocol; write one of ${NAMES.join(', ')}`, 'Protocol not supported');
};

/** A protocol that exists in the given direction. */
export function protocolFor(direction: 'client' | 'server'): Parser<ProtocolName> {
  return (text) => {
    const name = protocolName(text);
    if (name.ok && existsIn(direction, name.value)) return name;
    const those = `write one of ${protocolsFor(direction).join(', ')}`;
    if (name.ok)
      return bad(
        `protocol ${name.value} does not exist in ${direction} mode; ${those}`,
        `The '${name.value}' protocol is not supported in the ${direction} mode`,
      );
    return LEFT_OUT.has(text.toLowerCase()) ? name : bad(`"${text}" is not a protocol; ${those}`, name.stunnelText);
  };
}

/** Those of a direction, for the help of `--protocol`. */
export function protocolsFor(direction: 'client' | 'server'): readonly ProtocolName[] {
  return NAMES.filter((name) => existsIn(direction, name));
}

/** What a protocol offers by ALPN where `alpn` says nothing else. */
export function alpnOf(name: ProtocolName | undefined): readonly string[] {
  const alpn = factsOf(name)?.client?.alpn;
  return alpn === undefined ? [] : [alpn];
}

/** Whether a server with `protocol = NAME` is a proxy: it goes where each of its clients asks, and needs no target. */
export function isProxy(name: ProtocolName | undefined): boolean {
  return factsOf(name)?.server?.isEndpoint === true;
}
