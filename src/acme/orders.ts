/**
 * Certificates asked for at a directory (RFC 8555), step by step: whoever serves has to show the challenges in between. One order at a time:
 * the client library has one connection setting for all. Nothing here throws: what fails is said in a sentence.
 */
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { join } from 'node:path';
import type { Authorization, Client, Order } from 'acme-client';
import { printable } from '../text/printable.ts';
import { askJson } from './ask-json.ts';
import { isToken, TOKEN_FOLDER } from './challenge-answers.ts';
import type { Lease } from './lease.ts';
import { Leases } from './lease.ts';
import { readWindow, renewalId } from './renewal-info.ts';
import { forget, leafIn, makeFolder, store, stored } from './storage.ts';
import type { CertificateWanted, RenewalWindow, Step } from './wanted.ts';
import { CERTIFICATE_FILE, CHALLENGE_FILE } from './wanted.ts';

type Library = typeof import('acme-client');
type Challenge = Authorization['challenges'][number];

/** An owner that is silent for so long is gone; an order has its own limit below. */
const LEASE_MS = 120_000;
const ORDER_MS = 600_000;
const REQUEST_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
const MOST_TEXT = 300;
const ACCOUNT_KEY = 'account-key.pem';
const ACCOUNT_URL = 'account.url';
const LOCK_FILE = 'lock';

/** What has to be so for a proof to be found, as a clause behind what the directory says of it. */
const PROOF_ADVICE: Readonly<Record<CertificateWanted['challenge'], string>> = {
  'tls-alpn-01': 'port 443 of every name has to lead to this service',
  'http-01': 'port 80 of every name has to lead to where acmeHttp (--acme-http) listens',
};

interface Underway {
  readonly wanted: CertificateWanted;
  readonly lease: Lease;
  readonly client: Client;
  readonly order: Order;
  readonly challenges: readonly Challenge[];
  readonly tokens: readonly string[];
  readonly timer: NodeJS.Timeout;
}

export class Orders {
  readonly #leases = new Leases({ leaseMs: LEASE_MS });
  readonly #underway = new Map<string, Underway>();
  #turn: Promise<unknown> = Promise.resolve();

