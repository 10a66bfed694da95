/** What is kept of accounts and certificates: private folders, and files that are whole or not there. */
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** With those above it, for its owner alone. @throws NodeJS.ErrnoException */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
}

/** In the place of what is there, at once; on the disk when it resolves. @throws NodeJS.ErrnoException */
export async function store(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

/** @returns undefined where there is none */
export async function stored(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Removes a file that may be gone already. @throws NodeJS.ErrnoException */
export async function forget(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

/** The first certificate in PEM text; undefined where there is none that can be read. */
export function leafIn(pem: string | undefined): X509Certificate | undefined {
  const begin = pem?.indexOf('-----BEGIN CERTIFICATE-----') ?? -1;
  if (pem === undefined || begin < 0) return undefined;
  try {
    return new X509Certificate(pem.slice(begin));
  } catch {
    return undefined;
  }
}
