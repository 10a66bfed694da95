/** The real `overcoat gateway` on the middle host of a test network, and everything about a machine that it may change. */
import type { Stored } from '../data/certificates.ts';
import { authority, store } from '../data/certificates.ts';
import type { Host, ThreeHosts } from '../net/netns.ts';
import { startNginx } from '../peers/nginx.ts';
import type { Finished, Program } from '../program.ts';
import { runProgram } from '../program.ts';
import type { Ending } from '../temp.ts';
import { tempFolder } from '../temp.ts';
import { BIN } from './checkout.ts';
import type { Daemon } from './daemon.ts';
import { startCommand } from './daemon.ts';

/** Debian packages for tests with a gateway and HTTPS behind it. */
export const GATEWAY_PACKAGES = ['nftables', 'iproute2', 'nginx', 'curl'] as const;

type Owner = Parameters<typeof startCommand>[0];

/** Starts `overcoat gateway --from eth0 ARGS...` on a host and waits until it serves. */
export function startGateway(t: Owner, host: Host, args: readonly string[]): Promise<Daemon> {
  return startCommand(t, ['gateway', '--from', 'eth0', ...args], { place: host });
}

/** Runs `overcoat gateway ARGS...` on a host to its end. */
export function runGateway(host: Host, args: readonly string[]): Promise<Finished> {
  return runProgram([`${BIN}/overcoat`, 'gateway', ...args], { place: host });
}

/**
 * Everything a gateway may change: rules, policy rules, routes of all tables, the kernel parameters of the network. Two equal texts
 * mean that nothing is left behind. Counters of rules are left out, they are not state.
 */
export function machineState(host: Host): Promise<string> {
  return host.shell(`
    nft -s list ruleset
    ip -4 rule; ip -6 rule
    ip -4 route show table all; ip -6 route show table all
    sysctl -a 2>/dev/null | grep '^net\\.' | grep -v -e nf_conntrack_count -e 'ndisc_notify_state'
  `);
}

/** A certificate for the receiver of a test network: both its addresses and `www.example.test`. */
export function receiverCertificate({ wan: { right } }: ThreeHosts): Stored {
  const key = `receiver-${right.v4}`;
  const known =
    certificates.get(key) ?? store(key, authority().issue({ dnsNames: ['www.example.test'], ipAddresses: [right.v4, right.v6] }));
  certificates.set(key, known);
  return known;
}

const certificates = new Map<string, Stored>();

/** nginx on the receiver: HTTPS with that certificate on the given ports, both families, which answers with `text`. */
export function startHttps(t: Ending, net: ThreeHosts, ports: readonly number[], text = 'through TLS'): Promise<Program> {
  const { certFile, keyFile } = receiverCertificate(net);
  const listen = ports.map((port) => `listen ${port} ssl; listen [::]:${port} ssl;`).join(' ');
  const server = `server { ${listen} ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; location / { return 200 "${text}"; } }`;
  return startNginx(`http { access_log off; ${server} }`, { directory: tempFolder(t), place: net.receiver });
}

/** What `curl` gets for a URL on a host: the body, or its exit code in angle brackets. */
export async function fetched(host: Host, url: string): Promise<string> {
  const { code, stdout } = await runProgram(['curl', '-sS', '--noproxy', '*', '-m', '60', url], { place: host });
  return code === 0 ? stdout : `<${code}>`;
}
