/** What is to be watched for services that want to see renewals: each rhythm is one order. */
import type { ServiceConfig } from '../../config/config.ts';
import type { FilesRead } from '../../start-files.ts';
import { isOfStore } from '../../start-files.ts';
import { startFolder } from '../process/start-folder.ts';
import type { WatchOrder } from './file-watch.ts';

/** A look where notices of the kernel should have come: some file systems give none. */
const NET_MS = 30_000;

interface Watchable {
  readonly config: Pick<ServiceConfig, 'reloadCerts'>;
  readonly files: { readonly tls: FilesRead };
}

export function watchOrders(services: readonly Watchable[]): readonly WatchOrder[] {
  const questions = new Map<number | 'watch', Set<string>>();
  for (const { config, files } of services) {
    const wanted = config.reloadCerts;
    if (wanted === 'no') continue;
    const rhythm = wanted === 'watch' ? wanted : wanted.everyMs;
    const known = questions.get(rhythm) ?? new Set();
    questions.set(rhythm, known);
    for (const question of files.tls.keys()) if (!isOfStore(question)) known.add(question);
  }
  const folder = startFolder();
  return [...questions].map(([rhythm, asked]) => ({
    questions: [...asked].sort(),
    folder,
    everyMs: rhythm === 'watch' ? NET_MS : rhythm,
    notices: rhythm === 'watch',
  }));
}
