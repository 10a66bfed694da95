/** Temporary folders that disappear with their test, or with the process for what a whole file shares. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Anything that runs something at its end: a TestContext, or `{ after }` of node:test for a whole suite. */
export interface Ending {
  after(action: () => void | Promise<void>): void;
}

/** A new folder, readable by everyone (daemons under test drop their privileges), removed when `t` ends. */
export function tempFolder(t: Ending): string {
  const folder = makeFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let shared: string | undefined;

/** One folder per test process, removed at its exit: for certificates and other things made once. */
export function sharedFolder(): string {
  if (shared !== undefined) return shared;
  const folder = makeFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  shared = folder;
  return folder;
}

/** Writes `files` (relative path to content) below `folder`. Keys (`*.key`, `*key.pem`) get mode 600. @returns their absolute paths */
export function writeFiles<Name extends string>(folder: string, files: Readonly<{ [K in Name]?: string | Buffer }>): Record<Name, string> {
  const paths: [string, string][] = [];
  for (const [name, content] of Object.entries<string | Buffer | undefined>(files)) {
    if (content === undefined) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: name.endsWith('.key') || name.endsWith('key.pem') ? 0o600 : 0o644 });
    paths.push([name, path]);
  }
  return Object.fromEntries(paths) as Record<Name, string>;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-test-'));
  chmodSync(folder, 0o755);
  return folder;
}
