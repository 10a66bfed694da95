/** Is this a machine that can be a gateway at all: privileges, programs, container or host. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { findProgram } from '../../linux/files/find-program.ts';
import { hasCapability } from '../../linux/process/capabilities.ts';
import { firstLine, tryTool } from '../machine/tools.ts';
import type { Finding } from './finding.ts';
import { fault, ok, warning } from './finding.ts';

export function checkPrivileges(): Finding[] {
  return [
    hasCapability('CAP_NET_ADMIN')
      ? ok('privileges', 'CAP_NET_ADMIN is there')
      : fault('privileges', 'CAP_NET_ADMIN is missing', 'run as root'),
  ];
}

export async function checkPrograms(): Promise<Finding[]> {
  const missing = [
    ['nft', 'nftables'],
    ['ip', 'iproute2'],
  ].filter(([program = '']) => findProgram(program) === undefined);
  if (missing.length > 0) {
    return missing.map(([program, name]) => fault('programs', `${program} is not installed`, `install the package ${name}`));
  }
  const { code, stderr } = await tryTool('nft', ['list', 'tables']);
  if (code === 0) return [ok('programs', 'nft and ip are installed and the kernel answers')];
  return [fault('programs', `nft fails: ${firstLine(stderr)}`, 'run as root, on a kernel with nf_tables')];
}

/** Only packets that are routed into this network namespace can be intercepted. */
export function checkPlace(): Finding[] {
  const container = containerKind();
  if (container !== undefined) {
    return [
      warning(
        'container or host',
        `this is a ${container} container: only what is routed into its network namespace can be intercepted`,
        'give it the network of the host (docker run --network host --cap-add NET_ADMIN), or route the LAN to its address',
      ),
    ];
  }
  const own = namespaceOf('self');
  const first = namespaceOf('1');
  if (own !== undefined && first !== undefined && own !== first) {
    return [ok('container or host', 'a network namespace of its own on a host: only what is routed into it can be intercepted')];
  }
  return [ok('container or host', 'the network of the host')];
}

/** systemd and Podman say it in the environment of the first process, Docker leaves a file. */
function containerKind(): string | undefined {
  try {
    const variables = readFileSync('/proc/1/environ', 'latin1').split('\0');
    const named = variables.find((each) => each.startsWith('container='));
    if (named !== undefined) return named.slice('container='.length);
  } catch {
    // not root: nothing can be said
  }
  if (existsSync('/.dockerenv')) return 'Docker';
  return existsSync('/run/.containerenv') ? 'Podman' : undefined;
}

function namespaceOf(process: string): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/net`);
  } catch {
    return undefined;
  }
}
