/** The text of the tables, whole, so that a change of any rule is seen; that the kernel does what they say is tested in test/netns. */
// Tests: src/gateway/rules/table-text.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { countingSets, PASSED, passingChain, passingCount } from '../../../src/gateway/rules/counting-rules.ts';
import { guardTable, interceptionTable } from '../../../src/gateway/rules/rules.ts';
import type { TableText } from '../../../src/gateway/rules/table-text.ts';
import { tableLine, tableText } from '../../../src/gateway/rules/table-text.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { someRules } from '../some-rules.ts';

const SETS = `	set ports {
		type inet_service
		flags interval
		elements = { 443, 8000-8010 }
	}
	set seen4 {
		type ipv4_addr
		size 1024
		flags dynamic,timeout
		timeout 1m
	}
	set seen6 {
		type ipv6_addr
		size 1024
		flags dynamic,timeout
		timeout 1m
	}
`;
const LAN = 'iifname { "eth0", "overcoat-test" }';
/** The doctor's own connection is none of theirs. */
const HOSTS = 'iifname { "eth0" }';
/** What a server answers to a connection that nobody here has seen begin. */
const UNSEEN_ANSWER = 'tcp sport @ports tcp flags & (fin | syn | rst | ack) != syn ct state new counter reject with tcp reset';
const COUNTING = tableText(['table x {', ...countingSets(PASSED), ...passingCount(), ...passingChain([HOSTS]), '}'])
  .split('\n')
  .slice(1, -2)
  .map((line) => `${line}\n`)
  .join('');

/** The table without the sets that all have in common, and without what counts. */
function text(lines: TableText | undefined): string {
  return tableText(lines ?? [])
    .replace(SETS, '')
    .replace(COUNTING, '');
}

/** One chain of a table. */
function chain(lines: TableText | undefined, name: string): string[] {
  const all = lines ?? [];
  const start = all.indexOf(`chain ${name} {`);
  return start < 0 ? [] : all.slice(start + 1, all.indexOf('}', start));
}

suite('the interception table', () => {
  test('redirects what the chosen networks send elsewhere, and belongs to the process', () => {
    assert.equal(
      text(interceptionTable(someRules(), true)),
      `table inet overcoat {
	flags owner
	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept
		${HOSTS} fib daddr type != local update @seen4 { ip saddr }
		${HOSTS} fib daddr type != local update @seen6 { ip6 saddr }
		${LAN} fib daddr type != local tcp dport @ports counter redirect to :15001
	}
}
`,
    );
  });

  test('is not owned when it has to stay', () => {
    assert.equal(interceptionTable(someRules(), false).includes('flags owner'), false);
  });

  test('takes all chosen devices', () => {
    const [, , , redirect] = chain(interceptionTable(someRules({ devices: ['eth0', 'wlan0.10'] }), true), 'prerouting');
    assert.equal(
      redirect,
      'iifname { "eth0", "wlan0.10", "overcoat-test" } fib daddr type != local tcp dport @ports counter redirect to :15001',
    );
  });

  test('leaves destinations alone with TPROXY, in one direction only', () => {
    const lines = interceptionTable(someRules({ mode: 'tproxy', listenPort: 1500 }), true);
    assert.equal(chain(lines, 'prerouting').length, 3);
    assert.deepEqual(chain(lines, 'divert'), [
      'type filter hook prerouting priority mangle; policy accept',
      `${LAN} fib daddr type != local meta nfproto ipv4 tcp dport @ports ct direction original tproxy ip to 127.0.0.1:1500 meta mark set 20291 counter accept`,
      `${LAN} fib daddr type != local meta nfproto ipv6 tcp dport @ports ct direction original tproxy ip6 to [::1]:1500 meta mark set 20291 counter accept`,
      `${LAN} fib daddr type != local meta l4proto { icmp, ipv6-icmp } socket transparent 1 meta mark set 20291 counter accept`,
    ]);
  });

  test('sends name queries to the forwarder before it looks at ports', () => {
    const elsewhere = chain(interceptionTable(someRules({ dns: { port: 15053, local: false } }), true), 'prerouting');
    assert.equal(elsewhere[3], `${LAN} fib daddr type != local meta l4proto { tcp, udp } th dport 53 counter redirect to :15053`);
    const everywhere = chain(interceptionTable(someRules({ dns: { port: 15053, local: true } }), true), 'prerouting');
    assert.equal(everywhere[3], `${LAN} meta l4proto { tcp, udp } th dport 53 counter redirect to :15053`);
    assert.match(everywhere[4] ?? '', /redirect to :15001$/);
  });

  test('masks forwarded connections when asked', () => {
    assert.deepEqual(chain(interceptionTable(someRules({ masquerade: true }), true), 'postrouting'), [
      'type nat hook postrouting priority srcnat; policy accept',
      `${LAN} masquerade`,
    ]);
  });

  test('takes local connections but those of the exempt user or cgroup', () => {
    const output = (local: Parameters<typeof someRules>[0]) => chain(interceptionTable(someRules(local), true), 'output');
    assert.deepEqual(output({ local: { kind: 'user', uid: 993 } }), [
      'type nat hook output priority -105; policy accept',
      'meta skuid 993 accept',
      'fib daddr type local accept',
      'tcp dport @ports counter redirect to :15001',
    ]);
    const byCgroup = output({ local: { kind: 'cgroup', path: 'system.slice/overcoat.service', prefix: 'unified/' } });
    assert.equal(byCgroup[1], 'socket cgroupv2 level 2 "unified/system.slice/overcoat.service" accept');
  });

  test('is one line for an interactive nft', () => {
    const line = tableLine(interceptionTable(someRules(), true));
    assert.equal(line.includes('\n'), false);
    assert.match(
      line,
      /^table inet overcoat \{ flags owner; set ports \{ type inet_service; .* redirect to :15001; \}; .* jump count_passing; \}; \};$/,
    );
  });
});

