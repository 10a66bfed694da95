/** Relay and reload under load, with two workers. What starts many daemons and less often differs is in test/release/. */
// Tests: src/daemon/workers/
import { testWithTwoWorkers } from '../support/overcoat/with-two-workers.ts';

testWithTwoWorkers(['endings', 'reload-under-load']);
