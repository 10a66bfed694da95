/**
 * What may not stand in the sources and biome cannot say. Each ban has its reason, which is the message. A place that has a good
 * reason of its own is listed in `except`, so that this file is the whole list of exceptions.
 */
import type { Finding, Source } from './sources.ts';
import { conclude, lineAt, sources } from './sources.ts';

interface Ban {
  readonly pattern: RegExp;
  /** Path prefixes it holds for. */
  readonly within: readonly string[];
  readonly except?: readonly string[];
  readonly reason: string;
}

const CODE_BANS: readonly Ban[] = [
  {
    pattern: /\bprocess\.(exit|abort|reallyExit)\(/g,
    within: ['src/', 'test/'],
    except: ['src/cli/', 'src/daemon/workers/run-worker.ts', 'src/daemon/workers/worker.ts'],
    reason:
      'ends the process with logs unwritten and tests half-way: throw, or set process.exitCode; only src/cli ends the process, and a worker its own',
  },
  {
    pattern: /\bimport\.meta\b|\bprocess\.(execPath|execArgv|argv0?)\b/g,
    within: ['src/'],
    except: ['src/self.ts', 'src/checkout-loader.ts'],
    reason: 'src/self.ts alone knows where this program is and how it starts itself again, and what loads it where its sources are',
  },
  {
    pattern: /\.pipe\(/g,
    within: ['src/'],
    reason: 'pipe() loses errors and half-close; use stream.pipeline, or the relay',
  },
  {
    pattern: /\._[a-z]\w*|\['_[a-z]\w*'\]/gi,
    within: ['src/', 'test/'],
    reason: 'internals of Node change without notice; sockets of ours have a descriptor without them',
  },
  {
    pattern: /rejectUnauthorized: false/g,
    within: ['src/'],
    except: ['src/tls/'],
    reason: 'only where our own verdict follows (src/tls) may the built-in one be turned off',
  },
  {
    pattern: /from 'node:timers\/promises'/g,
    within: ['test/'],
    except: ['test/support/'],
    reason: 'a sleep passes here and fails on a busy machine: wait for the event, or use eventually()',
  },
  {
    pattern: /\b(suite|test)\.only\(|\bonly: true\b/g,
    within: ['test/'],
    reason: 'silently leaves all other tests out',
  },
  {
    pattern: /\bimport \{[^}]*\b(?:describe|it)\b[^}]*\} from 'node:test'/g,
    within: ['test/'],
    reason: 'tests are written with `suite` and `test`, one dialect for all',
  },
  {
    pattern: /^(?:export )?(?:declare )?(?:const )?(?:enum|namespace) /gm,
    within: ['src/', 'test/', 'tools/', 'bench/'],
    reason: 'Node runs the sources as they are: only syntax that can be erased',
  },
];

/** The project speaks of itself alone: no path of a machine it was written on. Spelled in parts, or this file would be a finding. */
const FOREIGN = new RegExp(['/work', '/tmp/brief', '/root', '/home/\\w+'].map((path) => `(?<![\\w.-])${path}/`).join('|'), 'g');

/** They hold what is banned, in order to find it. */
const OURSELVES = ['tools/check-bans.ts', 'test/tools/checks.test.ts'];

const code = sources(['src', 'test', 'tools', 'bench'], ['.ts', '.mjs', '.js']).filter(({ path }) => !OURSELVES.includes(path));
const everything = sources(['.']).filter(({ path }) => !OURSELVES.includes(path));
conclude(Math.min(code.length, everything.length), [...code.flatMap(codeFindings), ...everything.flatMap(foreignFindings)]);

function codeFindings(file: Source): Finding[] {
  return CODE_BANS.flatMap(({ pattern, within, except = [], reason }) => {
    const starts = (prefix: string): boolean => file.path.startsWith(prefix);
    if (!within.some(starts) || except.some(starts)) return [];
    return [...file.text.matchAll(pattern)].map((match) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      text: `${match[0].trim()} is banned here: ${reason}`,
    }));
  });
}

function foreignFindings(file: Source): Finding[] {
  return [...file.text.matchAll(FOREIGN)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    text: `${match[0]} is a path of somebody's machine`,
  }));
}
