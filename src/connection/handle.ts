/** One connection from accept to close. Read top to bottom: each step is the file named after it. */
import type { TLSSocket } from 'node:tls';
import { OvercoatError } from '../errors.ts';
import type { NameResources } from '../names/resources.ts';
import { createNameResources } from '../names/resources.ts';
import type { CloseReason } from '../observe/events.ts';
import type { Target } from '../protocols/conversation.ts';
import { checkAccess } from './access.ts';
import { findDestination, interceptedDestination, targetDestination } from './destination.ts';
import { clientEnds } from './endpoints.ts';
import { preferFormerTarget, rememberTarget } from './former-target.ts';
import { secureClient, secureUpstream } from './handshake.ts';
import type { Life } from './life.ts';
import { Negotiation, NOTHING_EARLY, protocolOf } from './negotiate.ts';
import { repeatOpening } from './opening.ts';
import type { OwnPorts } from './own-ports.ts';
import { dialProgram, upstreamIsProgram } from './program-leg.ts';
import { readProxyHeader, sendProxyHeader } from './proxy-header.ts';
import type { Accepted, Dialled, Learnt, Named, Service } from './record.ts';
import { relay } from './relay.ts';
import { learnServerName } from './server-name.ts';
import type { DialKind } from './upstream.ts';
import { dialUpstream } from './upstream.ts';
import { chooseVirtualHost } from './virtual-host.ts';

/** What a connection may ask of the process it runs in. */
export interface Surroundings {
  readonly ownPorts: OwnPorts;
  /** Without: nothing is known from DNS, and pins are this process's alone. */
  readonly names?: NameResources;
}

const ALONE = createNameResources(undefined);

/** Runs one connection; never rejects. When it resolves both sockets are ended and the `closed` event is out. */
export async function handleConnection(accepted: Accepted, service: Service, life: Life, around: Surroundings): Promise<CloseReason> {
  try {
    if (service.config.libwrap) await letIn(accepted, service, life);
    const outcome = service.config.mode === 'client' ? wrap(accepted, service, life, around) : unwrap(accepted, service, life, around);
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
async function wrap(arrived: Accepted, configured: Service, life: Life, { ownPorts, names = ALONE }: Surroundings): Promise<CloseReason> {
  const accepted = await readProxyHeader(arrived, configured, life);
  const destination = await findDestination(accepted, configured, ownPorts, life);
  const learnt = await learnServerName(accepted, destination, configured, life, names);
  if (learnt.passOn) return passOn(accepted, learnt, life);
  const { named, service } = learnt;
  const protocol = protocolOf(service, named);
  const speaksFirst = protocol !== undefined || service.config.proxy.send !== 'no' || service.config.strictClose;
  const dialled = await reach(accepted, named, speaksFirst ? 'plain' : 'tls', service, life);
  sendProxyHeader(dialled, accepted, service);
  const intercepted = () => interceptedDestination(accepted, ownPorts, life);
  const negotiation = new Negotiation(protocol, dialled, { accepted, service, life, intercepted });
  await negotiation.inClear();
  const upstream = await secureUpstream(dialled, named, service, life);
  const early = await negotiation.insideTls('upstream', upstream);
  await repeatOpening(upstream, learnt.exchange, life);
  const client = { socket: accepted.socket, early: early.client ?? learnt.early };
  return relay({ client, upstream: { socket: upstream, early: early.upstream }, tlsSide: 'upstream' }, life);
}

/** The client speaks TLS itself: both legs carry its TLS, and what it verifies is its own affair. */
async function passOn(accepted: Accepted, { named, service, early }: Learnt, life: Life): Promise<CloseReason> {
  const dialled = await reach(accepted, named, 'plain', service, life);
  return relay({ client: { socket: accepted.socket, early }, upstream: dialled, tlsSide: 'upstream' }, life);
}

/** Server mode: TLS in, plain out. */
async function unwrap(arrived: Accepted, primary: Service, life: Life, { ownPorts }: Surroundings): Promise<CloseReason> {
  const accepted = await readProxyHeader(arrived, primary, life);
  const protocol = protocolOf(primary);
  let service = primary;
  let secured: TLSSocket | undefined;
  const dial = async (target?: Target): Promise<Dialled> => {
    const found = target === undefined ? await findDestination(accepted, service, ownPorts, life) : targetDestination(target);
    const destination = await preferFormerTarget(found, secured, service, life);
    const named: Named = { ...destination, serverName: undefined, source: 'none' };
    const dialled = await reach(accepted, named, 'plain', service, life, secured);
    rememberTarget(dialled, destination, secured, service);
    sendProxyHeader(dialled, accepted, service, secured);
    return dialled;
  };
  const negotiation = new Negotiation(protocol, undefined, { accepted, service, life, dial });
  await negotiation.inClear();
  service = await chooseVirtualHost(accepted, primary, life);
  if (service !== primary) await checkAccess(accepted, service, life);
  const { socket, admitted } = await secureClient(accepted, service, life);
  secured = socket;
  if (!admitted) service = redirected(service);
  const early = admitted ? await negotiation.insideTls('client', secured) : NOTHING_EARLY;
  const upstream = (admitted ? negotiation.upstream : undefined) ?? (await dial());
  const client = { socket: secured, early: early.client };
  return relay({ client, upstream: { ...upstream, early: early.upstream }, tlsSide: 'client' }, life);
}

/** Whoever answers at the destination, or the program that stands in its place. */
function reach(accepted: Accepted, named: Named, kind: DialKind, service: Service, life: Life, secured?: TLSSocket): Promise<Dialled> {
  if (upstreamIsProgram(service.config)) return dialProgram(accepted, secured, service, life);
  return dialUpstream({ ...named, from: clientEnds(accepted).source }, kind, service, life);
}

/** Who failed certificate authentication goes there and nowhere else. */
function redirected({ redirect }: Service): Service {
  if (redirect === undefined) throw new OvercoatError('internal', 'a client that was not admitted got past its handshake');
  return redirect;
}
