/**
 * What a DNS answer says about names and addresses. Only what hangs together with the question counts: the addresses of the asked
 * name, or of the name its chain of CNAMEs leads to, and they count as the asked name's.
 */
import type { Answer, DecodedPacket } from 'dns-packet';
import { decode } from 'dns-packet';
import { parseHost } from '../../address/host-name.ts';
import { ipKey } from '../../address/ip.ts';

export interface ToldAddresses {
  /** The name that was asked for. */
  readonly name: string;
  /** As `ipKey` writes them. */
  readonly addresses: readonly string[];
  /** The shortest of all records on the way. */
  readonly ttlSeconds: number;
}

const MAX_ADDRESSES = 256;
const MAX_CHAIN = 16;
/** RFC 8767 section 4: what is longer is an error or a trick. */
const MAX_TTL_SECONDS = 7 * 24 * 3600;

/** @returns undefined for anything but a good answer to one question for A or AAAA; never throws */
export function readAnswer(message: Buffer): ToldAddresses | undefined {
  const packet = tryDecode(message);
  const [question, ...more] = packet?.questions ?? [];
  if (packet?.type !== 'response' || packet.rcode !== 'NOERROR' || question === undefined || more.length > 0) return undefined;
  if (question.type !== 'A' && question.type !== 'AAAA') return undefined;
  const asked = parseHost(question.name);
  if (asked?.kind !== 'dns') return undefined;
  return follow(asked.name, question.type, packet.answers ?? []);
}

function follow(asked: string, type: 'A' | 'AAAA', answers: readonly Answer[]): ToldAddresses | undefined {
  const addresses: string[] = [];
  let ttlSeconds = MAX_TTL_SECONDS;
  let owner: string | undefined = asked;
  for (let steps = 0; owner !== undefined && steps < MAX_CHAIN; steps++) {
    let next: string | undefined;
    for (const answer of answers) {
      if (answer.type === 'OPT' || answer.name.toLowerCase() !== owner) continue;
      if (answer.type === 'CNAME' && next === undefined) next = answer.data.toLowerCase();
      else if (answer.type === type && addresses.length < MAX_ADDRESSES) addresses.push(ipKey(answer.data) ?? '');
      else continue;
      ttlSeconds = Math.min(ttlSeconds, Math.max(0, ('ttl' in answer ? answer.ttl : undefined) ?? 0));
    }
    owner = addresses.length > 0 ? undefined : next;
  }
  return addresses.length === 0 ? undefined : { name: asked, addresses, ttlSeconds };
}

function tryDecode(message: Buffer): (DecodedPacket & { readonly rcode?: string }) | undefined {
  try {
    return decode(message);
  } catch {
    // not our packet to judge: it is passed on as it is, and not remembered
    return undefined;
  }
}
