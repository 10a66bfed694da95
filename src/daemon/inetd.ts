/**
 * inetd mode: a configuration without a section, one client, and it is there already. The same steps as a start, without listeners,
 * signals, a pid file or a background.
 */
import type { Config } from '../config/config.ts';
import { admit } from '../connection/admit.ts';
import { nextConnectionId } from '../connection/connection-id.ts';
import { handleConnection } from '../connection/handle.ts';
import { Life } from '../connection/life.ts';
import { OwnPorts } from '../connection/own-ports.ts';
import { HIGH_WATER_MARK } from '../connection/slabs.ts';
import { OvercoatError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { standardSocket } from '../programs/standard-socket.ts';
import { refuseUnsafeEnvironment } from '../tls/environment.ts';
import type { AskPassphrase } from '../tls/key-material.ts';
import { confine } from './confine.ts';
import { applyEnvironment } from './environment.ts';
import { refuseObstacles } from './preflight.ts';
import { prepareServices } from './services.ts';

/**
 * Serves the client of standard input and output until it is gone. How its connection ended is in the log only.
 * @throws OvercoatError when it could not begin to
 */
export async function serveInetd(config: Config, log: Log, ask: AskPassphrase): Promise<void> {
  const { global } = config;
  refuseUnsafeEnvironment(process.env);
  applyEnvironment(global.setEnv);
  const [service] = await prepareServices(config, ask, log.observe);
  if (service === undefined) throw new OvercoatError('internal', 'a configuration without a service');
  log.observe({ kind: 'configuration-successful' }, { id: 'ui', service: undefined });
  refuseObstacles(config);
  await log.openEarly(global);
  await confine(config, log.observe);
  log.openFiles(global);
  log.accept();
  const { socket, delivered } = standardSocket(HIGH_WATER_MARK);
  const life = new Life(nextConnectionId(service.config.logId), service.config, log.observe);
  life.own('client', socket);
  await handleConnection(admit(socket, life), service, life, { ownPorts: new OwnPorts() });
  await gone(socket);
  await delivered;
}

/** The end of a connection is the order to close; what was written before it still leaves. */
function gone(socket: { readonly closed: boolean; once(name: 'close', listener: () => void): unknown }): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
}
