/**
 * Which `accept` lines a start would not get, found without taking a port: each address is bound for a moment with a port of the
 * kernel's choice, and the services are held against each other. Whether somebody else has the port now is not asked, since that is
 * often the daemon whose configuration is looked at.
 */
import type { DialAddress } from '../../address/dial-address.ts';
import { addressText } from '../../address/dial-address.ts';
import { isIpv6 } from '../../address/ip.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import { foreseeSocketFile } from '../../linux/sockets/unix-socket.ts';
import type { BindFailure } from './bind-failure.ts';
import { bindFailure, describedFailure, takenBy } from './bind-failure.ts';
import { bindAddress } from './binding.ts';
import { BoundAddresses } from './bound-addresses.ts';

export interface ForeseenFailure {
  /** Indexes: of the service, and of the line among its `accept` lines. */
  readonly service: number;
  readonly line: number;
  /** `ADDRESS: what is wrong; what to do`. */
  readonly text: string;
  /** The service would have no listener at all, and so the start would fail. */
  readonly fatal: boolean;
}

/** In the order of the services, which is the order in which they would be bound. */
export async function foreseeListening(services: readonly ServiceConfig[]): Promise<readonly ForeseenFailure[]> {
  const bound = new BoundAddresses();
  const failures: ForeseenFailure[] = [];
  for (const [service, config] of services.entries()) {
    const lost: { line: number; text: string }[] = [];
    for (const [line, address] of config.accept.entries()) {
      const found = await foreseeLine(address, config, bound);
      if (found.free === 0)
        lost.push({ line, text: found.failures.map((failure) => describedFailure(failure, config.name)).join(', and ') });
    }
    failures.push(...lost.map((failure) => ({ ...failure, service, fatal: lost.length === config.accept.length })));
  }
  return failures;
}

interface Found {
  /** How many addresses of the line would be had. */
  readonly free: number;
  readonly failures: readonly BindFailure[];
}

async function foreseeLine(address: Address, config: ServiceConfig, bound: BoundAddresses): Promise<Found> {
  const failures: BindFailure[] = [];
  let free = 0;
  for (const place of await placesOf(address, config, failures)) {
    const holder = bound.holderOf(place, config);
    if (holder !== undefined) {
      failures.push(takenBy(holder, addressText(place)));
      continue;
    }
    bound.add(place, config);
    free += 1;
  }
  return { free, failures };
}

/** The addresses that can be bound here, with the ports they would have. */
async function placesOf(address: Address, config: ServiceConfig, failures: BindFailure[]): Promise<readonly DialAddress[]> {
  if (address.kind === 'unix') {
    try {
      foreseeSocketFile(address.path);
      return [address];
    } catch (cause) {
      failures.push(bindFailure(address.path, cause));
      return [];
    }
  }
  const context = {
    observe: () => undefined,
    bound: new BoundAddresses(),
    failed: (failure: BindFailure) => failures.push(withPort(failure)),
  };
  const withPort = (failure: BindFailure): BindFailure => ({ ...failure, address: `${hostOf(failure.address)}:${address.port}` });
  const bindings = await bindAddress({ ...address, port: 0 }, config, context);
  for (const { bound } of bindings) bound.close();
  return bindings.map(({ text, port }) => {
    const host = hostOf(text);
    return { kind: 'tcp', host, port: address.port === 0 ? port : address.port, family: isIpv6(host) ? 6 : 4 };
  });
}

/** @param address `HOST:PORT`, IPv6 without brackets */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
