/**
 * The small name server as a program, for hosts of a test network:
 * `node name-server.ts ADDRESS '{"one.example.test": "10.77.2.2"}'` answers A and AAAA questions on port 53.
 */
import { isIPv6 } from 'node:net';
import { startDnsServer } from '../peers/dns-server.ts';

const [address = '', table = '{}'] = process.argv.slice(2);
const names = new Map(Object.entries(JSON.parse(table) as Record<string, string>));

await startDnsServer(
  (name, type) => {
    const data = names.get(name.toLowerCase());
    if (data === undefined) return { rcode: 3 };
    const family = isIPv6(data) ? 'AAAA' : 'A';
    return { answers: type === family ? [{ type: family, name, data, ttl: 60 }] : [] };
  },
  address,
  53,
);
process.stdout.write('ready\n');
