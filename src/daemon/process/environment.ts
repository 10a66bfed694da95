/** `setEnv`: variables of the process itself, and so of the programs it starts. */
import type { GlobalConfig } from '../../config/config.ts';

/** Applied in order; an empty value removes the variable. */
export function applyEnvironment(variables: GlobalConfig['setEnv'], environment: NodeJS.ProcessEnv = process.env): void {
  for (const { name, value } of variables) {
    if (value === '') delete environment[name];
    else environment[name] = value;
  }
}
