import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findObstacle, obstacleText } from '../../src/exec/obstacles.ts';

/** A machine on which these switches have these values and no other exists. */
function machine(switches: Readonly<Record<string, string>>): (path: string) => string | undefined {
  return (path) => new Map(Object.entries(switches)).get(path);
}

const CASES = [
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', /Debian.*sysctl -w kernel\.unprivileged_userns_clone=1/],
  ['/proc/sys/user/max_user_namespaces', '0', /Red Hat.*sysctl -w user\.max_user_namespaces=/],
  ['/proc/sys/user/max_net_namespaces', '0', /sysctl -w user\.max_net_namespaces=/],
  ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1', /Ubuntu.*AppArmor profile/],
  ['/proc/self/status', 'Name:\tnode\nSeccomp:\t2\n', /seccomp.*docker run/],
] as const;

suite('where user namespaces are forbidden', () => {
  for (const [path, value, expected] of CASES)
    test(`${path} is named with its way out`, () => {
      const text = obstacleText('unshare: unshare failed: Operation not permitted', findObstacle(machine({ [path]: value })));
      assert.match(text, expected);
      assert.match(text, /docs\/exec\.md/);
    });

  test('and no known switch is the reason, the system is quoted', () => {
    const allowed = machine({ '/proc/sys/user/max_user_namespaces': '1000', '/proc/self/status': 'Seccomp:\t0\n' });
    assert.equal(findObstacle(allowed), undefined);
    assert.match(obstacleText('unshare failed: No space left on device', undefined), /No space left on device/);
  });
});
