/**
 * Where a SOCKS or CONNECT client may go: not to this machine, its links, or the addresses where clouds keep credentials. A host is
 * judged before any name server is asked, and every address it resolves to is judged again, since a name can point anywhere and
 * can change (DNS rebinding): only addresses judged here are dialled. The one thing a reader might get wrong: an IPv4 address has
 * many spellings, and IPv6 has seven ways of holding one inside.
 */
import type { Block } from '../address/block.ts';
import { block, contains } from '../address/block.ts';
import { foldedName, isHostName } from '../address/host-name.ts';
import { ipBytes, ipText, isIpv6, numericIpv4, withoutBrackets } from '../address/ip.ts';
import type { ServiceConfig } from '../config/config.ts';
import type { Conversation, Target } from './conversation.ts';
import { resolve } from './conversation.ts';

/** `loopback` is what stunnel refuses, `special` everything of the table below; `allow` lists exceptions to either. */
export type TargetRules = ServiceConfig['targets'] & {
  /** One of this machine's own addresses. */
  readonly isOwn: (address: string) => boolean;
};

export type HostJudgement =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'refused'; readonly why: string };

export type Admission =
  | { readonly kind: 'admitted'; readonly target: Target }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unresolved'; readonly why: string };

interface SpecialBlock {
  readonly block: Block;
  readonly what: string;
  readonly loopback: boolean;
}

const SPECIAL: readonly SpecialBlock[] = [
  special('127.0.0.0', 8, 'a loopback address', true),
  special('0.0.0.0', 8, 'this machine itself', true),
  special('::1', 128, 'a loopback address', true),
  special('::', 128, 'this machine itself', true),
  special('169.254.0.0', 16, 'a link-local or metadata address'),
  special('fe80::', 10, 'a link-local address'),
  special('fec0::', 10, 'a site-local address'),
  special('100.100.100.200', 32, 'a metadata address'), // Alibaba Cloud
  special('168.63.129.16', 32, 'a metadata address'), // Azure
  special('192.0.0.192', 32, 'a metadata address'), // Oracle Cloud
  special('fd00:ec2::254', 128, 'a metadata address'), // AWS
  special('fd20:ce::254', 128, 'a metadata address'), // Google Cloud
  special('224.0.0.0', 4, 'a multicast address'),
  special('240.0.0.0', 4, 'a reserved or broadcast address'),
  special('ff00::', 8, 'a multicast address'),
];

/** Where an IPv6 address holds an IPv4 one: prefix, and the offset of the four bytes. */
const EMBEDDED: readonly { readonly block: Block; readonly offset: number; readonly inverted?: boolean }[] = [
  { block: block('::ffff:0:0', 96), offset: 12 }, // mapped, RFC 4291
  { block: block('::', 96), offset: 12 }, // compatible, RFC 4291
  { block: block('::ffff:0:0:0', 96), offset: 12 }, // translated, RFC 2765
  { block: block('64:ff9b::', 96), offset: 12 }, // NAT64, RFC 6052
  { block: block('64:ff9b:1::', 48), offset: 12 }, // NAT64 of local use, RFC 8215
  { block: block('2002::', 16), offset: 2 }, // 6to4, RFC 3056
  { block: block('2001::', 32), offset: 12, inverted: true }, // Teredo, RFC 4380
];

const LOCAL_NAMES = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback'];

/** Judges, resolves, and judges again. One refused address refuses the name. */
export function* admitTarget(host: string, port: number, rules: TargetRules): Conversation<Admission> {
  if (port === 0) return { kind: 'refused', why: 'port 0' };
  const judged = judgeHost(host, rules);
  if (judged.kind === 'refused') return judged;
  const addresses = judged.kind === 'address' ? [judged.address] : yield* resolve(judged.name);
  if (addresses.length === 0) return { kind: 'unresolved', why: 'the name has no address' };
  for (const address of addresses) {
    const why = judgeAddress(address, rules);
    if (why !== undefined) return { kind: 'refused', why };
  }
  return { kind: 'admitted', target: { host, port, addresses } };
}

/**
 * What a host as a client wrote it stands for, before DNS. Everything that a resolver might take for an IPv4 address is read as one
 * (decimal, octal, hexadecimal, one to four parts, a dot at the end), and what then is no address is refused rather than asked.
 */
export function judgeHost(host: string, rules: TargetRules): HostJudgement {
  const bare = withoutBrackets(host);
  const address = isIpv6(bare) ? bare : numericIpv4(bare);
  if (address === 'malformed') return { kind: 'refused', why: 'a malformed address' };
  if (address !== undefined) {
    const why = judgeAddress(address, rules);
    return why === undefined ? { kind: 'address', address } : { kind: 'refused', why };
  }
  const name = foldedName(bare);
  if (!isHostName(name)) return { kind: 'refused', why: 'a malformed host name' };
  if (isLocalName(name) && judgeAddress('127.0.0.1', rules) !== undefined && judgeAddress('::1', rules) !== undefined) {
    return { kind: 'refused', why: 'a name of this machine' };
  }
  return { kind: 'name', name };
}

/** @param address an IP literal, also with a zone. @returns why it may not be reached, or undefined when it may */
export function judgeAddress(address: string, rules: TargetRules): string | undefined {
  const bytes = ipBytes(address);
  if (bytes === undefined) return 'a malformed address';
  const forms = formsOf(bytes);
  if (rules.allow.some((prefix) => forms.some((form) => contains(block(prefix.address, prefix.bits), form)))) return undefined;
  for (const { block: special, what, loopback } of SPECIAL) {
    if ((loopback || rules.refuse === 'special') && forms.some((form) => contains(special, form))) return what;
  }
  return rules.refuse === 'special' && forms.some((form) => rules.isOwn(ipText(form))) ? "one of this machine's own addresses" : undefined;
}

/** The address itself and the IPv4 address inside it, if there is one. */
function formsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const forms = [bytes];
  if (bytes.length === 4) return forms;
  for (const { block: prefix, offset, inverted } of EMBEDDED) {
    if (!contains(prefix, bytes)) continue;
    const inner = bytes.slice(offset, offset + 4);
    forms.push(inverted ? inner.map((byte) => 255 - byte) : inner);
  }
  // ISATAP (RFC 5214): an interface identifier of 0000:5efe or 0200:5efe, then the IPv4 address.
  if ((bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe) forms.push(bytes.slice(12));
  return forms;
}

function isLocalName(name: string): boolean {
  return LOCAL_NAMES.includes(name) || name.endsWith('.localhost');
}

function special(address: string, bits: number, what: string, loopback = false): SpecialBlock {
  return { block: block(address, bits), what, loopback };
}
