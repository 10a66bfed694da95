/** Programs, limits, also of a source, privileges, reload, signals, systemd and virtual hosts, with two workers; the rest is in test/behaviour/. */
// Tests: src/daemon/workers/
import { testWithTwoWorkers } from '../support/overcoat/with-two-workers.ts';

testWithTwoWorkers(['exec', 'limits', 'privileges', 'reload', 'signals', 'source-limits', 'systemd', 'too-many-clients', 'virtual-hosts']);
