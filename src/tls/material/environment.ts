/** Switches in the environment that would take a protection away behind the configuration's back. */
import { OvercoatError } from '../../errors.ts';

/**
 * Refuses to go on where the environment tells Node not to verify. Nothing here relies on that switch (verification is always
 * our own and explicit), but whoever has it set believes in something that must not be.
 * @throws OvercoatError `start_environment`, naming the variable
 */
export function refuseUnsafeEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  const value = environment['NODE_TLS_REJECT_UNAUTHORIZED'];
  if (value === undefined || value === '' || value === '1') return;
  throw new OvercoatError(
    'start_environment',
    `NODE_TLS_REJECT_UNAUTHORIZED=${value} is set: it switches certificate verification off; unset it and start again`,
  );
}
