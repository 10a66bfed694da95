/** What is to be watched for services that want to see renewals: each rhythm is one order. */
import type { ServiceConfig } from '../../config/config.ts';
import type { FilesRead } from '../../start-files.ts';
import { isOfStore, isReadOnce, questionOf } from '../../start-files.ts';
import { fromStartFolder, startFolder } from '../process/start-folder.ts';
import type { WatchOrder } from './file-watch.ts';

/** A look where notices of the kernel should have come: some file systems give none. */
const NET_MS = 30_000;

interface Watchable {
  readonly config: Pick<ServiceConfig, 'reloadCerts' | 'name'>;
  readonly files: { readonly tls: FilesRead };
}

/** A pipe has nothing to be watched: what it held was read, and is gone. */
export function watchOrders(services: readonly Watchable[]): readonly WatchOrder[] {
  const questions = new Map<number | 'watch', Set<string>>();
  for (const { config, files } of services) {
    const wanted = config.reloadCerts;
    if (wanted === 'no') continue;
    const asked = questionsOf(files.tls).filter((question) => !isPipe(question));
    if (asked.length === 0) continue;
    const rhythm = wanted === 'watch' ? wanted : wanted.everyMs;
    questions.set(rhythm, (questions.get(rhythm) ?? new Set()).union(new Set(asked)));
  }
  const folder = startFolder();
  return [...questions].map(([rhythm, asked]) => ({
    questions: [...asked].sort(),
    folder,
    everyMs: rhythm === 'watch' ? NET_MS : rhythm,
    notices: rhythm === 'watch',
  }));
}

/** What is to be renewed and cannot be, a line for each. */
export function unwatched(services: readonly Watchable[]): readonly string[] {
  const renewed = services.filter(({ config }) => config.reloadCerts !== 'no');
  const lines = renewed.flatMap(({ config, files }) => {
    const pipes = questionsOf(files.tls).filter(isPipe);
    return pipes.map(
      (question) => `Service [${config.name}]: ${questionOf(question).path} is a pipe, which can be read once: it is not renewed`,
    );
  });
  return [...new Set(lines)];
}

function questionsOf(files: FilesRead): readonly string[] {
  return [...files.keys()].filter((question) => !isOfStore(question));
}

function isPipe(question: string): boolean {
  return isReadOnce(fromStartFolder(questionOf(question).path));
}
