/**
 * `overcoat pin HOST:PORT --refresh FILE`: every key a server shows now, on each of its addresses and for each kind of signature, beside
 * the keys that are pinned already. Whoever pins only what one look has shown loses the server when another machine answers.
 */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { withBrackets } from '../../address/authority.ts';
import { hostName } from '../../address/host-name.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { resolveAddress } from '../../connection/dial/targets.ts';
import { OvercoatError } from '../../errors.ts';
import { printable } from '../../text/printable.ts';
import { systemErrorText } from '../../text/system-error.ts';
import { factsOf } from '../../tls/certificate/certificate-facts.ts';
import { subjectText } from '../../tls/certificate/subject-text.ts';
import { certificateTexts } from '../../tls/material/material-file.ts';
import { prepareServiceTls } from '../../tls/service-tls.ts';
import { publicKeyPin } from '../../tls/verdict/pin.ts';
import type { PinAction, PinArguments } from '../args/command.ts';
import { confirm } from '../terminal/confirm.ts';
import { print, printError } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';
import { explainFailure } from './explain.ts';
import { probe } from './probe.ts';

/** A server with two certificates shows the one whose signatures the client can check. */
const SIGNATURES = {
  ECDSA: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448',
  RSA: 'RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
} as const;

type Kind = keyof typeof SIGNATURES;

interface Seen {
  readonly leaf: X509Certificate;
  /** Where, and with which signatures. */
  readonly places: string[];
}

/** @returns the exit code: 0 where the file has all keys now, 1 where nothing was written */
export async function refreshPins(
  request: PinArguments,
  { file, yes }: Extract<PinAction, { readonly kind: 'refresh' }>,
  service: ServiceConfig,
): Promise<number> {
  const before = existsSync(file) ? readText(file) : '';
  const pinned = new Map(certificateTexts(Buffer.from(before)).map((pem) => [pinOf(new X509Certificate(pem)), new X509Certificate(pem)]));
  const { seen, failures } = await withProgress(`Looking at every address of ${placeOf(request)}`, lookEverywhere(request, service));
  for (const text of failures) printError(text);
  print(`${placeOf(request)} shows ${seen.size === 1 ? 'one key' : `${seen.size} keys`}\n`);
  for (const [pin, { leaf, places }] of seen) {
    print(`\n  sha256:${pin} ${pinned.has(pin) ? '(pinned)' : '(NEW)'}\n    ${describe(leaf)}\n    at ${places.join(', ')}\n`);
  }
  const unseen = [...pinned].filter(([pin]) => !seen.has(pin));
  for (const [pin, leaf] of unseen) print(`\n  sha256:${pin} (pinned, shown by nobody now; it stays)\n    ${describe(leaf)}\n`);
  const fresh = [...seen].filter(([pin]) => !pinned.has(pin)).map(([, { leaf }]) => leaf);
  if (fresh.length === 0) {
    print(`\nAll of them are pinned in ${file} already.\n`);
    return 0;
  }
  const agreed = yes ? true : confirm(`Pin the ${fresh.length} new key(s) in ${file}, beside those that are there?`);
  if (agreed !== true) {
    printError(agreed === undefined ? 'there is no terminal to ask on; say --yes to save without being asked' : 'nothing was saved');
    return 1;
  }
  const head = `# ${placeOf(request)}, looked at on ${new Date().toISOString()}; for pin, or for CAfile with verify = 4\n`;
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  writeWhole(file, `${start}${head}${fresh.map((leaf) => leaf.toString()).join('')}`);
  print(`\nSaved: ${file} has ${pinned.size + fresh.length} key(s).\n`);
  return 0;
}

/** @throws OvercoatError the last failure, where no address has shown anything */
async function lookEverywhere(
  request: PinArguments,
  service: ServiceConfig,
): Promise<{ readonly seen: ReadonlyMap<string, Seen>; readonly failures: readonly string[] }> {
  const { target, protocol, name } = request;
  const serverName = name ?? hostName(target.host);
  const unresolved: string[] = [];
  const addresses = await resolveAddress({ ...target, kind: 'tcp' }, (host, text) => unresolved.push(`${host}: ${text}`));
  if (addresses.length === 0) throw new OvercoatError('upstream_unresolved', `Cannot resolve ${unresolved.join(', ')}; check the name`);
  const seen = new Map<string, Seen>();
  const failures: string[] = [];
  let last: OvercoatError | undefined;
  for (const address of addresses) {
    if (address.kind !== 'tcp') continue;
    const place = `${withBrackets(address.host)}:${address.port}`;
    const shown: Kind[] = [];
    let failure: OvercoatError | undefined;
    for (const kind of Object.keys(SIGNATURES) as Kind[]) {
      try {
        const looking = { target: address, protocol, serverName, service, tls: tlsFor(service, kind) };
        const [leaf] = (await probe(looking)).chain;
        if (leaf === undefined) continue;
        shown.push(kind);
        const pin = pinOf(leaf);
        const known = seen.get(pin) ?? { leaf, places: [] };
        seen.set(pin, known);
        known.places.push(`${place} (${kind})`);
      } catch (cause) {
        if (!(cause instanceof OvercoatError)) throw cause;
        failure = cause;
      }
    }
    // a server that has a certificate of one kind alone refuses the other
    if (shown.length === 0 && failure !== undefined) {
      last = failure;
      failures.push(explainFailure(failure, place, service).message);
    }
  }
  if (seen.size === 0 && last !== undefined) throw explainFailure(last, placeOf(request), service);
  return { seen, failures };
}

/** Whom it trusts does not matter: what is shown is looked at whatever the verdict. */
function tlsFor(service: ServiceConfig, kind: Kind): ReturnType<typeof prepareServiceTls> {
  const commands = [...service.tls.commands, { name: 'SignatureAlgorithms', value: SIGNATURES[kind] }];
  const verify = { ...service.verify, request: false, require: false, chain: false, peer: false, serverName: false };
  return prepareServiceTls({ ...service, verify, tls: { ...service.tls, commands } }, () => undefined);
}

function pinOf(certificate: X509Certificate): string {
  const facts = factsOf(certificate);
  if (facts === undefined) throw new OvercoatError('handshake_failed', 'a certificate is malformed');
  return publicKeyPin(facts.publicKeyInfo);
}

function describe(leaf: X509Certificate): string {
  return printable(`${subjectText(leaf) || '(empty subject)'}, until ${leaf.validToDate.toISOString().slice(0, 10)}`, 4096);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OvercoatError(
      'config_unreadable',
      `--refresh ${file} cannot be read: ${systemErrorText(cause)}; name the file that overcoat pin --save wrote`,
      cause,
    );
  }
}

/** A reader never sees half a file. What is no file (`/dev/stdout`, `/dev/null`) is written to and stays what it is. @throws OvercoatError `start_process` */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) {
      writeFileSync(file, text);
      return;
    }
    writeFileSync(temporary, text, { mode: 0o644, flag: 'wx' });
    renameSync(temporary, file);
  } catch (cause) {
    throw new OvercoatError('start_process', `${file} cannot be written: ${systemErrorText(cause)}`, cause);
  }
}

export function placeOf({ target }: Pick<PinArguments, 'target'>): string {
  return `${withBrackets(target.host)}:${target.port}`;
}
