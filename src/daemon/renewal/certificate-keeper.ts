/**
 * Has certificates asked for and renewed (`acme`). The service process speaks to the directory; here is decided when, what it answers is
 * taken as any renewed file is, and a failure is told. Nothing else waits for it.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Lifetime } from '../../acme/schedule.ts';
import { isNearEnd, pauseAfter, renewalTime } from '../../acme/schedule.ts';
import type { CertificateWanted, RenewalWindow, Step } from '../../acme/wanted.ts';
import { CERTIFICATE_FILE, CHALLENGE_FILE } from '../../acme/wanted.ts';
import type { AcmeConfig } from '../../config/config.ts';
import type { EventOf, Observe } from '../../observe/events.ts';
import type { FileAnswer, FilesRead } from '../../start-files.ts';
import { questionText } from '../../start-files.ts';
import type { Served } from '../engine.ts';
import type { ServiceProcess } from '../service-process/service-process.ts';

/** A wait is never longer: the clock may be set, and a reload may bring others. */
const LOOK_MS = 60_000;
/** Somebody who shares the folder is at it: its files are looked at again. */
const BUSY_MS = 10_000;
const PRIVATE_FILE = 0o100600;

export interface Keeping {
  readonly services: () => readonly Pick<Served, 'config' | 'tls' | 'files'>[];
  readonly process: Pick<ServiceProcess, 'ask'>;
  /** Other contents of files serve when it resolves. */
  readonly take: (files: FilesRead) => Promise<void>;
  readonly observe: Observe;
}

/** What is known of one folder. */
interface Kept {
  failures: number;
  /** Both as `performance.now()` has it: the clock may be set, and pauses must neither grow nor vanish by that. */
  notBefore: number;
  window: RenewalWindow | undefined;
  askWindowAt: number;
  awaited: boolean;
}

type Serving = ReturnType<Keeping['services']>[number];

export interface CertificateKeeper {
  /** The services may be others: they are looked at now. */
  lookAgain(): void;
  end(): void;
}

