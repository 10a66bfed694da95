import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cgroupMount } from '../../../src/gateway/machine/cgroup.ts';

const V2 = '29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot';
const HYBRID = [
  '32 24 0:29 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:8 - tmpfs tmpfs ro,mode=755',
  '33 32 0:30 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate',
  '34 32 0:31 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:10 - cgroup cgroup rw,xattr,name=systemd',
].join('\n');

suite('the cgroup2 mount', () => {
  test('is the whole folder or a part of it', () => {
    assert.equal(cgroupMount(V2), '/sys/fs/cgroup');
    assert.equal(cgroupMount(HYBRID), '/sys/fs/cgroup/unified');
  });

  test('is absent with cgroup v1 alone, and does not count elsewhere', () => {
    assert.equal(cgroupMount('34 32 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw'), undefined);
    assert.equal(cgroupMount(V2.replace('/sys/fs/cgroup', '/mnt/cgroup')), undefined);
  });
});
