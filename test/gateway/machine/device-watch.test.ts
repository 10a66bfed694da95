import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceWatch, linksOf } from '../../../src/gateway/machine/device-watch.ts';
import { interfaceName } from '../../../src/linux/libc/sockets.ts';
import { requires } from '../../support/requirements.ts';

/** What devices are called, by their number; tests change it. */
function machine(devices: Map<number, string>): ConstructorParameters<typeof DeviceWatch>[1] {
  return {
    linkOf: (device) => [...devices].find(([, name]) => name === device)?.[0] ?? 0,
    nameOf: (link) => devices.get(link),
  };
}

test('a device is told when it is renamed, gone and back, each once', () => {
  const devices = new Map([
    [2, 'eth0'],
    [3, 'eth1'],
  ]);
  const watch = new DeviceWatch(['eth0', 'eth1'], machine(devices));
  assert.deepEqual(watch.look(), { events: [], newLinks: [] });
  devices.set(2, 'lan0');
  assert.deepEqual(watch.look().events, [{ kind: 'device-renamed', device: 'eth0', to: 'lan0' }]);
  assert.deepEqual(watch.look().events, []);
  devices.set(2, 'eth0');
  assert.deepEqual(watch.look().events, [{ kind: 'device-back', device: 'eth0' }]);
  devices.delete(3);
  assert.deepEqual(watch.look().events, [{ kind: 'device-gone', device: 'eth1' }]);
  assert.deepEqual(watch.look().events, []);
});

test('one that comes back under another number is taken by that too', () => {
  const devices = new Map([[2, 'usb0']]);
  const watch = new DeviceWatch(['usb0'], machine(devices));
  devices.clear();
  watch.look();
  devices.set(9, 'usb0');
  assert.deepEqual(watch.look(), { events: [{ kind: 'device-back', device: 'usb0' }], newLinks: [9] });
  devices.set(9, 'wan0');
  assert.deepEqual(watch.look(), { events: [{ kind: 'device-renamed', device: 'usb0', to: 'wan0' }], newLinks: [] });
});

test('the kernel numbers what is there', { skip: requires({ linux: true }) }, () => {
  const [lo = 0, ...others] = linksOf(['lo', 'no-such-device']);
  assert.deepEqual(others, []);
  assert.equal(interfaceName(lo), 'lo');
  assert.equal(interfaceName(2 ** 30), undefined);
});
