/** Kernel switches that an intercepted connection passes: tracking, forwarding, reverse path, redirects, the policy route. */
import { readFileSync } from 'node:fs';
import { hasIpv6, readParameter, sysctlName, usesIpv6 } from '../machine/kernel-parameters.ts';
import { tryTool } from '../machine/tools.ts';
import { trackingRoom } from '../machine/tracking-watch.ts';
import { GUARD_TABLE, INTERCEPTION_TABLE, REDIRECT_MESSAGES, TPROXY_MARK, TPROXY_ROUTING_TABLE } from '../rules/rules.ts';
import type { Finding, Patient } from './finding.ts';
import { fault, ok, warning } from './finding.ts';

/** The original destination of a redirected connection is kept in connection tracking; full or absent, it is lost. */
export function checkTracking(): Finding[] {
  const link = 'connection tracking';
  const room = trackingRoom();
  if (room === undefined) return [fault(link, 'the kernel module is not loaded', 'modprobe nf_conntrack')];
  const { count, max } = room;
  const fix = `sysctl -w net.netfilter.nf_conntrack_max=${2 * max}`;
  if (count >= max) return [fault(link, `its table is full (${count} of ${max}): new connections are dropped`, fix)];
  if (count >= 0.8 * max) return [warning(link, `its table is nearly full (${count} of ${max})`, fix)];
  return [ok(link, `${count} of ${max} connections`)];
}

export function checkForwarding(): Finding[] {
  const families = [['IPv4', 'ipv4/ip_forward'], ...(hasIpv6() ? [['IPv6', 'ipv6/conf/all/forwarding']] : [])] as const;
  return families.map(([family = '', name = '']) => {
    const link = `${family} forwarding`;
    return readParameter(name) === '1' ? ok(link, 'on') : fault(link, 'off', `sysctl -w ${sysctlName(name)}=1`);
  });
}

/** The kernel drops packets whose source it would reach by another device (rp_filter 1). The larger of `all` and the device counts. */
export function checkReversePath({ rules }: Patient): Finding[] {
  const link = 'reverse path filter';
  const findings: Finding[] = [];
  for (const device of rules?.devices ?? []) {
    const strict = larger('rp_filter', device) === 1;
    if (strict && rules?.mode === 'tproxy' && larger('src_valid_mark', device) === 1) {
      const text = `with src_valid_mark, ${device} drops every packet that TPROXY has marked`;
      findings.push(fault(link, text, `sysctl -w ${deviceName('rp_filter', device)}=2 net.ipv4.conf.all.rp_filter=2`));
    } else if (strict) {
      const text = `strict on ${device}: packets of hosts this machine would reach by another device are dropped`;
      findings.push(warning(link, text, `sysctl -w ${deviceName('rp_filter', device)}=2 (loose), if the LAN has more than one way here`));
    }
  }
  return findings.length > 0 ? findings : [ok(link, 'off or loose')];
}

/** Not needed: redirected connections arrive at an address of the device. On, it opens services bound to 127.0.0.1 to the LAN. */
export function checkRouteLocalnet({ rules }: Patient): Finding[] {
  const link = 'route_localnet';
  const on = (rules?.devices ?? []).filter((device) => larger('route_localnet', device) === 1);
  if (on.length === 0) return [ok(link, 'off, as it should be')];
  const text = `on for ${on.join(', ')}: hosts of the LAN can reach services that are bound to 127.0.0.1`;
  return [warning(link, text, 'sysctl -w net.ipv4.conf.all.route_localnet=0 and the same for the device; Overcoat does not need it')];
}

/** A gateway with its uplink on the same network tells hosts to go to the next router directly, past the interception, unless rules of ours drop that. */
export async function checkRedirectMessages({ rules }: Patient): Promise<Finding[]> {
  const link = 'send_redirects';
  const on = (rules?.devices ?? []).filter((device) => larger('send_redirects', device) === 1);
  if (rules === undefined || on.length === 0) return [ok(link, 'off, as it should be')];
  const { code } = await tryTool('nft', ['list', 'chain', 'inet', rules.failClosed ? GUARD_TABLE : INTERCEPTION_TABLE, REDIRECT_MESSAGES]);
  if (code === 0) return [ok(link, `on for ${on.join(', ')}, and the rules drop the messages`)];
  const text = `on for ${on.join(', ')}: hosts of the LAN may be told to go past this gateway`;
  return [
    warning(
      link,
      text,
      `sysctl -w net.ipv4.conf.all.send_redirects=0 ${on.map((device) => `${deviceName('send_redirects', device)}=0`).join(' ')}`,
    ),
  ];
}

/** TPROXY: marked packets are for this machine, whatever their destination says. */
export async function checkPolicyRoute({ rules }: Patient): Promise<Finding[]> {
  if (rules?.mode !== 'tproxy') return [];
  const families = usesIpv6() ? ['-4', '-6'] : ['-4'];
  return Promise.all(
    families.map(async (family) => {
      const link = `TPROXY route (IPv${family.slice(1)})`;
      const rule = await tryTool('ip', [family, 'rule', 'show', 'fwmark', `0x${TPROXY_MARK.toString(16)}`]);
      const route = await tryTool('ip', [family, 'route', 'show', 'table', `${TPROXY_ROUTING_TABLE}`]);
      const there = rule.stdout.includes(`lookup ${TPROXY_ROUTING_TABLE}`) && route.stdout.includes('local default');
      if (there) return ok(link, 'marked packets are delivered here');
      const fix = `ip ${family} rule add fwmark 0x${TPROXY_MARK.toString(16)} lookup ${TPROXY_ROUTING_TABLE}; ip ${family} route add local default dev lo table ${TPROXY_ROUTING_TABLE}`;
      return fault(link, 'missing: marked packets are forwarded instead of delivered', fix);
    }),
  );
}

/** IPv6 passes like IPv4, or not at all: a LAN that has it would otherwise talk past us unnoticed. */
export function checkIpv6({ rules }: Patient): Finding[] {
  const link = 'IPv6 covered';
  if (rules === undefined) return [];
  if (!hasIpv6()) return [ok(link, 'this kernel has no IPv6, so none is forwarded')];
  const off = rules.devices.filter((device) => readParameter(`ipv6/conf/${device}/disable_ipv6`) === '1');
  if (off.length > 0) return [ok(link, `IPv6 is off on ${off.join(', ')}, so none is forwarded from there`)];
  return listens6(rules.listenPort)
    ? [ok(link, 'the rules and the listener take it')]
    : [fault(link, `nothing listens on [::]:${rules.listenPort}`, 'let the service accept on :::PORT')];
}

function listens6(port: number): boolean {
  try {
    const wanted = port.toString(16).toUpperCase().padStart(4, '0');
    const rows = readFileSync('/proc/net/tcp6', 'latin1').split('\n').slice(1);
    return rows.some((row) => {
      const [, local = '', , state] = row.trim().split(/\s+/);
      return state === '0A' && local.endsWith(`:${wanted}`);
    });
  } catch {
    return false;
  }
}

function larger(parameter: string, device: string): number {
  return Math.max(...['all', device].map((each) => Number(readParameter(`ipv4/conf/${each}/${parameter}`) ?? 0)));
}

function deviceName(parameter: string, device: string): string {
  return sysctlName(`ipv4/conf/${device}/${parameter}`);
}
