/** The user a process runs as, for messages. */
import { userInfo } from 'node:os';

/** `nobody (uid 65534)`; the number alone where nobody knows its name (in a jail). */
export function currentUser(): string {
  const uid = process.geteuid?.() ?? 0;
  try {
    return `${userInfo().username} (uid ${uid})`;
  } catch {
    return `uid ${uid}`;
  }
}
