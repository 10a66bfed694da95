/** What the load generator reaches when nothing stands between its clients and its backend: it must be well above every proxy. */
import { thisMachine } from '../../test/support/program.ts';
import type { Material } from '../run.ts';
import { Backend, Clients } from './load.ts';

const BYTES = 10 ** 9;
const CONNECTIONS = 4000;
const PARALLEL = 8;

/** @returns lines of Markdown */
export async function generatorLimits(material: Material): Promise<string> {
  return [await limitsOf(material, false), await limitsOf(material, true)].join('\n');
}

async function limitsOf(material: Material, withTls: boolean): Promise<string> {
  const backend = await Backend.start({ ...material, withTls, place: thisMachine, host: '127.0.0.1' });
  const clients = new Clients({ ...material, withTls, place: thisMachine, address: backend.address });
  try {
    await (await clients.transfer('up', 1, BYTES / 4))();
    const transfer = await clients.transfer('up', 1, BYTES);
    const before = clients.cpu() + backend.cpu();
    const seconds = await transfer();
    const cost = (clients.cpu() + backend.cpu() - before) / (BYTES / 10 ** 9);
    const bulk = `${(BYTES / 10 ** 6 / seconds).toFixed(0)} MB/s for ${cost.toFixed(2)} CPU s/GB`;
    const rate = async (resume: boolean): Promise<string> =>
      (CONNECTIONS / (await clients.connections(CONNECTIONS, PARALLEL, resume)).seconds).toFixed(0);
    const connections = withTls ? `${await rate(false)} connections/s, ${await rate(true)} resumed` : `${await rate(false)} connections/s`;
    return `- load generator without a proxy, ${withTls ? 'TLS' : 'plain'} at both ends: ${bulk}; ${connections}`;
  } finally {
    clients.stop();
    backend.stop();
  }
}
