/**
 * inetd mode: a configuration without a section, one client, and it is there already. The same steps as a start, without listeners,
 * signals, a pid file or a background.
 */
import type { Config } from '../config/config.ts';
import { acceptedClient, beginConnection } from '../connection/accept/accepted.ts';
import { OwnPorts } from '../connection/dial/own-ports.ts';
import { handleConnection } from '../connection/handle.ts';
import { OvercoatError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { standardClient } from '../programs/standard-socket.ts';
import { refuseUnsafeEnvironment } from '../tls/material/environment.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import { prepareLibrary } from '../tls/material/providers.ts';
import { confine } from './process/confine.ts';
import { applyEnvironment } from './process/environment.ts';
import { refuseObstacles } from './process/preflight.ts';
import { prepareServices } from './services.ts';

/**
 * Serves the client of standard input and output until it is gone. How its connection ended is in the log only.
 * @throws OvercoatError when it could not begin to
 */
export async function serveInetd(config: Config, log: Log, ask: AskPassphrase): Promise<void> {
  const { global } = config;
  refuseUnsafeEnvironment(process.env);
  applyEnvironment(global.setEnv);
  prepareLibrary(global);
  const [service] = await prepareServices(config, ask, log.observe);
  if (service === undefined) throw new OvercoatError('internal', 'a configuration without a service');
  log.observe({ kind: 'configuration-successful' }, { id: 'ui', service: undefined });
  refuseObstacles(config);
  await log.openEarly(global);
  await confine(config, log.observe);
  log.openFiles(global);
  log.accept();
  const { leg, delivered } = standardClient();
  const life = beginConnection(leg, service, log);
  await handleConnection(acceptedClient(leg, life), service, life, { ownPorts: new OwnPorts() });
  await new Promise<void>((resolve) => leg.onGone(resolve)); // what was written before its end has left
  await delivered;
}
