/** Dials the destination: every address in turn, each for at most TIMEOUTconnect, and with `redial` all of them again. */
import type { DialAddress } from '../../address/dial-address.ts';
import { addressText, endText } from '../../address/dial-address.ts';
import type { Endpoint } from '../../address/endpoint.ts';
import { ipVersion } from '../../address/ip.ts';
import { OptionError, OvercoatError } from '../../errors.ts';
import type { FailedAttempt } from '../../failure-cause.ts';
import type { Dialling } from '../../sockets/dial.ts';
import { dial } from '../../sockets/dial.ts';
import type { TellSetting } from '../../sockets/socket-settings.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { Life } from '../life/life.ts';
import type { Dialled, Named, Service } from '../record.ts';

/**
 * Ends what was dialled for this connection before. Where no address answers all are tried again, those that the names of `connect` have by then, as
 * long as `redial` says.
 * @throws OvercoatError `upstream_refused` or `upstream_timeout` when no address answered, `socket_option` when none could be asked as the user wants it
 */
export async function dialUpstream(named: Named, service: Service, life: Life): Promise<Dialled> {
  life.enter('dial');
  life.disown('upstream');
  if (named.entry !== undefined) life.emit({ kind: 'failover', strategy: service.config.failover, entry: named.entry });
  const { redialMs } = service.config.limits;
  const begunAt = performance.now();
  let { addresses } = named;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const outcome = await dialEach({ ...named, addresses }, service, life);
    if (!('failed' in outcome)) return outcome;
    if (isTarget(service)) service.targets.refresh();
    const leftMs = redialMs - (performance.now() - begunAt);
    if (leftMs <= 0) {
      life.emit({ kind: 'no-more-addresses' });
      throw withAttempts(outcome, performance.now() - begunAt);
    }
    const waitMs = Math.min(pauseMs, leftMs);
    life.emit({ kind: 'redialling', inMs: waitMs, leftMs });
    await pause(waitMs, life);
    const again = (await named.again?.()) ?? [];
    if (again.length > 0) addresses = again; // names may have moved
  }
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

interface Failed {
  readonly failed: OvercoatError;
  readonly attempts: readonly FailedAttempt[];
}

/** Every address once. */
async function dialEach(named: Named, service: Service, life: Life): Promise<Dialled | Failed> {
  const kept = service.config.mode === 'server' && life.reached('handshake');
  let failed: OvercoatError | undefined;
  const attempts: FailedAttempt[] = [];
  for (const address of named.addresses) {
    life.emit({ kind: 'connecting', address: addressText(address) });
    const begunAt = performance.now();
    try {
      const dialling = open(address, named.from, service, life);
      const { leg } = dialling;
      life.own('upstream', leg);
      if (address.kind === 'tcp') named.loops?.sockets.watch(leg, address, named.loops.hops);
      await connected(dialling, address, service, life);
      service.targets.health.answered(address);
      life.emit({
        kind: 'upstream-connected',
        address: addressText(address),
        local: endText(leg.local),
        kept,
        ms: performance.now() - begunAt,
      });
      return { leg, address };
    } catch (cause) {
      if (life.ended) throw cause;
      life.disown('upstream');
      failed = report(cause, address, life);
      attempts.push(attemptOf(failed, cause, address));
      if (isTarget(service)) service.targets.health.failed(address);
    }
  }
  return { failed: failed ?? new OvercoatError('upstream_unresolved', 'No remote host resolved'), attempts };
}

function attemptOf(failed: OvercoatError, cause: unknown, address: DialAddress): FailedAttempt {
  const where = { address: addressText(address) };
  if (failed.code === 'upstream_timeout') return { ...where, call: '', text: 'no answer', errno: 0 };
  if (cause instanceof OptionError) return { ...where, call: cause.option, text: cause.message, errno: 0 };
  return { ...where, call: callOf(cause), ...describeSystemError(cause) };
}

function callOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).syscall ?? 'connect';
}

/** The last failure, with all that led to it. */
function withAttempts({ failed, attempts }: Failed, triedMs: number): OvercoatError {
  return new OvercoatError(failed.code, failed.message, failed.cause, { kind: 'unreachable', attempts, triedMs });
}

/** Nothing happens for so long, unless the client leaves or the connection ends. */
async function pause(limitMs: number, life: Life): Promise<void> {
  const over = new Error('the pause is over');
  try {
    await life.wait<never>({ on: 'upstream', limitMs, expired: () => over }, () => life.heed('client'));
  } catch (cause) {
    if (cause !== over) throw cause;
  }
}

/** @throws NodeJS.ErrnoException where the socket cannot be made as the service wants it */
function open(address: DialAddress, from: Endpoint | undefined, service: Service, life: Life): Dialling {
  if (address.kind === 'unix') return dial({ path: address.path });
  const { config } = service;
  const local = localAddressFor(address, service);
  const source = config.transparent.source && local === undefined ? clientAddress(address, from, service) : undefined;
  const { remote, remoteNoDelay } = config.sockets;
  const tell: TellSetting = (outcome) => life.emit(outcome);
  return dial({ address: { address: address.host, port: address.port }, local, source, settings: remote, noDelay: remoteNoDelay, tell });
}

/** `local`: never another address than that, also where it has none of the target's family. */
function localAddressFor({ host, family }: DialAddress & { readonly kind: 'tcp' }, { config, targets }: Service): string | undefined {
  if (config.local === undefined) return undefined;
  const address = targets.localFor(family);
  if (address === undefined)
    throw new OptionError('upstream_refused', 'local', `local = ${config.local}: no IPv${family} address to reach ${host} from`);
  return address;
}

/** Of an intercepted client the port is not kept: its connection to us has the same four-tuple. */
function clientAddress(
  { host, family }: DialAddress & { readonly kind: 'tcp' },
  from: Endpoint | undefined,
  { config }: Service,
): Endpoint {
  if (from === undefined || ipVersion(from.address) !== family) {
    const text = `transparent = source: the client has no IPv${family} address to reach ${host} from`;
    throw new OptionError('upstream_refused', 'transparent', text);
  }
  return config.transparent.destination ? { address: from.address, port: 0 } : from;
}

/** Only the targets of `connect` are remembered: an intercepted destination is the client's affair. */
function isTarget({ config }: Service): boolean {
  return config.connect.length > 0;
}

/** `TIMEOUTconnect = 0` reaches what answers at once, as in stunnel: no less than the least that can be written otherwise. */
const LEAST_CONNECT_MS = 1000;

function connected(dialling: Dialling, address: DialAddress, service: Service, life: Life): Promise<void> {
  const expired = () => new OvercoatError('upstream_timeout', `s_connect: s_poll_wait ${addressText(address)}: TIMEOUTconnect exceeded`);
  const limitMs = Math.max(LEAST_CONNECT_MS, service.config.limits.connectMs);
  return life.wait<void>({ on: 'upstream', limitMs, expired }, (done) => dialling.onConnected(done));
}

function report(cause: unknown, address: DialAddress, life: Life): OvercoatError {
  if (cause instanceof OvercoatError) {
    if (cause.code === 'upstream_timeout') life.emit({ kind: 'connect-timeout', address: addressText(address) });
    else life.emit({ kind: 'connect-refused', address: addressText(address), code: cause.code, text: cause.message });
    return cause;
  }
  const { text, errno } = describeSystemError(cause);
  const call = callOf(cause);
  life.emit({ kind: 'connect-failed', address: addressText(address), call, text, errno });
  const code = call.startsWith('setsockopt') ? 'socket_option' : 'upstream_refused';
  return new OvercoatError(code, `s_connect: ${call} ${addressText(address)}: ${text} (${errno})`, cause);
}
