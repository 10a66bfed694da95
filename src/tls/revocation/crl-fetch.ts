/** Fetches a revocation list over HTTP (RFC 5280 section 4.2.1.13) and looks whether it is one that may take the place of ours. */
import { X509Certificate } from 'node:crypto';
import { isSignedBy } from '../certificate/signed-data.ts';
import { pemBlocks } from '../material/material-file.ts';
import type { ListHead } from './crl.ts';
import { pemBytes, readListHead, withEntries } from './crl.ts';
import { maySignLists } from './crl-check.ts';
import { askOverHttp } from './http-exchange.ts';

/** Lists of large authorities have some ten MB. */
const MOST_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

export interface ListWanted {
  readonly url: string;
  /** PEM of those who may have signed it. */
  readonly authorities: readonly string[];
  /** SHA-1 in its signature is taken. */
  readonly weakAllowed: boolean;
}

/** PEM, and when it ends, in milliseconds since 1970. */
export interface ListFetched {
  readonly pem: string;
  readonly expires: number | undefined;
}

/** @returns the list as PEM, or why there is none. Never rejects */
export async function fetchRevocationList(wanted: ListWanted, now: () => Date = () => new Date()): Promise<ListFetched | string> {
  const answer = await askOverHttp(wanted.url, { body: undefined, mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS, limit: '60 seconds' });
  if (typeof answer === 'string') return answer;
  const [block] = pemBlocks(answer).filter(({ label }) => label === 'X509 CRL');
  const list = readListHead(block === undefined ? answer : pemBytes(block));
  if (typeof list === 'string') return unusable(list);
  const problem = problemOf(list, wanted, now());
  if (problem !== undefined) return problem;
  const whole = withEntries(list); // only now: whoever has not signed it may have sent millions
  if (typeof whole === 'string') return unusable(whole);
  const text = list.der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return { pem: `-----BEGIN X509 CRL-----\n${text}\n-----END X509 CRL-----\n`, expires: list.nextUpdate?.getTime() };
}

function unusable(why: string): string {
  return `what it answers is no revocation list that can be used (${why})`;
}

function problemOf({ signed, thisUpdate, nextUpdate }: ListHead, wanted: ListWanted, now: Date): string | undefined {
  const { data, algorithm, signature } = signed;
  const signer = wanted.authorities.some((pem) => {
    const authority = new X509Certificate(pem);
    return maySignLists(authority) && isSignedBy(data, algorithm, signature, authority.publicKey, wanted.weakAllowed);
  });
  if (!signer) return 'the list is not signed by a trusted authority';
  if (thisUpdate > now) return 'the list is of a time to come; is the clock of this machine right?';
  return nextUpdate !== undefined && nextUpdate < now ? 'the list has ended itself' : undefined;
}
