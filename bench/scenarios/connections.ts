/** CPU per connection: connect, TLS, one byte there and back, close. Each proxy with its defaults, and all with one cipher. */
import type { BenchOptions } from '../run.ts';
import { Bench } from '../run.ts';
import type { Mode } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';
import { standing } from './standing.ts';

/** What is measured is how a proxy goes on, not how it begins: ours compiles what it runs often. */
const WARM = 3000;
const MEASURED = 1000;
const PARALLEL = 8;
const ROUNDS = 25;

/**
 * @param resume whether TLS clients resume; in client mode the proxy itself decides that, and every one of them does by default
 * @param count connections of one measurement
 */
export function connectionsRow(mode: Mode, resume: boolean, options: BenchOptions = {}, count = MEASURED): Row {
  const kind = mode === 'client' ? 'as it resumes by default' : resume ? 'resumed' : 'full handshakes';
  const what = `${mode}, ${kind}`;
  return standing({
    metrics: [...metricsOf(what), ...(resume ? [`${what}, % that did resume`] : [])],
    mode,
    rounds: ROUNDS,
    warmUp: (bench) => bench.clients.connections(WARM, PARALLEL, resume),
    turn: (bench) => measured(bench, resume, count),
    options,
  });
}

/** Client mode, each proxy started anew for each measurement. */
export function freshConnectionsRow(options: BenchOptions): Row {
  return {
    metrics: metricsOf('client, as it resumes by default'),
    mode: 'client',
    rounds: ROUNDS,
    measure: (subject, material) =>
      Bench.during(
        subject,
        'client',
        material,
        async (bench) => {
          await bench.clients.connections(WARM, PARALLEL, false);
          return measured(bench, false, MEASURED);
        },
        options,
      ),
  };
}

function metricsOf(what: string): readonly string[] {
  return [`${what}, CPU us/connection`, `${what}, connections/s`];
}

async function measured(bench: Bench, resume: boolean, count: number): Promise<number[]> {
  const before = bench.cpu();
  const { seconds, resumed } = await bench.clients.connections(count, PARALLEL, resume);
  const cost = ((bench.cpu() - before) / count) * 10 ** 6;
  return [cost, count / seconds, ...(resume ? [resumed * 100] : [])];
}

export const connections: Scenario = {
  name: 'connections',
  title: 'Short connections',
  rows: [connectionsRow('client', false), connectionsRow('server', false), connectionsRow('server', true)],
};

const COMMON = { ciphers: 'common' } as const;

export const connectionsCommon: Scenario = {
  name: 'connections-common',
  title: 'Short connections, all with TLS_AES_128_GCM_SHA256 and X25519',
  rows: [connectionsRow('client', false, COMMON), connectionsRow('server', false, COMMON), connectionsRow('server', true, COMMON)],
};
