/** One row of the table, held with one server. */
import { within } from '../eventually.ts';
import { Over, RawTls } from './client.ts';
import type { Identities, Row, Talk } from './row.ts';

/** @returns what the server made of it: for each connection what became of it, several parted by ` | ` */
export async function holdRow({ version, hold }: Row, port: number, who: Identities): Promise<string> {
  const outcomes: string[] = [];
  const one = async (talk: (tls: RawTls) => Promise<void>): Promise<void> => {
    const tls = new RawTls(version, port);
    const at = outcomes.push('') - 1;
    try {
      await within('the conversation is over', talk(tls));
    } catch (error) {
      if (!(error instanceof Over)) tls.trace.push(`broken: ${error}`);
      else if (error.ended && !/^(fatal|warning close_notify)/.test(tls.trace.at(-1) ?? '')) tls.trace.push('closed');
    } finally {
      tls.destroy();
    }
    outcomes[at] = tls.trace.join(', ');
  };
  const talk: Talk = { who, again: one };
  await one((tls) => hold(tls, talk));
  return outcomes.join(' | ');
}
