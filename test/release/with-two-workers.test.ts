/** Programs, limits, also of a source, privileges, resumption, reload, signals, systemd, virtual hosts and volume, with two workers; the rest is in test/behaviour/. */
// Tests: src/daemon/workers/
import { testWithTwoWorkers } from '../support/overcoat/with-two-workers.ts';

testWithTwoWorkers([
  'exec',
  'limits',
  'privileges',
  'redirect',
  'reload',
  'signals',
  'source-limits',
  'systemd',
  'too-many-clients',
  'virtual-hosts',
  'volume',
]);
