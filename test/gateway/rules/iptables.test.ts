import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { iptablesCommands } from '../../../src/gateway/rules/iptables.ts';
import { outputOf } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';
import { someRules } from '../some-rules.ts';

const only = (program: string, commands: readonly string[]) => commands.filter((command) => command.startsWith(`${program} `));

suite('the iptables form', () => {
  test('is the same for both families', () => {
    const commands = iptablesCommands(someRules());
    const v4 = only('iptables', commands).map((command) => command.replace('-p icmp --icmp-type', '-p icmpv6 --icmpv6-type'));
    assert.deepEqual(
      only('ip6tables', commands).map((command) => command.replace('ip6tables', 'iptables')),
      v4,
    );
  });

  test('redirects, spares the gateway itself, and guards the forward path', () => {
    assert.deepEqual(only('iptables', iptablesCommands(someRules())), [
      'iptables -t nat -N OVERCOAT',
      'iptables -t nat -A OVERCOAT -m addrtype --dst-type LOCAL -j RETURN',
      'iptables -t nat -A OVERCOAT -p tcp -m multiport --dports 443,8000:8010 -j REDIRECT --to-ports 15001',
      'iptables -t nat -I PREROUTING -i eth0 -p tcp -j OVERCOAT',
      'iptables -N OVERCOAT_GUARD',
      'iptables -A OVERCOAT_GUARD -p tcp -m multiport --dports 443,8000:8010 -m conntrack --ctdir ORIGINAL -j REJECT --reject-with tcp-reset',
      'iptables -A OVERCOAT_GUARD -p tcp -m multiport --dports 443,8000:8010 -m conntrack --ctstate INVALID,UNTRACKED -j REJECT --reject-with tcp-reset',
      'iptables -I FORWARD -i eth0 -p tcp -j OVERCOAT_GUARD',
      'iptables -N OVERCOAT_ANSWERS',
      'iptables -A OVERCOAT_ANSWERS -p tcp ! --syn -m multiport --sports 443,8000:8010 -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset',
      'iptables -I FORWARD ! -i eth0 -o eth0 -p tcp -j OVERCOAT_ANSWERS',
      'iptables -N OVERCOAT_STRAYS',
      ...['443', '8000:8010'].map(
        (range) =>
          `iptables -A OVERCOAT_STRAYS -p tcp --dport 15001 -m conntrack --ctdir ORIGINAL --ctstate DNAT --ctorigdstport ${range} -j REJECT --reject-with tcp-reset`,
      ),
      'iptables -I FORWARD -i eth0 -j OVERCOAT_STRAYS',
      'iptables -I OUTPUT -o eth0 -p icmp --icmp-type redirect -j DROP',
    ]);
  });

  test('lets nothing else through where that is wanted, behind the guard', () => {
    const commands = only('ip6tables', iptablesCommands(someRules({ forward: 'intercepted' })));
    const at = commands.indexOf('ip6tables -N OVERCOAT_ONLY');
    assert.deepEqual(commands.slice(at, at + 8), [
      'ip6tables -N OVERCOAT_ONLY',
      'ip6tables -A OVERCOAT_ONLY -p ipv6-icmp -j RETURN',
      'ip6tables -A OVERCOAT_ONLY -m conntrack --ctstate ESTABLISHED -j RETURN',
      'ip6tables -A OVERCOAT_ONLY -p tcp -j REJECT --reject-with tcp-reset',
      'ip6tables -A OVERCOAT_ONLY -j REJECT',
      'ip6tables -I FORWARD -i eth0 -j OVERCOAT_ONLY',
      'ip6tables -I FORWARD -o eth0 -j OVERCOAT_ONLY',
      'ip6tables -N OVERCOAT_GUARD',
    ]);
  });

  test('a device whose name a shell would read as something else is one word', () => {
    const commands = iptablesCommands(someRules({ devices: ["o'd;id", 'eth0.5'] }));
    assert.ok(commands.includes(String.raw`iptables -I FORWARD -i 'o'\''d;id' -p tcp -j OVERCOAT_GUARD`), commands.join('\n'));
    assert.ok(commands.includes('iptables -I FORWARD -i eth0.5 -p tcp -j OVERCOAT_GUARD'));
    assert.deepEqual(
      commands.filter((command) => / -[io] o'/.test(command)),
      [],
    );
  });

  test('splits long lists into the fifteen ports that multiport takes', () => {
    const ports = Array.from({ length: 10 }, (_, index) => ({ from: index * 10 + 1, to: index * 10 + 2 }));
    const lists = iptablesCommands(someRules({ ports, failClosed: false })).filter((command) => command.includes('--dports'));
    const slots = lists.map((command) => (/--dports (\S+)/.exec(command)?.[1] ?? '').split(/[,:]/).length);
    assert.deepEqual(slots, [14, 6, 14, 6]);
  });
});

suite('iptables itself', { skip: requires({ netns: true, packages: ['iptables'] }) }, () => {
  const full = { dns: { port: 15053, local: false }, masquerade: true, local: { kind: 'user', uid: 993 }, forward: 'intercepted' } as const;
  for (const mode of ['redirect', 'tproxy'] as const)
    test(`accepts every command (${mode})`, async () => {
      const script = iptablesCommands(someRules({ ...full, mode })).join('\n');
      await outputOf(['unshare', '-n', 'sh', '-euc', script]);
    });
});
