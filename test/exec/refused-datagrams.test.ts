/** Counters of a namespace, and what of them is a refusal; that it is noticed while a command runs is tested in test/netns. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusedIn } from '../../src/exec/refused-datagrams.ts';

const text = (unreachable: number, closed: number, unreachable6 = 0, closed6 = 0): string => `Ip: Forwarding DefaultTTL
Ip: 2 64
Icmp: InMsgs OutMsgs OutDestUnreachs OutEchos
Icmp: 1 ${unreachable} ${unreachable} 0
Udp: InDatagrams NoPorts InErrors
Udp: 9 ${closed} 0
Ip6InReceives                   \t4
Icmp6OutDestUnreachs            \t${unreachable6}
Udp6NoPorts                     \t${closed6}
`;

suite('refused datagrams', () => {
  test('are the messages that no closed port has caused', () => {
    assert.equal(refusedIn(text(0, 0)), 0);
    assert.equal(refusedIn(text(3, 3)), 0);
    assert.equal(refusedIn(text(3, 1)), 2);
    assert.equal(refusedIn(text(0, 0, 2, 1)), 1);
  });

  test('are none where nothing can be read', () => {
    for (const each of ['', 'Icmp:', 'Udp: NoPorts\nUdp:\n', 'x y z', text(1, 0).slice(0, 40)]) assert.ok(!(refusedIn(each) > 0), each);
  });
});
