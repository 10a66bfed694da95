/**
 * The rules of `gateway up`, looked after by a service that they lead to: nobody owns them, so that a firewall that flushes the ruleset would have
 * everything forwarded in clear from then on. Only root sees tables, and can put them back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { NETLINK, NetlinkWatch } from '../../linux/network/netlink-watch.ts';
import type { DaemonEvent } from '../../observe/daemon-events.ts';
import { putBackTables, tablesStand } from './apply.ts';
import type { GatewayState } from './state.ts';
import { readState } from './state.ts';

/** How often the kernel is asked whether anybody has changed rules. */
const LISTEN_MS = 200;
/** Whoever installs or removes the rules on purpose is done within this. */
const SETTLE_MS = 500;

/**
 * From here on, for as long as the process lives; it keeps nothing alive.
 * @param leadsToUs whether rules hand connections to a service of this process
 */
export function watchInstalled(leadsToUs: (listenPort: number) => boolean, tell: (event: DaemonEvent) => void): void {
  const changes = new NetlinkWatch(NETLINK.rules);
  let looking = false;
  /** They could not be put back, which was said. */
  let lost = false;
  const missing = async (): Promise<GatewayState | undefined> => {
    const state = readState();
    if (state?.installedBy !== 'up' || state.ending === true || !leadsToUs(state.rules.listenPort)) return undefined;
    return (await tablesStand(state)) ? undefined : state;
  };
  const look = async (): Promise<void> => {
    if ((await missing()) === undefined) return;
    await delay(SETTLE_MS, undefined, { ref: false });
    const state = await missing();
    if (state === undefined) return;
    if (!lost) tell({ kind: 'interception-lost', what: 'tables' });
    try {
      await putBackTables(state);
      lost = false;
    } catch (cause) {
      if (!lost) tell({ kind: 'interception-not-restored', what: 'tables', text: (cause as Error).message });
      lost = true;
    }
  };
  setInterval(() => {
    if (!changes.changed() || looking || process.getuid?.() !== 0) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LISTEN_MS).unref();
}
