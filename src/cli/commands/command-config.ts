/** Runs a configuration that was built from a command line: in the foreground, never reloaded. */
import type { Config } from '../../config/config.ts';
import type { Launch } from '../../daemon/launch.ts';
import type { ServeOptions } from '../serve.ts';
import { serve } from '../serve.ts';

/**
 * @param surround what stands around the daemon while it serves
 * @returns the exit code
 */
export function serveCommand(config: Config, surround?: ServeOptions['surround']): Promise<number> {
  const launch: Launch = { source: undefined, style: 'overcoat', read: () => ({ ok: true, config }) };
  return serve({ launch, background: undefined, ...(surround === undefined ? {} : { surround }) });
}
