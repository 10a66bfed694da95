/** The relay through `overcoat gateway`, between two other hosts (network namespaces), against a plain service on the same host. */
import { openThreeHosts } from '../../test/support/net/netns.ts';
import { requires } from '../../test/support/requirements.ts';
import type { BenchOptions } from '../run.ts';
import { fixed, intercepting } from '../subjects/variants.ts';
import { bulkRow } from './bulk.ts';
import { freshConnectionsRow } from './connections.ts';
import type { Row, Scenario } from './scenario.ts';

export const gateway: Scenario = {
  name: 'gateway',
  title: 'Gateway between two hosts, against a service with a fixed target on the same machine',
  rows: [betweenHosts((options) => bulkRow('client', 1, options)), betweenHosts((options) => freshConnectionsRow(options))],
  subjects: [intercepting, fixed],
  obstacle: () => requires({ netns: true, packages: ['iproute2', 'nftables'] }),
};

/** The same row with the three parties on three hosts. One cipher for both, since what runs without a file prefers another one. */
function betweenHosts(row: (options: BenchOptions) => Row): Row {
  return {
    ...row({}),
    measure: async (subject, material) => {
      const { sender, gateway: middle, receiver, lan, wan, close } = openThreeHosts();
      const site = { clients: sender, proxy: middle, backend: receiver, listenHost: lan.right.v4, targetHost: wan.right.v4 };
      const between = row({ site, ciphers: 'common' });
      try {
        return await between.measure(subject, material);
      } finally {
        await between.over?.();
        close();
      }
    },
  };
}
