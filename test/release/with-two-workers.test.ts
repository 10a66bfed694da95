/** Programs, privileges, reload, signals and systemd, with two workers; the rest is in test/behaviour/. */
// Tests: src/daemon/workers/
import { testWithTwoWorkers } from '../support/overcoat/with-two-workers.ts';

testWithTwoWorkers(['exec', 'privileges', 'reload', 'signals', 'systemd']);
