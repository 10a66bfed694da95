/**
 * Which `accept` lines a start would not get, found without taking a port: each address is bound for a moment with a port of the
 * kernel's choice, and the services are held against each other. Whether somebody else has the port now is not asked, since that is
 * often the daemon whose configuration is looked at.
 */
import { existsSync, lstatSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { Address, ServiceConfig } from '../config/config.ts';
import { sentenceOf } from '../linux/errno-text.ts';
import type { Observe } from '../observe/events.ts';
import { bindAddress } from './binding.ts';
import { bindFailure } from './listener.ts';

export interface ForeseenFailure {
  /** Indexes: of the service, and of the line among its `accept` lines. */
  readonly service: number;
  readonly line: number;
  /** `ADDRESS: what is wrong; what to do`. */
  readonly text: string;
  /** The service would have no listener at all, and so the start would fail. */
  readonly fatal: boolean;
}

interface Taken {
  readonly host: string;
  /** 0 for a Unix socket, whose path is the host. */
  readonly port: number;
  readonly service: string;
  /** The device it is bound to (`socket = a:SO_BINDTODEVICE`): on another one the same address is free. */
  readonly device: string | undefined;
}

const { EADDRINUSE, ENOENT } = constants.errno;

/** In the order of the services, which is the order in which they would be bound. */
export async function foreseeListening(services: readonly ServiceConfig[]): Promise<readonly ForeseenFailure[]> {
  const taken: Taken[] = [];
  const failures: ForeseenFailure[] = [];
  for (const [service, config] of services.entries()) {
    const lost: { line: number; text: string }[] = [];
    let listens = false;
    for (const [line, address] of config.accept.entries()) {
      const found = await placesOf(address, config);
      const free = found.places.filter((place) => !taken.some((other) => overlap(place, other)));
      const busy = found.places.filter((place) => !free.includes(place));
      taken.push(...free);
      listens ||= free.length > 0;
      const texts = [...found.failures, ...busy.map((place) => busyText(place, taken))];
      if (free.length === 0) lost.push({ line, text: texts.join(', and ') });
    }
    failures.push(...lost.map((failure) => ({ ...failure, service, fatal: !listens })));
  }
  return failures;
}

interface Found {
  readonly places: readonly Taken[];
  readonly failures: readonly string[];
}

async function placesOf(address: Address, config: ServiceConfig): Promise<Found> {
  const device = deviceOf(config);
  const taken = (host: string, port: number): Taken => ({ host, port, service: config.name, device });
  if (address.kind === 'unix') {
    const errno = unixErrno(address.path);
    if (errno === undefined) return { places: [taken(address.path, 0)], failures: [] };
    return { places: [], failures: [bindFailure({ address: address.path, text: sentenceOf(errno), errno })] };
  }
  const failures: string[] = [];
  const observe: Observe = (event) => {
    if (event.kind === 'bind-failed') failures.push(bindFailure({ ...event, address: `${hostOf(event.address)}:${address.port}` }));
  };
  const bindings = await bindAddress({ ...address, port: 0 }, config, observe);
  for (const { bound } of bindings) bound.close();
  return { places: bindings.map(({ text, port }) => taken(hostOf(text), address.port === 0 ? port : address.port)), failures };
}

/** A socket there belongs to nobody, or to the daemon that a start would replace. */
function unixErrno(path: string): number | undefined {
  if (!existsSync(dirname(path))) return ENOENT;
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false ? EADDRINUSE : undefined;
}

/** A socket on all IPv6 addresses takes the IPv4 ones too. */
function overlap(a: Taken, b: Taken): boolean {
  if (a.port !== b.port || (a.device !== undefined && b.device !== undefined && a.device !== b.device)) return false;
  return a.host === b.host || a.host === '::' || b.host === '::' || takesAllOf(a, b) || takesAllOf(b, a);
}

function deviceOf({ sockets }: ServiceConfig): string | undefined {
  const value = sockets.accept.find(({ name }) => name === 'SO_BINDTODEVICE')?.value;
  return value?.kind === 'text' ? value.text : undefined;
}

function takesAllOf(all: Taken, one: Taken): boolean {
  return all.host === '0.0.0.0' && !isIPv6(one.host);
}

function busyText(place: Taken, taken: readonly Taken[]): string {
  const holder = taken.find((other) => overlap(place, other))?.service;
  const by = holder === place.service ? 'another accept line of this service' : `service [${holder}]`;
  const address = place.port === 0 ? place.host : `${place.host}:${place.port}`;
  return `${address}: ${sentenceOf(EADDRINUSE)} (${EADDRINUSE}); ${by} has it already`;
}

/** @param address `HOST:PORT`, IPv6 without brackets */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
