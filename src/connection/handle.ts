/**
 * One connection from accept to close. Read top to bottom: each line is a step, and its file is among the imports. Steps that most services
 * have no use for are left out here rather than inside: a function that may wait costs every connection something, also where it does not.
 */

import { OvercoatError } from '../errors.ts';
import type { NameResources } from '../names/resources.ts';
import { createNameResources } from '../names/resources.ts';
import type { CloseReason } from '../observe/events.ts';
import type { Target } from '../protocols/conversation.ts';
import type { TlsLeg } from '../tls/engine/engine.ts';
import { checkAccess, checkAccessMeanwhile } from './access/access.ts';
import { countProxied } from './access/proxied.ts';
import type { Sources } from './access/sources.ts';
import { findDestination, interceptedDestination, targetDestination } from './dial/destination.ts';
import { hasChoice, preferFormerTarget, rememberTarget } from './dial/former-target.ts';
import type { OwnPorts } from './dial/own-ports.ts';
import { dialProgram, upstreamIsProgram } from './dial/program-leg.ts';
import { dialUpstream } from './dial/upstream.ts';
import type { Life } from './life/life.ts';
import { repeatOpening } from './name/opening.ts';
import { learnServerName } from './name/server-name.ts';
import type { Accepted, Dialled, Learnt, Named, Service } from './record.ts';
import { clientEnd } from './record.ts';
import { relay } from './relay/relay.ts';
import { secureClient, secureUpstream } from './secure/handshake.ts';
import type { Dial } from './talk/negotiate.ts';
import { negotiationIn, protocolOf } from './talk/negotiate.ts';
import { readProxyHeader, sendProxyHeader } from './talk/proxy-header.ts';

/** What a connection may ask of the process it runs in. */
export interface ConnectionContext {
  readonly ownPorts: OwnPorts;
  /** Without: nothing is known from DNS, and pins are this process's alone. */
  readonly names?: NameResources;
  /** Without: nobody is counted. */
  readonly sources?: Sources;
}

const ALONE = createNameResources(undefined);

/** Runs one connection; never rejects. When it resolves both legs are ended and the `closed` event is out. */
export async function handleConnection(accepted: Accepted, service: Service, life: Life, context: ConnectionContext): Promise<CloseReason> {
  try {
    if (service.config.libwrap) await letIn(accepted, service, life);
    const outcome = service.config.mode === 'client' ? wrap(accepted, service, life, context) : unwrap(accepted, service, life, context);
    return life.close(await outcome);
  } catch (cause) {
    return life.close(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

async function letIn(accepted: Accepted, service: Service, life: Life): Promise<void> {
  await checkAccess(accepted, service, life);
  life.emit({ kind: 'accepted', client: accepted.client });
}

/** Client mode: plain in, TLS out. */
async function wrap(
  arrived: Accepted,
  configured: Service,
  life: Life,
  { ownPorts, names = ALONE, sources }: ConnectionContext,
): Promise<CloseReason> {
  const accepted = configured.config.proxy.accept === undefined ? arrived : await readProxyHeader(arrived, configured, life);
  countProxied(accepted, configured, life, sources);
  const destination = await findDestination(accepted, configured, ownPorts, life);
  const learnt = await learnServerName(accepted, destination, configured, life, names);
  if (learnt.passOn) return passOn(accepted, learnt, life);
  const { named, service, exchange } = learnt;
  const dialled = await reach(accepted, named, service, life);
  sendProxyHeader(dialled, accepted, service);
  const intercepted = () => interceptedDestination(accepted, ownPorts, life);
  const negotiation = negotiationIn(protocolOf(service, named), dialled, { accepted, service, life, intercepted });
  if (negotiation !== undefined) await negotiation.inClear();
  const upstream = await secureUpstream(dialled, named, service, life);
  if (negotiation !== undefined) await negotiation.insideTls('upstream', upstream, service);
  if (exchange !== undefined) await repeatOpening(upstream, exchange, life);
  return relay({ client: accepted.leg, upstream }, life);
}

/** The client speaks TLS itself: both legs carry its TLS, and what it verifies is its own affair. */
async function passOn(accepted: Accepted, { named, service }: Learnt, life: Life): Promise<CloseReason> {
  const dialled = await reach(accepted, named, service, life);
  return relay({ client: accepted.leg, upstream: dialled.leg }, life);
}

/** Server mode: TLS in, plain out. Whoever fails certificate authentication goes to `redirect` and nowhere else. */
async function unwrap(arrived: Accepted, primary: Service, life: Life, { ownPorts, sources }: ConnectionContext): Promise<CloseReason> {
  const accepted = primary.config.proxy.accept === undefined ? arrived : await readProxyHeader(arrived, primary, life);
  countProxied(accepted, primary, life, sources);
  const negotiation = negotiationIn(protocolOf(primary), undefined, { accepted, service: primary, life });
  if (negotiation !== undefined) await negotiation.inClear(dialOf(accepted, primary, undefined, life, ownPorts));
  const secured = await secureClient(accepted, primary, life, (chosen) => checkAccessMeanwhile(accepted, chosen, life));
  const { service } = secured;
  if (secured.challenged) return { kind: 'finished' };
  const dial = dialOf(accepted, secured.admitted ? service : redirected(service), secured.leg, life, ownPorts);
  if (secured.admitted && negotiation !== undefined) await negotiation.insideTls('client', secured.leg, service, dial);
  const upstream = (secured.admitted ? negotiation?.upstream : undefined) ?? (await dial());
  return relay({ client: secured.leg, upstream: upstream.leg }, life);
}

/** Server mode: how the upstream is dialled at this point of the connection. @param secured the client, once it is TLS */
function dialOf(accepted: Accepted, service: Service, secured: TlsLeg | undefined, life: Life, ownPorts: OwnPorts): Dial {
  return async (target?: Target): Promise<Dialled> => {
    const found = target === undefined ? await findDestination(accepted, service, ownPorts, life) : targetDestination(target);
    const destination = hasChoice(found) ? await preferFormerTarget(found, secured, service, life) : found;
    const dialled = await reach(accepted, { ...destination, serverName: undefined, source: 'none' }, service, life, secured);
    rememberTarget(dialled, destination, secured, service);
    sendProxyHeader(dialled, accepted, service, secured);
    return dialled;
  };
}

/** Whoever answers at the destination, or the program that stands in its place. */
function reach(accepted: Accepted, named: Named, service: Service, life: Life, secured?: TlsLeg): Promise<Dialled> {
  if (upstreamIsProgram(service.config)) return dialProgram(accepted, secured, service, life);
  return dialUpstream({ ...named, from: clientEnd(accepted) }, service, life);
}

function redirected({ redirect }: Service): Service {
  if (redirect === undefined) throw new OvercoatError('internal', 'a client that was not admitted got past its handshake');
  return redirect;
}
