/** Devices that are named on the command line: whether they can be meant, told before anything is changed. */
import { networkInterfaces } from 'node:os';
import { OvercoatError } from '../../errors.ts';
import { networkDevices } from './kernel-parameters.ts';

/** @throws OvercoatError `gateway_rules` for the first that is not there */
export function refuseMissingDevices(devices: readonly string[]): void {
  const there = networkDevices();
  const missing = devices.find((device) => !there.includes(device));
  if (missing !== undefined) throw new OvercoatError('gateway_rules', `--from ${missing}: ${noSuchDevice(there)}`);
}

/** Said of a device that is missing, by a start and by the doctor alike. @param there all that this machine has */
export function noSuchDevice(there: readonly string[]): string {
  const useful = there.filter((device) => device !== 'lo');
  return `there is no such device; there are: ${useful.length === 0 ? 'none but lo' : useful.join(', ')}`;
}

/** As people write them: without zones, and link-local ones left out where there are others. */
export function addressesOf(device: string): readonly string[] {
  const all = (networkInterfaces()[device] ?? []).map(({ address }) => address);
  const global = all.filter((address) => !address.startsWith('fe80:'));
  return global.length > 0 ? global : all;
}

/** The device that has the address; undefined for none. */
export function deviceWith(address: string): string | undefined {
  const entries = Object.entries(networkInterfaces());
  return entries.find(([, addresses]) => addresses?.some((each) => each.address === address) === true)?.[0];
}
