/** Overcoat while it is looked at in each of its ways, against one that nobody can look at. */
import { request } from 'node:http';
import { join } from 'node:path';
import { overcoat, stunnelConfig, write } from './index.ts';
import type { Setup, Subject } from './subject.ts';

const OVERCOAT = overcoat.version[0] ?? '';
/** Oftener than Prometheus asks by default, which is once in 15 s. */
const SCRAPE_MS = 5000;
/** How often a page asks, and what its view of streams does, which is the largest of its answers. */
const PAGE_MS = 2000;
const PAGE = ['/api/v1/status', '/api/v1/connections?sort=silent&limit=100'] as const;

function variant(name: string, globals: (setup: Setup) => readonly string[]): Subject {
  return {
    ...overcoat,
    name,
    modes: ['client'],
    command: (setup) => [OVERCOAT, 'run', write(setup, 'overcoat.conf', stunnelConfig(setup, globals(setup)))],
  };
}

const controlSocket = ({ folder }: Setup): string => join(folder, 'control.sock');

export const unobserved = variant('everything off', () => ['control = no']);

export const askable = variant('a control socket nobody asks', (setup) => [`control = ${controlSocket(setup)}`]);

/** One scraper, and one page that is open. */
export const observed: Subject = {
  ...variant('metrics and page', (setup) => [`control = ${controlSocket(setup)}`]),
  watch: watched,
};

/** The same, and one that follows every event: `overcoat connections --follow`. */
export const followed: Subject = {
  ...variant('metrics, page and a reader of events', (setup) => [`control = ${controlSocket(setup)}`]),
  watch: async (setup) => {
    const unwatch = await watched(setup);
    const follower = request({ socketPath: controlSocket(setup), path: '/api/v1/events' }, (answer) =>
      answer.on('error', () => undefined).resume(),
    );
    follower.on('error', () => undefined).end();
    return () => {
      unwatch();
      follower.destroy();
    };
  },
};

async function watched(setup: Setup): Promise<() => void> {
  const ask = (path: string): Promise<void> => askOnce(controlSocket(setup), path);
  for (const path of ['/metrics', ...PAGE]) await ask(path);
  const scraper = setInterval(() => void ask('/metrics'), SCRAPE_MS);
  const page = setInterval(() => void Promise.all(PAGE.map(ask)), PAGE_MS);
  return () => {
    clearInterval(scraper);
    clearInterval(page);
  };
}

export const recorded = variant('records', (setup) => ['control = no', `records = ${join(setup.folder, 'records')}`]);

/** Resolves when the answer is over, or when nobody gives one. */
function askOnce(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path }, (answer) =>
      answer
        .once('close', resolve)
        .on('error', () => undefined)
        .resume(),
    );
    asked.once('error', () => resolve()).end();
  });
}
