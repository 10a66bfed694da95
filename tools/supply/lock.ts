/** What package-lock.json and .npmrc must say so that what is installed is what was looked at, whoever installs it. */

export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  /** Where it was fetched; npm leaves it out for its own registry when told to. */
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

/** Packages by their path (`node_modules/NAME`); that of the project itself is ''. */
export type Lock = Readonly<Record<string, LockedPackage>>;

const REGISTRY = 'https://registry.npmjs.org/';
/** Packages that have an install script, which is never run (.npmrc), and why they work without. */
const SCRIPTS: Readonly<Record<string, string>> = {
  koffi: 'its compiled parts are packages of their own',
  esbuild: 'the script only saves the start of a process',
};

/** @returns each breach as one sentence; none for a lock file that is as it should be */
export function lockFaults(lock: Lock, npmrc: string): string[] {
  const packages = Object.entries(lock).filter(([path]) => path !== '');
  const settings = npmrc.split('\n').map((line) => line.trim());
  return [
    ...(packages.length === 0 ? ['package-lock.json: names no package'] : []),
    ...packages.flatMap(([path, locked]) => packageFaults(path, locked)),
    ...Object.keys(SCRIPTS)
      .filter((name) => !packages.some(([path, { hasInstallScript }]) => nameOf(path) === name && hasInstallScript === true))
      .map((name) => `${name} has no install script any more: take it from SCRIPTS of tools/supply/lock.ts`),
    ...(settings.includes('ignore-scripts=true')
      ? []
      : ['.npmrc: ignore-scripts=true is missing: packages could run code when they are installed']),
    ...settings
      .filter((line) => /^(?:@[^:]*:)?registry\s*=/.test(line))
      .map((line) => `.npmrc: ${line}: packages come from npm's own registry`),
    ...settings.filter((line) => /^strict-ssl\s*=\s*false/.test(line)).map((line) => `.npmrc: ${line}: anybody between could answer`),
  ];
}

function packageFaults(path: string, { version, integrity, resolved, hasInstallScript }: LockedPackage): string[] {
  const about = `package-lock.json: ${path}`;
  return [
    ...(version === undefined ? [`${about} has no version`] : []),
    ...(integrity?.startsWith('sha512-') === true
      ? []
      : [`${about} has no SHA-512 checksum: remove it from the lock file and run \`npm install\``]),
    ...(resolved === undefined || resolved.startsWith(REGISTRY) ? [] : [`${about} comes from ${resolved}, not from ${REGISTRY}`]),
    ...(hasInstallScript === true && SCRIPTS[nameOf(path)] === undefined
      ? [`${about} has an install script: see that it works without, and say so in SCRIPTS of tools/supply/lock.ts`]
      : []),
  ];
}

/** Of the innermost `node_modules/`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