suite('what is forwarded as it is', () => {
  test('is counted by sender, protocol and port, in one direction, in sets that cannot grow', () => {
    const lines = interceptionTable(someRules(), true);
    assert.deepEqual(chain(lines, 'passing'), [
      'type filter hook forward priority filter + 200; policy accept',
      `${HOSTS} ct direction original jump count_passing`,
      `${HOSTS} ct state untracked jump count_passing`,
    ]);
    assert.deepEqual(chain(lines, 'count_passing'), [
      'meta l4proto { tcp, udp } update @passed4 { ip saddr . meta l4proto . th dport } return',
      'meta l4proto { tcp, udp } update @passed6 { ip6 saddr . meta l4proto . th dport } return',
      'meta l4proto { tcp, udp } counter name passed_rest',
    ]);
    for (const name of ['passed4', 'passed6']) {
      const at = lines.indexOf(`set ${name} {`);
      assert.deepEqual(lines.slice(at + 2, at + 6), ['size 2048', 'flags dynamic,timeout', 'timeout 1h', 'counter']);
    }
  });

  test('is nothing without a device', () => {
    const own = interceptionTable(someRules({ devices: [], local: { kind: 'mark', mark: 7 } }), true);
    assert.deepEqual([chain(own, 'passing'), own.includes('set passed4 {')], [[], false]);
  });

  test('is ICMP and what is established where nothing else may be, in both directions', () => {
    const guard = guardTable(someRules({ forward: 'intercepted' }));
    assert.deepEqual(chain(guard, 'forward').slice(4), [
      `${LAN} meta l4proto { icmp, ipv6-icmp } accept`,
      `${LAN} ct state established accept`,
      'oifname { "eth0" } meta l4proto { icmp, ipv6-icmp } accept',
      'oifname { "eth0" } ct state established accept',
      `${HOSTS} jump count_refused`,
      `${LAN} jump refuse`,
      'oifname { "eth0" } jump refuse',
    ]);
    assert.deepEqual(chain(guard, 'refuse'), [
      'meta l4proto tcp counter reject with tcp reset',
      'counter reject with icmpx type admin-prohibited',
    ]);
  });
});

