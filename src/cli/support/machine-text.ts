/** The machine, the units and the processes of a bug report, in the words of the system. Nothing here throws. */
import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import type { Config } from '../../config/config.ts';
import { tryTool } from '../../gateway/machine/tools.ts';
import { findProgram } from '../../linux/files/find-program.ts';
import { opensslVersion } from '../../openssl/library/version.ts';
import { overcoatVersion, platformName } from '../../self.ts';
import { decodeText } from '../../text/raw-text.ts';

const UNITS = 'overcoat*';
/** What a unit may say of itself. Not its environment, and not its file, which may hold credentials. */
const UNIT_PROPERTIES = [
  'Id,ActiveState,SubState,Result,ExecMainStatus,NRestarts,MainPID,User,DynamicUser,FragmentPath,DropInPaths',
  'LimitNOFILE,LimitCORE,MemoryCurrent,MemoryMax,TasksMax,ActiveEnterTimestamp',
].join(',');
/** Beside the unit's own limits: what the kernel grants everybody. */
const KERNEL_LIMITS = [
  '/proc/sys/fs/nr_open',
  '/proc/sys/fs/file-max',
  '/proc/sys/net/core/somaxconn',
  '/proc/sys/net/ipv4/ip_local_port_range',
  '/proc/sys/net/ipv4/ip_unprivileged_port_start',
  '/proc/sys/kernel/pid_max',
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/cpu.max',
];
const PROCESS_FACTS = /^(?:Name|State|PPid|Uid|Gid|FDSize|VmPeak|VmRSS|Threads|SigIgn|CapEff|Seccomp)\b/;
const MEMORY_FACTS = /^(?:MemTotal|MemAvailable|SwapTotal)\b/;
const LOG_LINES = 500;
const LOG_BYTES = 256 * 1024;

export function versions(): readonly string[] {
  const system = matching('/etc/os-release', /^PRETTY_NAME=/).map((line) => line.slice('PRETTY_NAME='.length));
  return [
    `overcoat ${overcoatVersion()} on ${platformName()}`,
    `${opensslVersion()}, Node.js ${process.versions.node}`,
    `kernel ${release()}`,
    ...system,
  ];
}

export async function units(): Promise<readonly string[]> {
  if (findProgram('systemctl') === undefined) return ['no systemd here'];
  return [
    ...(await said('systemctl', ['list-units', '--all', '--plain', '--no-legend', '--no-pager', UNITS])),
    '',
    ...(await said('systemctl', ['show', '--no-pager', `--property=${UNIT_PROPERTIES}`, UNITS])),
  ];
}

/** Of this process, of the one in the pid file, and of the kernel. */
export function limits(config: Config | undefined): readonly string[] {
  const pid = pidOf(config);
  const running = pid === undefined ? ['no process in the pid file'] : [`process ${pid}:`, ...processFacts(pid)];
  return [
    ...running,
    '',
    'this command:',
    ...lines('/proc/self/limits'),
    '',
    `processors: ${availableParallelism()}`,
    ...matching('/proc/meminfo', MEMORY_FACTS),
    ...KERNEL_LIMITS.flatMap((path) => lines(path).map((line) => `${path}: ${line}`)),
  ];
}

/** The end of the file the configuration logs to, or of the journal of the units. */
export async function lastLogLines(config: Config | undefined): Promise<readonly string[]> {
  const file = config?.global.output;
  if (file !== undefined) {
    const found = lines(file);
    return found.length === 0 ? [`${file}: empty, or cannot be read`] : found.slice(-LOG_LINES);
  }
  if (findProgram('journalctl') === undefined) return ['no log file is configured, and there is no journal'];
  return said('journalctl', ['--no-pager', '--quiet', '--output=short-iso', `--lines=${LOG_LINES}`, `--unit=${UNITS}`]);
}

function pidOf(config: Config | undefined): number | undefined {
  const [text] = config?.global.pid === undefined ? [] : lines(config.global.pid);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function processFacts(pid: number): readonly string[] {
  return [...matching(`/proc/${pid}/status`, PROCESS_FACTS), ...lines(`/proc/${pid}/limits`)];
}

async function said(name: string, words: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await tryTool(name, words);
  return `${stdout}${stderr}`.trimEnd().split('\n');
}

function matching(path: string, pattern: RegExp): readonly string[] {
  return lines(path).filter((line) => pattern.test(line));
}

/** The last lines of a file, `LOG_BYTES` at most; none where it cannot be read. */
function lines(path: string): readonly string[] {
  try {
    const text = decodeText(readFileSync(path).subarray(-LOG_BYTES)).trimEnd();
    return text === '' ? [] : text.split('\n');
  } catch {
    return [];
  }
}
