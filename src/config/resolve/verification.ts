/** Who is trusted: the several ways to ask for verification become one `VerifyConfig`, and what they need is checked. */
import type { ServiceConfig } from '../config.ts';
import { FILE_SERVICE } from '../defaults.ts';
import type { Draft } from '../read/draft.ts';
import type { RevocationConfig, TrustConfig, VerifyConfig } from '../tls-config.ts';
import type { Report } from './report.ts';

type Asked = Pick<VerifyConfig, 'request' | 'require' | 'chain' | 'peer'>;

const NO_CA = 'Either "CAengine", "CAfile" or "CApath" has to be configured';
const NO_VERIFICATION = 'Either "verifyChain" or "verifyPeer" has to be enabled';

/** @param learnsNames sni = auto: the learnt name is verified when nothing else names the peer */
export function resolveVerify(draft: Draft, learnsNames: boolean): VerifyConfig {
  const asked = askedFor(draft);
  const pins = draft.all('pin');
  const checkHost = draft.all('checkHost');
  const checkIp = draft.all('checkIP');
  const checkEmail = draft.all('checkEmail');
  const checkUri = draft.all('checkURI');
  const checks = checkHost.length + checkIp.length + checkEmail.length + checkUri.length;
  return {
    ...asked,
    request: asked.request || pins.length > 0,
    require: asked.require || pins.length > 0,
    checkHost,
    checkIp,
    checkEmail,
    checkUri,
    serverName: learnsNames && asked.chain && checks === 0,
    pins,
    profile: draft.one('certProfile') ?? FILE_SERVICE.verify.profile,
  };
}

/** In place of a file: the system's own store, wherever this distribution keeps it. A file of that name is `./system`. */
const SYSTEM_STORE = 'system';

export function resolveTrust(draft: Draft): TrustConfig {
  const caFile = draft.one('CAfile');
  const system = caFile === SYSTEM_STORE;
  return { system, caFile: system ? undefined : caFile, caPath: draft.one('CApath'), caStore: draft.one('CAstore') };
}

export function resolveRevocation(draft: Draft): RevocationConfig {
  const defaults = FILE_SERVICE.revocation;
  return {
    crlFile: draft.one('CRLfile'),
    crlUrl: draft.one('CRLurl'),
    crlPath: draft.one('CRLpath'),
    crlCheck: draft.one('crlCheck') ?? defaults.crlCheck,
    ocsp: {
      url: draft.one('OCSP'),
      aia: draft.one('OCSPaia') ?? defaults.ocsp.aia,
      nonce: draft.one('OCSPnonce') ?? defaults.ocsp.nonce,
      require: draft.one('OCSPrequire') ?? defaults.ocsp.require,
      flags: [...new Set(draft.all('OCSPflag'))],
      timeoutMs: draft.one('TIMEOUTocsp') ?? defaults.ocsp.timeoutMs,
    },
  };
}

/** What the subject of the peer's certificate is checked for. */
export const SUBJECT_CHECKS = ['checkEmail', 'checkHost', 'checkIP', 'checkURI'] as const;

/** A check of the subject means nothing as long as anybody may have signed it. */
export function checkSubjectChecks(draft: Draft, verify: VerifyConfig, report: Report): void {
  for (const option of SUBJECT_CHECKS) {
    if (!draft.isWritten(option) || verify.chain || verify.peer || verify.pins.length > 0) continue;
    report.error(option, 'it needs verifyChain = yes, verifyPeer = yes or pin, since anybody can write any name', NO_VERIFICATION);
    return;
  }
}

/** A list that is fetched needs a place, somebody who has signed it, and to be taken. */
export function checkListUrl({ revocation, reloadCerts, trust }: ServiceConfig, report: Report): void {
  if (revocation.crlUrl === undefined) return;
  const named = trust.system || trust.caFile !== undefined || trust.caPath !== undefined || trust.caStore !== undefined;
  const missing =
    revocation.crlFile === undefined ? 'CRLfile, where it is kept' : !named ? 'CAfile, whose authorities have signed it' : undefined;
  if (missing !== undefined) report.error('CRLurl', `it needs ${missing}`, `"CRLurl" needs ${missing}`);
  else if (reloadCerts === 'no')
    report.error('CRLurl', 'it needs reloadCerts = watch, so that what was fetched is taken', '"CRLurl" needs "reloadCerts"');
}

export function checkTrust(draft: Draft, verify: VerifyConfig, trust: TrustConfig, report: Report): void {
  if (!verify.chain && !verify.peer) return;
  if (trust.system || trust.caFile !== undefined || trust.caPath !== undefined || trust.caStore !== undefined) return;
  if (draft.isWritten('CAengine')) return;
  const option = (['verifyChain', 'verifyPeer', 'verify'] as const).find((name) => draft.isWritten(name)) ?? 'verify';
  report.error(
    option,
    'there is nothing to verify against; name the certificates to trust with CAfile (CAfile = system: those the system trusts) or CApath',
    NO_CA,
  );
}

/** The last line about each of the four wins, as stunnel has it: verifyChain = yes demands a certificate until requireCert = no. */
function askedFor(draft: Draft): Asked {
  const steps = [
    ...draft.entries('verify').map(({ order, value }) => ({ order, change: verifyLevel(value) })),
    ...draft.entries('verifyChain').map(({ order, value }) => ({ order, change: demanding({ chain: value }, value) })),
    ...draft.entries('verifyPeer').map(({ order, value }) => ({ order, change: demanding({ peer: value }, value) })),
    ...draft.entries('requireCert').map(({ order, value }) => ({ order, change: value ? demanding({}, true) : { require: false } })),
  ].sort((a, b) => a.order - b.order);
  return Object.assign({ request: false, require: false, chain: false, peer: false }, ...steps.map((step) => step.change));
}

/** 0 ask only, 1 chain if there is a certificate, 2 chain, 3 chain and peer, 4 peer. */
function verifyLevel(level: number): Asked {
  return { request: true, require: level >= 2, chain: level >= 1 && level <= 3, peer: level >= 3 };
}

function demanding(change: Partial<Asked>, demands: boolean): Partial<Asked> {
  return demands ? { ...change, request: true, require: true } : change;
}
