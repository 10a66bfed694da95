/** What programs that make control groups leave behind when they are killed. */
import { eventually } from './eventually.ts';
import { runProgram } from './program.ts';

/** Removes every control group whose name begins so, and those in it, once no process is left in them. */
export async function removeControlGroups(name: string): Promise<void> {
  const script = `find /sys/fs/cgroup -depth -path '*/${name}*' -type d -exec rmdir {} +`;
  await eventually(`nothing is left of ${name}`, async () => (await runProgram(['sh', '-c', script])).code === 0);
}
