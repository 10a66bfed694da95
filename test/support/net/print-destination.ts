/** A listener for interception tests, run inside a host: prints one JSON line for every connection and closes it. Argv: PORT. */
import { isLocalAddress } from '../../../src/linux/network/local-addresses.ts';
import { originalDestination } from '../../../src/linux/sockets/original-destination.ts';
import { setTransparent } from '../../../src/linux/sockets/transparent.ts';
import { bindTcp } from '../../../src/sockets/bound-socket.ts';
import { DescriptorListener } from '../../../src/sockets/listener.ts';
import { PlainLeg } from '../../../src/sockets/plain-leg.ts';

const bound = bindTcp({ address: '::', port: Number(process.argv[2]) });
const listener = new DescriptorListener(bound.fd(), {
  accepted: (socket) => {
    const leg = new PlainLeg(socket);
    const localAddress = leg.local?.address;
    const destination = originalDestination(leg.descriptor, { remoteAddress: leg.remote?.address, remotePort: leg.remote?.port });
    const local = isLocalAddress(localAddress ?? '');
    process.stdout.write(`${JSON.stringify({ destination, local, localAddress, localPort: leg.local?.port })}\n`);
    leg.write(Buffer.from('seen\n'), () => leg.end('close'));
  },
  failed: (error) => {
    throw error;
  },
});
process.stdout.write(`listening ${setTransparent(listener.fd, 6)}\n`);
