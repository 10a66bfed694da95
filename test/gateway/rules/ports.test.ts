import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { portRanges } from '../../../src/config/values/address-values.ts';
import { hasPort, mappedPorts, mergeRanges, rangeText, untakenTargets } from '../../../src/gateway/rules/ports.ts';

function list(text: string): string {
  const parsed = portRanges(text);
  assert.ok(parsed.ok);
  return mergeRanges(parsed.value)
    .map((range) => rangeText(range))
    .join(',');
}

suite('port ranges', () => {
  test('are sorted and merged, since nftables refuses overlapping intervals', () => {
    assert.equal(list('1935,443,8000-8010'), '443,1935,8000-8010');
    assert.equal(list('8005-8020,8000-8010,8021,443,443'), '443,8000-8021');
    assert.equal(list('1-65535,443'), '1-65535');
    assert.equal(list('80-80'), '80');
  });

  test('answer for a port', () => {
    const ranges = [
      { from: 443, to: 443 },
      { from: 8000, to: 8010 },
    ];
    const inside = [443, 8000, 8010].map((port) => hasPort(ranges, port));
    const outside = [442, 444, 7999, 8011].map((port) => hasPort(ranges, port));
    assert.deepEqual(
      [inside, outside],
      [
        [true, true, true],
        [false, false, false, false],
      ],
    );
  });

  test('know where a mapping starts, and where it leads past them', () => {
    const portMap = [
      { from: 1935, to: 443 },
      { from: 1936, to: 443 },
      { from: 80, to: 8443 },
    ];
    assert.deepEqual(mappedPorts(portMap)[0], { from: 1935, to: 1935 });
    assert.deepEqual(untakenTargets(portMap, [{ from: 8000, to: 9000 }]), [443]);
    assert.deepEqual(untakenTargets(portMap, []), [443, 8443]);
  });
});
