/** Judged on what nft itself prints of rulesets people have, made in a network namespace where one can be made. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Finding } from '../../../src/gateway/doctor/finding.ts';
import { judgeRuleset, parseRuleset } from '../../../src/gateway/doctor/other-tables.ts';
import type { GatewayRules } from '../../../src/gateway/rules/rules.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { someRules } from '../some-rules.ts';

/** Installs rules in a namespace of their own and judges the listing. */
async function judge(commands: string, rules = someRules()): Promise<string[]> {
  return (await findings(commands, rules)).map(({ health, text }) => `${health}: ${text}`);
}

async function findings(commands: string, rules: GatewayRules): Promise<Finding[]> {
  const listing = await outputOf(['unshare', '-n', 'sh', '-euc', `{ ${commands}\n} >&2; nft -j list ruleset`]);
  return judgeRuleset(parseRuleset(listing), rules);
}

const nft = (table: string): string => `nft -f - <<'END'\n${table}\nEND`;

suite('rules of somebody else', { skip: requires({ netns: true, packages: ['nftables', 'iptables'] }) }, () => {
  test('that drop our port are a fault', async () => {
    const found = await judge(
      nft('table inet firewall {\n chain in {\n type filter hook input priority 0\n tcp dport { 80, 15000-15010 } drop\n }\n}'),
    );
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^fault: a rule of table inet firewall, chain in \(handle \d+\) drops what goes to port 15001$/);
  });

  test('that drop another port, or on another device, are not', async () => {
    const rules = 'tcp dport 80 drop\n iifname "wan0" drop\n iifname "wan0" tcp dport 15001 drop\n tcp dport != 15001 accept';
    assert.deepEqual(await judge(nft(`table inet firewall {\n chain in {\n type filter hook input priority 0\n ${rules}\n }\n}`)), []);
  });

  test('that drop everything at the end are found in the chains they jump to', async () => {
    const found = await judge(
      nft(
        'table ip firewall {\n chain rest {\n drop\n }\n chain in {\n type filter hook input priority 0\n tcp dport 22 accept\n jump rest\n }\n}',
      ),
    );
    assert.equal(found.length, 1);
    assert.match(
      found[0] ?? '',
      /^warning: a rule of table ip firewall, chain in \(handle \d+ in rest\) drops what no rule before it accepts/,
    );
  });

  test('with a policy of drop are named, for both paths', async () => {
    const found = await judge(
      nft(
        'table inet f {\n chain i {\n type filter hook input priority 0; policy drop\n }\n chain f {\n type filter hook forward priority 0; policy drop\n }\n}',
      ),
    );
    assert.deepEqual(
      found.map((text) => text.slice(0, 42)),
      ['warning: table inet f, chain i drops what ', 'warning: table inet f, chain f drops what '],
    );
  });

  test('that switch tracking off, or translate before us, are named', async () => {
    const found = await judge(
      nft('table ip raw {\n chain p {\n type filter hook prerouting priority raw\n notrack\n }\n}') +
        '\n' +
        nft('table ip early {\n chain p {\n type nat hook prerouting priority -150\n tcp dport 443 dnat to 192.0.2.1\n }\n}'),
    );
    assert.equal(found.length, 2);
    assert.match(found.join('\n'), /switches connection tracking off[\s\S]*translates addresses before/);
  });

  test('as Docker makes them for published ports do no harm', async () => {
    const found = await judge('iptables -t nat -N DOCKER; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER');
    assert.deepEqual(found, []);
  });

  test('in iptables are found as well', async () => {
    const found = await judge('iptables -P INPUT DROP');
    assert.equal(found.length, 1);
    assert.match(
      found[0] ?? '',
      /table ip filter, chain INPUT drops what it does not accept: what was redirected to port 15001 has to be accepted$/,
    );
  });

  test('that drop a port which is taken are a fault with TPROXY, whose packets still have it', async () => {
    const drop = (port: number) =>
      nft(`table inet firewall {\n chain in {\n type filter hook input priority 0\n tcp dport ${port} drop\n }\n}`);
    assert.match((await judge(drop(443), someRules({ mode: 'tproxy' })))[0] ?? '', /^fault: .* drops what goes to port 443$/);
    assert.deepEqual(await judge(drop(15_001), someRules({ mode: 'tproxy' })), []);
    assert.deepEqual(await judge(drop(443)), []);
  });

  const DROP = 'table inet f {\n chain i {\n type filter hook input priority 0; policy drop\n }\n}';
  for (const mode of ['redirect', 'tproxy'] as const)
    for (const [made, how] of Object.entries({ nft: nft(DROP), iptables: 'iptables -P INPUT DROP; ip6tables -P INPUT DROP' }))
      test(`come with commands that run and accept what is handed over (${made}, ${mode})`, async () => {
        const rules = someRules({ mode, dns: { port: 15_053, local: true } });
        const fixes = (await findings(how, rules)).map(({ fix }) => fix ?? '');
        assert.ok(fixes.length > 0);
        for (const fix of fixes) {
          assert.match(fix, /15053/);
          assert.match(fix, mode === 'tproxy' ? /mark 0x4f43/ : /15001/);
        }
        await outputOf(['unshare', '-n', 'sh', '-euc', `${how}\n${fixes.join('\n')}`]);
      });
});
