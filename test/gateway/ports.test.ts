import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasPort, parsePortList, parsePortMap, portListText } from '../../src/gateway/ports.ts';

function list(text: string): string {
  const parsed = parsePortList(text);
  return parsed.kind === 'ok' ? portListText(parsed.value) : parsed.why;
}

describe('a port list', () => {
  it('is sorted and merged, since nftables refuses overlapping intervals', () => {
    assert.equal(list('1935, 443,8000-8010'), '443,1935,8000-8010');
    assert.equal(list('8005-8020,8000-8010,8021,443,443'), '443,8000-8021');
    assert.equal(list('1-65535,443'), '1-65535');
    assert.equal(list('80-80'), '80');
  });

  for (const wrong of ['', ',', '443,', '0', '65536', '123456', '10-5', '1-2-3', '-5', '5-', 'https', '1e3', '+1', '4 43', '٤٤٣'])
    it(`does not accept "${wrong}"`, () => assert.match(list(wrong), /is not a port or a range of ports from 1 to 65535$/));

  it('answers for a port', () => {
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
});

describe('a port map', () => {
  it('is a list of pairs', () => {
    const expected = [
      { from: 1935, to: 443 },
      { from: 80, to: 443 },
    ];
    assert.deepEqual(parsePortMap('1935:443, 80:443'), { kind: 'ok', value: expected });
  });

  for (const wrong of ['', '1935', '1935:', ':443', '1:2:3', '0:1', '1:65536', 'a:b'])
    it(`does not accept "${wrong}"`, () => assert.equal(parsePortMap(wrong).kind, 'wrong'));

  it('maps no port twice', () => assert.deepEqual(parsePortMap('80:443,80:444'), { kind: 'wrong', why: 'port 80 is mapped twice' }));
});
