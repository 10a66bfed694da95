/**
 * What the tests start, named to them by its folder of commands (test/support/overcoat/checkout.ts). `npm test -- --dist KIND` builds
 * what `npm run package` builds and puts it where its user would have it; every other run of tests that start the program makes the npm package
 * of the checkout, whose one file starts with two thirds of the CPU time that the checkout's 370 modules take.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeDebs } from '../package/deb.ts';
import { licencesOfSingle } from '../package/licences.ts';
import { installedMachine } from '../package/machines.ts';
import { stagePackage } from '../package/npm-package.ts';
import { writeSingle } from '../package/single.ts';
import { ROOT } from '../sources.ts';

/** Kind -> how it is put into an empty folder. @returns the folder with the commands */
const INSTALLERS = {
  npm: async (folder) => {
    const root = join(folder, 'lib/node_modules/overcoat');
    await installPackage(root);
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['overcoat', 'overcoat-stunnel']) symlinkSync(join(root, 'bin', name), join(bin, name));
    return bin;
  },
  single: async (folder) => {
    await writeSingle(installedMachine(), join(folder, 'overcoat'));
    symlinkSync('overcoat', join(folder, 'overcoat-stunnel'));
    return folder;
  },
  deb: async (folder) => {
    const executable = join(folder, 'single');
    const licences = licencesOfSingle(await writeSingle(installedMachine(), executable));
    const { debian: architecture } = installedMachine();
    const files = writeDebs(folder, { executable, architecture, revision: 1, licences, time: 0 });
    for (const file of files) execFileSync('dpkg-deb', ['--extract', join(folder, file), join(folder, 'root')]);
    return join(folder, 'root/usr/bin');
  },
} as const satisfies Readonly<Record<string, (folder: string) => Promise<string>>>;

/** @param folder where there is none yet @throws Error where there is no such kind, or it cannot be built */
export async function installDist(kind: string, folder: string): Promise<NodeJS.ProcessEnv> {
  const install = Object.entries(INSTALLERS).find(([name]) => name === kind)?.[1];
  if (install === undefined) throw new Error(`--dist takes one of: ${Object.keys(INSTALLERS).join(', ')}`);
  makeOpen(folder);
  return { OVERCOAT_TEST_DIST: kind, OVERCOAT_TEST_BIN: await install(folder) };
}

/** For a run that is about the checkout: tests that need its sources are not skipped. @param folder where there is none yet */
export async function installBundle(folder: string): Promise<NodeJS.ProcessEnv> {
  makeOpen(folder);
  await installPackage(folder);
  return { OVERCOAT_TEST_BIN: join(folder, 'bin') };
}

/** The packages it asks for are those of the checkout; what the runtime keeps of it goes with the folder. */
async function installPackage(root: string): Promise<void> {
  await stagePackage(root);
  const packages = join(root, 'node_modules');
  mkdirSync(packages);
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => each !== '.cache')) {
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
  }
}

/** Daemons under test change their user. */
function makeOpen(folder: string): void {
  mkdirSync(folder);
  for (const each of [folder, join(folder, '..')]) chmodSync(each, 0o755);
}