/** Looks now and from then on. */
export function keepCertificates({ services, process, take, observe }: Keeping): CertificateKeeper {
  const known = new Map<string, Kept>();
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let looking = false;
  let again = false;

  const look = async (): Promise<void> => {
    clearTimeout(timer);
    looking = true;
    again = false;
    let waitMs = LOOK_MS;
    for (const [folder, users] of byFolder(services())) {
      const kept = known.get(folder) ?? { failures: 0, notBefore: 0, window: undefined, askWindowAt: 0, awaited: false };
      known.set(folder, kept);
      waitMs = Math.min(waitMs, await lookAt(users, kept));
      if (over) return;
    }
    looking = false;
    timer = setTimeout(() => void look(), again ? 0 : Math.max(0, waitMs)).unref();
  };

  /** @returns in how many milliseconds to look again */
  const lookAt = async (users: readonly Serving[], kept: Kept): Promise<number> => {
    const [{ config, tls }] = users as [Serving];
    const acme = config.acme as AcmeConfig;
    const life = lifetimeOf(tls.ownCertificate);
    const about = { id: 'main', service: config };
    const { names, directory } = acme;
    if (life === undefined && !kept.awaited) observe({ kind: 'certificate-awaited', names, directory }, about);
    kept.awaited = true;
    const pauseMs = kept.notBefore - performance.now();
    if (pauseMs > 0) return pauseMs;
    const wanted = wantedOf(acme, users[0] as Serving);
    if (life !== undefined) {
      await askWindow(wanted, kept);
      const due = renewalTime(life, chanceOf(tls.ownCertificate?.fingerprint256 ?? ''), kept.window);
      if (Date.now() < due) return due - Date.now();
    }
    const step = await order(wanted, users);
    if (over) return 0;
    if (step.kind === 'busy') return pause(kept, BUSY_MS);
    const issued = step.kind === 'certificate' ? endOf(acme.folder) : undefined;
    if (issued !== undefined && issued > Date.now()) {
      Object.assign(kept, { failures: 0, notBefore: 0, window: undefined, askWindowAt: 0 });
      for (const each of users)
        observe({ kind: 'certificate-issued', names, directory, expires: issued }, { id: 'main', service: each.config });
      // one that is due again at once would be asked for without end
      return pause(kept, Math.min(LOOK_MS, (issued - Date.now()) / 20));
    }
    kept.failures += 1;
    const now = Date.now();
    const againMs = pauseAfter(kept.failures, Math.random(), life === undefined ? undefined : life.to - now);
    const text = step.kind === 'failed' ? step.text : step.kind === 'certificate' ? OUTDATED : 'an order without an end';
    const failure: EventOf<'certificate-not-issued'> = {
      kind: 'certificate-not-issued',
      names,
      directory,
      text,
      againMs,
      near: life === undefined || isNearEnd(life, now),
    };
    for (const each of users) observe(failure, { id: 'main', service: each.config });
    return pause(kept, againMs);
  };

  /** When what serves by now ends, in milliseconds since 1970; undefined: nobody uses the folder any more. */
  const endOf = (folder: string): number | undefined =>
    services()
      .find((each) => each.config.acme?.folder === folder)
      ?.tls.ownCertificate?.validToDate.getTime();

  const askWindow = async (wanted: CertificateWanted, kept: Kept): Promise<void> => {
    if (performance.now() < kept.askWindowAt) return;
    const answer = await process.ask({ kind: 'renewal-window', wanted });
    kept.window = answer?.kind === 'window' ? answer.window : undefined;
    kept.askWindowAt = performance.now() + (kept.window === undefined ? ASK_WINDOW_MS : kept.window.askAgainAt - Date.now());
  };

  const order = async (wanted: CertificateWanted, users: readonly Serving[]): Promise<Step> => {
    const first = stepOf(await process.ask({ kind: 'begin-order', wanted }));
    if (first.kind !== 'challenges') return taken(first, wanted, users);
    if (first.pem !== undefined) await give(users, wanted, CHALLENGE_FILE, first.pem);
    const last = stepOf(await process.ask({ kind: 'finish-order', order: first.order }));
    if (first.pem !== undefined) await give(users, wanted, CHALLENGE_FILE, undefined);
    return taken(last, wanted, users);
  };

  const taken = async (step: Step, wanted: CertificateWanted, users: readonly Serving[]): Promise<Step> => {
    if (step.kind === 'certificate') await give(users, wanted, CERTIFICATE_FILE, step.pem);
    return step;
  };

  /** What stands in the file by now is taken at once; whoever watches it finds nothing new then. */
  const give = async (users: readonly Serving[], { folder }: CertificateWanted, file: string, text: string | undefined): Promise<void> => {
    const path = join(folder, file);
    const names = new Set(users.map(({ config }) => config.name));
    const files = new Map(
      services()
        .filter(({ config }) => names.has(config.name))
        .flatMap((each) => [...each.files.tls]),
    );
    files.set(questionText('file', path), text === undefined ? GONE : { kind: 'value', value: Buffer.from(text) });
    if (text !== undefined) files.set(questionText('facts', path), { kind: 'value', value: PRIVATE });
    await take(files);
  };

  void look();
  return {
    lookAgain: () => {
      again = true;
      if (!looking) void look();
    },
    end: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}

function pause(kept: Kept, ms: number): number {
  kept.notBefore = performance.now() + ms;
  return ms;
}

/** Asking on and on would only use up what the directory allows. */
const OUTDATED = 'the new certificate has ended already by the clock of this machine: set the clock';
const ASK_WINDOW_MS = 6 * 3_600_000;
const PRIVATE = { isFile: true, isDirectory: false, mode: PRIVATE_FILE };
const GONE: FileAnswer = { kind: 'error', message: 'ENOENT: no such file or directory', code: 'ENOENT', errno: -2 };

function stepOf(answer: Awaited<ReturnType<ServiceProcess['ask']>>): Step {
  if (answer?.kind === 'order') return answer.step;
  return { kind: 'failed', text: 'the process that asks for certificates has just ended' };
}

function byFolder(services: readonly Serving[]): ReadonlyMap<string, readonly Serving[]> {
  return Map.groupBy(
    services.filter(({ config }) => config.acme !== undefined),
    ({ config }) => config.acme?.folder ?? '',
  );
}

function lifetimeOf(certificate: Served['tls']['ownCertificate']): Lifetime | undefined {
  return certificate === undefined ? undefined : { from: certificate.validFromDate.getTime(), to: certificate.validToDate.getTime() };
}

/** The same each time, another on each host. */
function chanceOf(fingerprint: string): number {
  return createHash('sha256').update(`${hostname()} ${fingerprint}`).digest().readUInt32BE(0) / 2 ** 32;
}

function wantedOf(
  { names, directory, email, binding, keyType, profile, caFile, http, ...places }: AcmeConfig,
  { tls, files }: Serving,
): CertificateWanted {
  const textOf = (path: string): string | undefined => {
    const answer = files.tls.get(questionText('file', path));
    return answer?.kind === 'value' && answer.value instanceof Uint8Array ? Buffer.from(answer.value).toString('latin1') : undefined;
  };
  const hmacKey = binding === undefined ? undefined : textOf(binding.keyFile)?.trim();
  return {
    names,
    directory,
    email,
    binding: binding === undefined || hmacKey === undefined ? undefined : { kid: binding.kid, hmacKey },
    keyType,
    profile,
    authority: caFile === undefined ? undefined : textOf(caFile),
    challenge: http === undefined ? 'tls-alpn-01' : 'http-01',
    accountFolder: places.accountFolder,
    folder: places.folder,
    current: tls.ownCertificate?.toString(),
  };
}
