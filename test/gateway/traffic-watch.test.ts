/** What becomes of the kernel's counters: one warning a host and port, and figures that only grow. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TrafficWatch } from '../../src/gateway/traffic-watch.ts';
import type { Flow } from '../../src/gateway/unwrapped.ts';
import type { DaemonEvent } from '../../src/observe/daemon-events.ts';

function watched(): { readonly look: (flows: readonly Flow[], restBytes?: number) => void; readonly events: () => readonly DaemonEvent[] } {
  let events: DaemonEvent[] = [];
  const watch = new TrafficWatch((event) => events.push(event));
  return {
    look: (flows, restBytes = 0) => watch.look({ flows, restBytes }),
    events: () => {
      const all = events;
      events = [];
      return all;
    },
  };
}

const flow = (different: Partial<Flow> = {}): Flow => ({
  host: '192.168.1.20',
  transport: 'tcp',
  port: 1935,
  packets: 10,
  bytes: 1000,
  ...different,
});
const warned = (events: readonly DaemonEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'sent-in-clear' ? [`${event.host} ${event.port} ${event.protocol}`] : []));
const grown = (events: readonly DaemonEvent[]): unknown[] =>
  events.flatMap((event) => (event.kind === 'unwrapped-counted' ? event.grown.map(({ protocol, bytes }) => [protocol, bytes]) : []));

suite('traffic that goes past us', () => {
  test('is warned of once for each host and port, where the protocol is known to be clear', () => {
    const { look, events } = watched();
    const all = [flow(), flow({ port: 25 }), flow({ port: 443 }), flow({ port: 7000 }), flow({ transport: 'udp', port: 143 })];
    look([...all, flow({ host: 'fd00::1', port: 143, packets: 3 })]);
    assert.deepEqual(warned(events()), ['192.168.1.20 1935 RTMP', '192.168.1.20 25 SMTP']);
    look([flow({ bytes: 2000 }), flow({ host: 'fd00::1', port: 143, packets: 4 })]);
    assert.deepEqual(warned(events()), ['fd00::1 143 IMAP'], 'and not of a connection that nobody answered');
  });

  test('is told when it has grown, by what it has grown', () => {
    const { look, events } = watched();
    look([flow()], 10);
    assert.deepEqual(grown(events()), [
      ['RTMP', 1000],
      ['other', 10],
    ]);
    look([flow()], 10);
    assert.deepEqual(grown(events()), []);
    look([flow({ bytes: 1500 }), flow({ port: 443, bytes: 7 })], 10);
    assert.deepEqual(grown(events()), [
      ['RTMP', 500],
      ['encrypted', 7],
    ]);
    look([flow({ bytes: 300 })]);
    assert.deepEqual(grown(events()), [['RTMP', 300]], 'a table that was made anew begins again');
  });

  test('costs no more the more hosts there are', () => {
    const { look, events } = watched();
    look(Array.from({ length: 5000 }, (_, index) => flow({ host: `10.0.${index >> 8}.${index & 255}` })));
    const all = events();
    assert.equal(warned(all).length, 1000);
    assert.deepEqual(
      all.flatMap((event) => (event.kind === 'unwrapped-counted' ? [event.flows.length] : [])),
      [50],
    );
  });
});
