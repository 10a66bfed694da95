/** Runs a configuration that was built from a command line: in the foreground, never reloaded. */
import type { Config } from '../../config/config.ts';
import type { Launch } from '../../daemon/launch.ts';
import type { WatchChoice } from '../args/command.ts';
import type { ServeOptions } from '../serve.ts';
import { serve } from '../serve.ts';
import { withWatch } from '../watch-choice.ts';

/**
 * @param watch a command has a control socket unless it is told otherwise
 * @param surround what stands around the daemon while it serves
 * @returns the exit code
 */
export function serveCommand(config: Config, watch: WatchChoice, surround?: ServeOptions['surround']): Promise<number> {
  const watched = withWatch(withWatch(config, { status: undefined, control: { kind: 'auto' } }), watch);
  const launch: Launch = { source: undefined, style: 'overcoat', read: () => ({ ok: true, config: watched }) };
  return serve({ launch, background: undefined, ...(surround === undefined ? {} : { surround }) });
}
