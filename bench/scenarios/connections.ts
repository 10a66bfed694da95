/** CPU per connection: connect, TLS, one byte there and back, close. Each proxy with its defaults, and all with one cipher. */
import { Bench } from '../run.ts';
import type { Mode, Setup } from '../subjects/subject.ts';
import type { Row, Scenario } from './scenario.ts';

const WARM = 400;
const MEASURED = 2000;
const PARALLEL = 8;

function row(mode: Mode, resume: boolean, ciphers: Setup['ciphers']): Row {
  // In client mode the proxy itself decides whether it resumes; every one of them does by default.
  const kind = mode === 'client' ? 'as it resumes by default' : resume ? 'resumed' : 'full handshakes';
  return {
    metric: `${mode}, ${kind}${ciphers === 'common' ? ', one common cipher' : ''}, CPU us/connection`,
    mode,
    rounds: 3,
    measure: async (subject, material) => {
      const bench = await Bench.start(subject, mode, material, ciphers);
      try {
        const request = { kind: 'connections', port: bench.listenPort, parallel: PARALLEL, resume } as const;
        await bench.load.ask({ ...request, count: WARM });
        const before = bench.cpu();
        await bench.load.ask({ ...request, count: MEASURED });
        return ((bench.cpu() - before) / MEASURED) * 10 ** 6;
      } finally {
        await bench.stop();
      }
    },
  };
}

export const connections: Scenario = {
  name: 'connections',
  title: 'Short connections',
  rows: [row('client', false, 'defaults'), row('server', false, 'defaults'), row('server', true, 'defaults')],
};

export const connectionsCommon: Scenario = {
  name: 'connections-common',
  title: 'Short connections, all with TLS_AES_128_GCM_SHA256 and X25519',
  rows: [row('client', false, 'common'), row('server', false, 'common'), row('server', true, 'common')],
};
