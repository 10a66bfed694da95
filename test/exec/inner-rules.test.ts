import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { InnerNetwork } from '../../src/exec/inner-rules.ts';
import { addressCommands, innerRules } from '../../src/exec/inner-rules.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const PORTS = { wrap: 1001, plain: 1002, dns: 1053 };

function network(different: Partial<InnerNetwork> = {}): InnerNetwork {
  return { ipv6: true, wrapPorts: [], plain: [], hostLoopback: false, ...different };
}

/** What happens to a connection, in order, without the constant head and tail. */
function decisions(different: Partial<InnerNetwork> = {}): string[] {
  const text = innerRules(network(different), PORTS);
  const start = text.indexOf('policy accept\n') + 'policy accept\n'.length;
  return text.slice(start, text.indexOf('\t}', start)).trim().split('\n\t\t');
}

const DNS = 'meta l4proto { tcp, udp } th dport 53 redirect to :1053';
const STAY = ['ip daddr 127.0.0.0/8 accept', 'ip6 daddr ::1 accept'];
const WRAP = 'meta l4proto tcp redirect to :1001';

suite('the rules inside', () => {
  test('answer names, leave loopback alone and take everything else', () => {
    assert.deepEqual(decisions(), [DNS, ...STAY, WRAP]);
  });

  test('lead to the loopback services outside when asked', () => {
    assert.deepEqual(decisions({ hostLoopback: true }), [DNS, WRAP]);
  });

  test('connect what is exempt as it is', () => {
    const plain = [
      { address: '10.0.0.0', family: 4, bits: 8 },
      { address: '2001:db8::', family: 6, bits: 32 },
    ] as const;
    assert.deepEqual(decisions({ plain, wrapPorts: [{ from: 443, to: 443 }] }), [
      DNS,
      ...STAY,
      'ip daddr @plain4 meta l4proto tcp redirect to :1002',
      'ip6 daddr @plain6 meta l4proto tcp redirect to :1002',
      'tcp dport != @wrapped redirect to :1002',
      WRAP,
    ]);
    assert.match(innerRules(network({ plain }), PORTS), /elements = \{ 10\.0\.0\.0\/8 \}[\s\S]*elements = \{ 2001:db8::\/32 \}/);
  });

  test('know no IPv6 where the machine reaches none', () => {
    assert.match(addressCommands(network()), /^address add fd00:5afe::1\/128 dev lo nodad$/m);
    assert.doesNotMatch(addressCommands(network({ ipv6: false })), /:/);
  });

  test('are accepted by nft and ip', { skip: requires({ netns: true, packages: ['nftables', 'iproute2'] }) }, async () => {
    const plain = [
      { address: '10.0.0.0', family: 4, bits: 8 },
      { address: '10.1.0.0', family: 4, bits: 16 },
      { address: '2001:db8::1', family: 6, bits: 128 },
    ] as const;
    const variants = [network(), network({ hostLoopback: true }), network({ plain, wrapPorts: [{ from: 1, to: 65_535 }] })];
    for (const variant of variants) {
      await outputOf(['unshare', '-n', 'ip', '-batch', '-'], { input: addressCommands(variant) });
      await outputOf(['unshare', '-n', 'nft', '-f', '-'], { input: innerRules(variant, PORTS) });
    }
  });
});
