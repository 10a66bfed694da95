/**
 * Users and groups by name or number. Names are looked up while the configuration is read: inside a chroot, or without the name
 * service, it may be too late. /etc/passwd and /etc/group first; other sources of names (LDAP) by the system's own tools.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Parser } from './values.ts';
import { bad, decimal, good } from './values.ts';

/** Above it stand the values that mean `no change` to chown(2) and setuid(2). */
const LARGEST_ID = 4_294_967_294;

export const userId: Parser<number> = (text) => {
  const id = inFile('/etc/passwd', text) ?? smallNumber(text) ?? fromTool('id', ['-u', '--', text]);
  return id === undefined ? bad(`there is no user "${text}"; write a name or a number`, 'Illegal UID') : good(id);
};

export const groupId: Parser<number> = (text) => {
  const id = inFile('/etc/group', text) ?? smallNumber(text) ?? fromTool('getent', ['group', '--', text]);
  return id === undefined ? bad(`there is no group "${text}"; write a name or a number`, 'Illegal GID') : good(id);
};

/** Third field of the first line whose first field is `name`: the uid of passwd(5), the gid of group(5). */
function inFile(path: string, name: string): number | undefined {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  for (const line of content.split('\n')) {
    const fields = line.split(':');
    if (fields[0] === name && name !== '') return smallNumber(fields[2] ?? '');
  }
  return undefined;
}

/** The answer is a number alone, or a line whose third field is it. */
function fromTool(tool: string, args: readonly string[]): number | undefined {
  try {
    const answer = execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000 }).trim();
    return smallNumber(answer.includes(':') ? (answer.split(':')[2] ?? '') : answer);
  } catch {
    return undefined;
  }
}

function smallNumber(text: string): number | undefined {
  const value = decimal(text);
  return value === undefined || value > LARGEST_ID ? undefined : value;
}