suite('a device that may be renamed', () => {
  const rules = someRules({ links: [2, 7], forward: 'intercepted', masquerade: true, dns: { port: 15053, local: true } });
  const tables = [interceptionTable(rules, true), interceptionTable({ ...rules, mode: 'tproxy' }, true), guardTable(rules) ?? []];

  test('is in every table by its number', () => {
    for (const table of tables) {
      const at = table.indexOf('set links {');
      assert.deepEqual(table.slice(at + 1, at + 3), ['type iface_index', 'elements = { 2, 7 }']);
    }
  });

  test('is in every rule that has its name, and never by both', () => {
    for (const line of tables.flat().filter((each) => /^[io]ifname \{/.test(each))) {
      const [, way = '', names = '', rest = ''] = /^([io])ifname (\{.*?\}) (.*)$/.exec(line) ?? [];
      const byNumber = `${way}if @links ${way}ifname != ${names} ${rest}`;
      assert.ok(tables.flat().includes(byNumber), byNumber);
    }
  });
});

suite('the guard table', () => {
  test('refuses to forward the ports, whoever is listening or not', () => {
    assert.equal(
      text(guardTable(someRules())),
      `table inet overcoat_guard {
	set ports {
		type inet_service
		flags interval
		elements = { 443, 8000-8010 }
	}
	chain forward {
		type filter hook forward priority filter - 10; policy accept
		${LAN} tcp dport @ports ct direction original counter reject with tcp reset
		${LAN} tcp dport @ports ct state invalid,untracked counter reject with tcp reset
		oifname "eth0" iifname != "eth0" ${UNSEEN_ANSWER}
	}
	chain strays {
		type filter hook forward priority filter - 15; policy accept
		${LAN} tcp dport 15001 ct original proto-dst @ports ct status dnat ct direction original counter reject with tcp reset
	}
	chain redirects {
		type filter hook output priority filter - 10; policy accept
		oifname { "eth0" } icmp type redirect drop
		oifname { "eth0" } icmpv6 type nd-redirect drop
	}
}
`,
    );
  });

  test('is absent with --fail open, and the other table keeps hosts from being sent past us', () => {
    const open = someRules({ failClosed: false });
    assert.equal(guardTable(open), undefined);
    assert.equal(chain(interceptionTable(open, true), 'redirects').length, 3);
    assert.equal(chain(interceptionTable(open, true), 'strays').length, 2);
    assert.equal(chain(interceptionTable(someRules(), true), 'redirects').length, 0);
    assert.equal(chain(interceptionTable(someRules(), true), 'strays').length, 0);
  });

  test('refuses to forward what was redirected, by whichever rule', () => {
    const dns = { port: 15_053, local: true };
    const strayed = 'ct status dnat ct direction original counter reject';
    const questions = [
      `${LAN} tcp dport 15053 ct original proto-dst 53 ${strayed} with tcp reset`,
      `${LAN} udp dport 15053 ct original proto-dst 53 ${strayed}`,
    ];
    assert.deepEqual(chain(guardTable(someRules({ dns })), 'strays').slice(1), [
      `${LAN} tcp dport 15001 ct original proto-dst @ports ${strayed} with tcp reset`,
      ...questions,
    ]);
    assert.deepEqual(chain(guardTable(someRules({ dns, mode: 'tproxy' })), 'strays').slice(1), questions);
    assert.deepEqual(chain(guardTable(someRules({ mode: 'tproxy' })), 'strays'), []);
  });

  test('refuses answers to what nobody saw begin, but not those that leave by the device they came in by', () => {
    const forward = chain(guardTable(someRules({ devices: ['eth0', 'eth1'], links: [2, 3] })), 'forward');
    assert.deepEqual(forward.slice(-3), [
      `oifname "eth0" iifname != "eth0" ${UNSEEN_ANSWER}`,
      `oifname "eth1" iifname != "eth1" ${UNSEEN_ANSWER}`,
      `oif @links oifname != { "eth0", "eth1" } iif != @links ${UNSEEN_ANSWER}`,
    ]);
  });

  test('covers local connections without cutting the replies of local servers', () => {
    assert.deepEqual(chain(guardTable(someRules({ local: { kind: 'user', uid: 993 } })), 'output'), [
      'type filter hook output priority filter - 10; policy accept',
      'meta skuid 993 accept',
      'fib daddr type local accept',
      'tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn counter reject with tcp reset',
    ]);
  });
});

suite('nft itself', { skip: requires({ netns: true, packages: ['nftables'] }) }, () => {
  const variants = [
    someRules({ dns: { port: 15053, local: false }, masquerade: true, local: { kind: 'user', uid: 993 } }),
    someRules({ mode: 'tproxy', failClosed: false, dns: { port: 15053, local: true } }),
    someRules({ ports: [{ from: 1, to: 65_535 }], forward: 'intercepted' }),
    someRules({ devices: [], local: { kind: 'user', uid: 993 } }),
    someRules({ links: [1, 4711], forward: 'intercepted', masquerade: true, dns: { port: 15053, local: true } }), // one of them is not there
  ];
  for (const [index, rules] of variants.entries())
    test(`accepts every form of the tables (${index + 1})`, async () => {
      const check = (input: string) => outputOf(['unshare', '-n', 'nft', '-c', '-f', '-'], { input });
      await check(tableText(interceptionTable(rules, false)) + tableText(guardTable(rules) ?? []));
      await check(`${tableLine(interceptionTable(rules, true))}\n`);
    });
});
