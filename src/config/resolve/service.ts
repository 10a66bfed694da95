/**
 * One section becomes one `ServiceConfig`: its values, the defaults of a file, and the checks over several options, in the order in
 * which stunnel makes them, since `overcoat-stunnel` reports the first mistake only.
 */
import { withAcmeFiles } from '../acme-config.ts';
import type { Limits, ServiceConfig } from '../config.ts';
import { FILE_SERVICE } from '../defaults.ts';
import type { Problem } from '../problem.ts';
import type { Draft } from '../read/draft.ts';
import type { SourceLine } from '../read/parse.ts';
import { checkAcme, resolveAcme } from './acme.ts';
import { checkAlgorithms, knownSuites } from './algorithms.ts';
import { checkCommands } from './commands.ts';
import { warnAboutEffects } from './effects.ts';
import { checkEndpoints, checkExec, checkInetdOutput, checkTargets, resolveExec, resolveSockets } from './endpoints.ts';
import { checkProtocol, checkRedirect, resolveProtocol } from './protocol.ts';
import type { Report } from './report.ts';
import { createReport } from './report.ts';
import { warnAboutSafety } from './safety.ts';
import { resolveNames, resolveServerName, resolveVirtualHost } from './server-name.ts';
import { checkCertificate, checkPsk, checkTicketKeys, checkVersions, resolvePsk, resolveSessions, resolveTls } from './tls.ts';
import { checkListUrl, checkSubjectChecks, checkTrust, resolveRevocation, resolveTrust, resolveVerify } from './verification.ts';

export interface SectionContext {
  readonly name: string;
  /** The section's header; of a file without sections its first line. */
  readonly at: SourceLine;
  /** A file without sections. */
  readonly inetd: boolean;
  readonly strict: boolean;
  /** The file asks for `chroot`. */
  readonly jailed: boolean;
  /** The services above this one: only they can have it as a virtual host. */
  readonly earlier: readonly ServiceConfig[];
}

export interface ResolvedService {
  readonly service: ServiceConfig;
  readonly problems: readonly Problem[];
}

export function resolveService(draft: Draft, context: SectionContext): ResolvedService {
  const name = draft.one('service') ?? context.name;
  const report = createReport(draft, context.at, context.inetd ? 'Inetd mode' : `Service [${name}]`);
  const service = withAcmeFiles(buildService(draft, name, context, report));
  checkCertificate(draft, report);
  checkAcme(draft, service, context, report);
  checkSubjectChecks(draft, service.verify, report);
  checkProtocol(draft, report);
  checkRedirect(draft, service.verify.chain || service.verify.peer || service.verify.pins.length > 0, report);
  checkVersions(service.tls, report);
  checkCommands(draft, report);
  checkTicketKeys(draft, report);
  checkPsk(draft, report);
  checkListUrl(service, report);
  checkTrust(draft, service.verify, service.trust, report);
  checkTargets(service, report);
  checkEndpoints(draft, service, context.inetd, report);
  checkExec(draft, report);
  if (context.inetd) checkInetdOutput(draft, report);
  checkAlgorithms(service.tls, report);
  warnAboutEffects(draft, name, report);
  warnAboutSafety(service, draft, report);
  const tls = { ...service.tls, ciphersuites: knownSuites(service.tls.ciphersuites) };
  return { service: { ...service, tls }, problems: report.problems };
}

function buildService(draft: Draft, name: string, context: SectionContext, report: Report): ServiceConfig {
  const serverName = resolveServerName(draft);
  const delay = draft.one('delay') ?? FILE_SERVICE.delay;
  return {
    name,
    mode: draft.one('client') === true ? 'client' : 'server',
    origin: 'file',
    accept: draft.all('accept'),
    connect: draft.all('connect'),
    redirect: draft.all('redirect'),
    transparent: draft.one('transparent') ?? FILE_SERVICE.transparent,
    portMap: draft.one('portMap') ?? FILE_SERVICE.portMap,
    exec: resolveExec(draft),
    retryMs: draft.one('retry'),
    virtualHost: resolveVirtualHost(draft, context.earlier, report),
    unmatchedName: context.strict ? 'refuse' : 'primary',
    serverName,
    names: resolveNames(draft),
    alreadyTls: draft.one('alreadyTls') ?? FILE_SERVICE.alreadyTls,
    rtmpRewrite: draft.one('rtmpRewrite') ?? FILE_SERVICE.rtmpRewrite,
    tls: resolveTls(draft),
    trust: resolveTrust(draft),
    verify: resolveVerify(draft, serverName.kind === 'auto'),
    revocation: resolveRevocation(draft),
    reloadCerts: draft.one('reloadCerts') ?? FILE_SERVICE.reloadCerts,
    acme: resolveAcme(draft),
    sessions: resolveSessions(draft),
    psk: resolvePsk(draft),
    protocol: resolveProtocol(draft),
    proxy: { send: draft.one('proxySend') ?? 'no', accept: draft.one('proxyAccept') },
    targets: { refuse: context.strict ? 'special' : 'loopback', allow: draft.one('allowTargets') ?? [] },
    limits: resolveLimits(draft),
    silentMs: silentMs(draft),
    // Names that are looked up anew for every connection have no lasting order to rotate in.
    failover: delay ? 'prio' : (draft.one('failover') ?? FILE_SERVICE.failover),
    delay,
    local: draft.one('local'),
    reset: draft.one('reset') ?? FILE_SERVICE.reset,
    strictClose: draft.one('strictClose') ?? FILE_SERVICE.strictClose,
    libwrap: draft.one('libwrap') ?? FILE_SERVICE.libwrap,
    sockets: resolveSockets(draft),
    socketOwner: { uid: draft.one('setuid'), gid: draft.one('setgid') },
    logLevel: draft.one('debug')?.level ?? FILE_SERVICE.logLevel,
    logId: draft.one('logId') ?? FILE_SERVICE.logId,
    warnings: [],
  };
}

/** 0 is never. */
function silentMs(draft: Draft): number | undefined {
  const written = draft.one('silentAfter');
  return written === undefined ? FILE_SERVICE.silentMs : written === 0 ? undefined : written;
}

function resolveLimits(draft: Draft): Limits {
  const defaults = FILE_SERVICE.limits;
  return {
    busyMs: draft.one('TIMEOUTbusy') ?? defaults.busyMs,
    closeMs: draft.one('TIMEOUTclose') ?? defaults.closeMs,
    connectMs: draft.one('TIMEOUTconnect') ?? defaults.connectMs,
    redialMs: draft.one('redial') ?? defaults.redialMs,
    idleMs: draft.one('TIMEOUTidle') ?? defaults.idleMs,
    setupMs: draft.one('TIMEOUTsetup') ?? defaults.setupMs,
    clientsPerAddress: (draft.one('clientsPerAddress') ?? { most: defaults.clientsPerAddress }).most,
    handshakes: draft.one('handshakesPerSecond') ?? defaults.handshakes,
  };
}
