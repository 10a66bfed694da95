/** What this is, for `--version` and the first line of a log. */
import { readFileSync } from 'node:fs';

let version: string | undefined;

/** `0.1.0`, from package.json. */
export function overcoatVersion(): string {
  version ??= (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version;
  return version;
}

/** `x86_64-linux`, as a log line names the machine. */
export function platformName(): string {
  const machine = process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : process.arch;
  return `${machine}-${process.platform}`;
}