  /** Asks for a certificate, or finds one that somebody who shares the folder has got meanwhile. */
  begin(wanted: CertificateWanted): Promise<Step> {
    return this.#inTurn(async () => {
      let lease: Lease | undefined;
      try {
        await makeFolder(wanted.folder);
        await makeFolder(wanted.accountFolder);
        const taken = await this.#leases.take(join(wanted.folder, LOCK_FILE));
        if ('holder' in taken) return { kind: 'busy', holder: taken.holder };
        lease = taken;
        const found = await newerThan(wanted);
        if (found !== undefined) {
          await lease.giveBack();
          return { kind: 'certificate', pem: found };
        }
        return await this.#order(wanted, lease);
      } catch (cause) {
        await lease?.giveBack();
        return failed(cause);
      }
    });
  }

  async #order(wanted: CertificateWanted, lease: Lease): Promise<Step> {
    const place = await renewalPlace(wanted);
    const library = await prepared(wanted);
    const client = await this.#account(library, wanted);
    const order = await newOrder(client, place, wanted).catch(async (cause: Error) => {
      if (cause.message.includes('ccount')) await forget(wanted.accountFolder, ACCOUNT_URL); // one it does not know any more is made again
      throw cause;
    });
    const challenges: Challenge[] = [];
    const tokens: string[] = [];
    const shown: string[] = [];
    const key = (await library.crypto.createPrivateEcdsaKey('P-256')).toString();
    for (const authorization of await client.getAuthorizations(order)) {
      if (authorization.status === 'valid') continue;
      const name = printable(authorization.identifier.value);
      const challenge = authorization.challenges.find(({ type }) => type === wanted.challenge);
      if (challenge === undefined) throw new Error(`the directory offers no ${wanted.challenge} for ${name}`);
      if (!isToken(challenge.token)) throw new Error('the directory sent a token that is none');
      const proof = await client.getChallengeKeyAuthorization(challenge);
      challenges.push(challenge);
      if (wanted.challenge === 'http-01') {
        await makeFolder(join(wanted.accountFolder, TOKEN_FOLDER));
        await store(join(wanted.accountFolder, TOKEN_FOLDER), challenge.token, proof);
        tokens.push(challenge.token);
      } else shown.push((await library.crypto.createAlpnCertificate(authorization, proof, key))[1].toString());
    }
    const pem = shown.length === 0 ? undefined : `${key}${shown.join('')}`;
    if (pem !== undefined) await store(wanted.folder, CHALLENGE_FILE, pem);
    const id = randomUUID();
    const timer = setTimeout(() => void this.#drop(id), ORDER_MS).unref();
    this.#underway.set(id, { wanted, lease, client, order, challenges, tokens, timer });
    return { kind: 'challenges', order: id, pem };
  }

  /** The challenges are shown. When this resolves they need not be any more. */
  finish(id: string): Promise<Step> {
    return this.#inTurn(async () => {
      const underway = this.#underway.get(id);
      if (underway === undefined) return { kind: 'failed', text: 'the order took too long' };
      const { wanted, client, order, challenges, lease } = underway;
      try {
        const library = await prepared(wanted);
        for (const challenge of challenges) {
          await client.completeChallenge(challenge);
          await client.waitForValidStatus(challenge).catch((cause: Error) => {
            throw cause instanceof TypeError ? cause : new Error(`${cause.message}; ${PROOF_ADVICE[wanted.challenge]}`);
          });
        }
        const key = (await newKey(library, wanted)).toString();
        const [, request] = await library.crypto.createCsr({ commonName: wanted.names[0] as string, altNames: [...wanted.names] }, key);
        const finalized = await client.finalizeOrder(order, request);
        const chain = await client.getCertificate(finalized);
        const leaf = leafIn(chain);
        if (leaf === undefined) throw new Error('the directory sent no certificate');
        const missing = wanted.names.find((name) => leaf.checkHost(name, { subject: 'never' }) === undefined);
        if (missing !== undefined) throw new Error(`the certificate that came is not for ${missing}`);
        const pem = `${key.trimEnd()}\n${chain.trimEnd()}\n`;
        if (!(await lease.isOurs())) throw new Error('another process has taken over');
        await store(wanted.folder, CERTIFICATE_FILE, pem);
        return { kind: 'certificate', pem };
      } catch (cause) {
        return failed(cause);
      } finally {
        await this.#drop(id);
      }
    });
  }

  /** @returns undefined where the directory has no such thing, or could not be asked */
  window(wanted: CertificateWanted): Promise<RenewalWindow | undefined> {
    return this.#inTurn(async () => {
      const leaf = leafIn(wanted.current);
      const id = leaf === undefined ? undefined : renewalId(leaf.raw);
      if (id === undefined) return undefined;
      try {
        const place = await renewalPlace(wanted);
        if (place === undefined) return undefined;
        const { body, retryAfter } = await askJson(`${place}/${id}`, wanted.authority);
        return readWindow(body, retryAfter, Date.now());
      } catch {
        return undefined;
      }
    });
  }

  async close(): Promise<void> {
    for (const id of [...this.#underway.keys()]) await this.#drop(id);
  }

  async #drop(id: string): Promise<void> {
    const underway = this.#underway.get(id);
    if (underway === undefined) return;
    this.#underway.delete(id);
    clearTimeout(underway.timer);
    const { wanted, tokens, lease } = underway;
    await forget(wanted.folder, CHALLENGE_FILE);
    for (const token of tokens) await forget(join(wanted.accountFolder, TOKEN_FOLDER), token);
    await lease.giveBack();
  }

  /** The account of the folder; made by the first who needs it. */
  async #account(library: Library, { accountFolder, directory, binding, email }: CertificateWanted): Promise<Client> {
    const known = await stored(accountFolder, ACCOUNT_KEY);
    const lease = await this.#leases.take(join(accountFolder, LOCK_FILE));
    if ('holder' in lease) throw new Error(`${lease.holder} is making the account`);
    try {
      const accountKey =
        known ?? (await stored(accountFolder, ACCOUNT_KEY)) ?? (await library.crypto.createPrivateEcdsaKey('P-256')).toString();
      if (known === undefined) await store(accountFolder, ACCOUNT_KEY, accountKey);
      const accountUrl = known === undefined ? undefined : (await stored(accountFolder, ACCOUNT_URL))?.trim();
      const client = new library.Client({
        directoryUrl: directory,
        accountKey,
        ...(accountUrl === undefined ? {} : { accountUrl }),
        ...(binding === undefined ? {} : { externalAccountBinding: binding }),
        backoffAttempts: 20,
        backoffMin: 500,
        backoffMax: 10_000,
      });
      if (accountUrl !== undefined) return client;
      await client
        .createAccount({ termsOfServiceAgreed: true, ...(email === undefined ? {} : { contact: [`mailto:${email}`] }) })
        .catch((cause: Error) => {
          throw cause instanceof TypeError ? cause : new Error(`${cause.message}${bindingAdvice(cause.message, binding)}`);
        });
      await store(accountFolder, ACCOUNT_URL, `${client.getAccountUrl()}\n`);
      return client;
    } finally {
      await lease.giveBack();
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** What to do where the directory refuses an account because of its external binding, or because it has none. */
function bindingAdvice(said: string, binding: CertificateWanted['binding']): string {
  if (binding !== undefined) return '; compare acmeBindingId and the key in acmeBindingFile with what the authority has given you';
  return said.includes('externalAccountBinding')
    ? '; this authority opens accounts for its customers alone: say acmeBindingId and acmeBindingFile, which it gives you'
    : '';
}

/** One that another process has put there since, and that is to be renewed later than ours. */
async function newerThan({ folder, current, names }: CertificateWanted): Promise<string | undefined> {
  const pem = await stored(folder, CERTIFICATE_FILE);
  const [there, ours] = [leafIn(pem), leafIn(current)];
  if (pem === undefined || there === undefined || there.validToDate.getTime() <= Date.now()) return undefined;
  if (names.some((name) => there.checkHost(name, { subject: 'never' }) === undefined)) return undefined;
  return ours === undefined || there.validToDate > ours.validToDate ? pem : undefined;
}

/** Where the directory says when to renew; undefined: it does not. @throws Error with the reason why it cannot be asked */
async function renewalPlace({ directory, authority }: CertificateWanted): Promise<string | undefined> {
  const { body } = await askJson(directory, authority);
  const place = (body as { renewalInfo?: unknown } | null)?.renewalInfo;
  return typeof place === 'string' && URL.parse(place)?.protocol === 'https:' ? place : undefined;
}

/** Says which certificate is replaced (RFC 9773 section 5) where the directory wants to know; one that refuses is asked again without. */
async function newOrder(client: Client, place: string | undefined, wanted: CertificateWanted): Promise<Order> {
  const identifiers = wanted.names.map((value) => ({ type: 'dns', value }));
  const plain = { identifiers, ...(wanted.profile === undefined ? {} : { profile: wanted.profile }) };
  const leaf = leafIn(wanted.current);
  const replaces = leaf === undefined || place === undefined ? undefined : renewalId(leaf.raw);
  if (replaces === undefined) return client.createOrder(plain);
  try {
    return await client.createOrder({ ...plain, replaces } as typeof plain);
  } catch {
    return client.createOrder(plain);
  }
}

function newKey({ crypto }: Library, { keyType }: CertificateWanted): Promise<Buffer> {
  switch (keyType) {
    case 'ec256':
      return crypto.createPrivateEcdsaKey('P-256');
    case 'ec384':
      return crypto.createPrivateEcdsaKey('P-384');
    case 'rsa2048':
      return crypto.createPrivateRsaKey(2048);
    case 'rsa4096':
      return crypto.createPrivateRsaKey(4096);
  }
}

/** The library, which has one setting of whom it trusts, set for this directory. */
async function prepared({ authority }: CertificateWanted): Promise<Library> {
  const library = await loadLibrary();
  const { defaults } = library.axios;
  defaults.httpsAgent = new Agent({ keepAlive: false, ...(authority === undefined ? {} : { ca: authority }) });
  defaults.timeout = REQUEST_MS;
  defaults.maxContentLength = MOST_BYTES;
  defaults.maxRedirects = 0;
  // we have a back-off of our own, and an order holds up the others
  Object.assign((defaults as { acmeSettings?: object }).acmeSettings ?? {}, { retryMaxAttempts: 1, retryDefaultDelay: 2 });
  return library;
}

/** While its modules can be found. */
export async function loadLibrary(): Promise<Library> {
  const loaded = await import('acme-client');
  return (loaded as unknown as { default?: Library }).default ?? loaded;
}

/** The library's own words for a connection that breaks under it are about its own code. */
function failed(cause: unknown): Step {
  if (cause instanceof TypeError)
    return { kind: 'failed', text: 'the connection to the directory broke, or its answer is none of RFC 8555' };
  const text = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name) : String(cause);
  return { kind: 'failed', text: printable(text.slice(0, MOST_TEXT)) };
}
