/** Is this client admitted by /etc/hosts.allow and /etc/hosts.deny? Only services with `libwrap` ask, and only of IP clients. */
import { OvercoatError } from '../../errors.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Service } from '../record.ts';
import type { AccessVerdict } from './host-files.ts';
import { judgeAccess } from './host-files.ts';
import { partyName } from './party-name.ts';
import type { Party } from './patterns.ts';

/**
 * Judges the address of the leg, not that of a PROXY header: the header is read later, and the rules are about who connects to us.
 * @throws OvercoatError `access_refused`
 */
export async function checkAccess({ leg, client }: Accepted, { config }: Service, life: Life): Promise<void> {
  if (!config.libwrap) return;
  const { remote, local } = leg;
  if (remote === undefined || local === undefined) return;
  const judged = judgeAccess({ daemon: config.name, client: party(remote), server: party(local) });
  const expired = () => new OvercoatError('access_refused', `The name of ${remote.address} was not found within TIMEOUTbusy`);
  const verdict = await life.wait<AccessVerdict>({ on: 'client', limitMs: config.limits.busyMs, expired }, (done, fail) => {
    judged.then(done, fail);
    return () => undefined;
  });
  life.emit({ kind: 'access-checked', client, permitted: verdict.permitted, problem: verdict.problem });
  if (!verdict.permitted) throw new OvercoatError('access_refused', `${client} is refused by libwrap`);
}

function party({ address, port }: { readonly address: string; readonly port: number }): Party {
  return { address, name: () => partyName(address, port) };
}
