/** `overcoat pin --list` and `--remove ENTRY`: the keys that were pinned at first use. */
import { defaultPinStore } from '../../config/defaults.ts';
import { OvercoatError } from '../../errors.ts';
import { PinStore } from '../../names/pins/pin-store.ts';
import { printableJson } from '../../text/printable.ts';
import { systemErrorText } from '../../text/system-error.ts';
import { print, printError } from '../terminal/print.ts';

/** One line a pin, in the order in which they were learnt. */
export async function pinList(store: string | undefined, json: boolean): Promise<number> {
  const file = store ?? ownStore();
  const pins = await readStore(file, (pinStore) => pinStore.list());
  if (json) {
    print(`${printableJson(pins, 2)}\n`);
    return 0;
  }
  if (pins.length === 0) print(`no keys are pinned in ${file}\n`);
  const width = Math.max(0, ...pins.map(({ destination }) => destination.length));
  for (const { destination, digest, first, until } of pins) {
    print(`${destination.padEnd(width)}  sha256:${digest}  first seen ${day(first)}, certificate ends ${day(until)}\n`);
  }
  return 0;
}

/** @param entry `ADDRESS:PORT`, for all its keys, or `sha256:KEY`, wherever it is pinned */
export async function pinRemove(store: string | undefined, entry: string): Promise<number> {
  const file = store ?? ownStore();
  const removed = await readStore(file, (pinStore) => pinStore.remove(entry));
  for (const { destination, digest } of removed) print(`removed ${destination} sha256:${digest}\n`);
  if (removed.length > 0) return 0;
  printError(`${entry} is not in ${file}; see overcoat pin --list`);
  return 1;
}

async function readStore<T>(file: string, use: (store: PinStore) => Promise<T>): Promise<T> {
  try {
    return await use(new PinStore(file));
  } catch (cause) {
    const text = systemErrorText(cause);
    throw new OvercoatError('config_unreadable', text.includes(file) ? text : `${file}: ${text}`, cause);
  }
}

function ownStore(): string {
  return defaultPinStore(process.getuid?.() === 0, process.env);
}

function day(time: string): string {
  return time === '' ? 'unknown' : time.slice(0, 10);
}
