/**
 * What the launcher says to the runtime in the environment: where compiled code is kept, and how the event loop asks the kernel.
 * Programs that we start must not hear it, so the variables are taken out; only our own process in the background gets them back.
 */

const VARIABLES = ['NODE_COMPILE_CACHE', 'UV_USE_IO_URING'] as const;
const given = VARIABLES.flatMap((name) => {
  const value = process.env[name];
  return value === undefined ? [] : [[name, value] as const];
});

export function forgetRuntimeEnvironment(): void {
  for (const name of VARIABLES) delete process.env[name];
}

/** For a process that runs this program again. */
export function runtimeEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(given);
}
