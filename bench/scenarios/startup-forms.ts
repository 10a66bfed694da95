/** What starting costs in each form the program is had in, beside the start of the runtime alone in the same minute. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { installDist } from '../../tools/test/dist.ts';
import type { Material } from '../run.ts';
import { overcoat } from '../subjects/index.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';
import { LISTENING_METRICS, toListening } from './startup.ts';

const ROUNDS = 15;
const CHECKOUT = 'checkout';
/** Each is built when it has its first turn. */
const FORMS = [CHECKOUT, 'npm', 'single'];

const folders = new Map<string, Promise<string>>();

export const startupForms: Scenario = {
  name: 'startup-forms',
  title: 'Start-up by form',
  subjects: FORMS.map((name) => ({ ...overcoat, name })),
  rows: [
    row('`node -e 0`, ms', () => [process.execPath, '-e', '0']),
    row('`overcoat --version`, ms', (program) => [program, '--version']),
    {
      metrics: LISTENING_METRICS,
      mode: 'client',
      rounds: ROUNDS,
      measure: async ({ name }, material) => toListening(served(await commandOf(name, material)), material),
    },
    row('`overcoat exec -- true`, ms', (program) => [program, 'exec', '--', 'true']),
  ],
  obstacle: () => (process.getuid?.() === 0 ? false : 'needs root'),
};

function row(metric: string, argv: (program: string) => readonly string[]): Row {
  return {
    metrics: [metric],
    mode: 'client',
    rounds: ROUNDS,
    measure: async ({ name }, material) => [await durationOf(argv(await commandOf(name, material)))],
  };
}

async function durationOf([program = '', ...words]: readonly string[]): Promise<number> {
  const since = performance.now();
  const child = spawn(program, words, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return performance.now() - since;
}

/** The same configuration as in every other scenario. */
function served(program: string): Subject {
  return { ...overcoat, command: (setup) => [program, ...overcoat.command(setup).slice(1)] };
}

async function commandOf(form: string, material: Material): Promise<string> {
  if (form === CHECKOUT) return overcoat.version[0] ?? '';
  const folder = folders.getOrInsertComputed(form, async () => {
    const { OVERCOAT_TEST_BIN: bin = '' } = await installDist(form, join(material.folder, form));
    return bin;
  });
  return join(await folder, 'overcoat');
}
