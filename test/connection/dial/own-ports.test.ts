/** A port is ours as long as one listener has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnPorts } from '../../../src/connection/dial/own-ports.ts';

test('a port bound on two addresses stays ours until both are closed', () => {
  const ports = new OwnPorts();
  ports.add(443);
  ports.add(443);
  ports.remove(443);
  assert.ok(ports.has(443));
  ports.remove(443);
  assert.ok(!ports.has(443));
  ports.remove(443);
  assert.ok(!ports.has(443));
});
