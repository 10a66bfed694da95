/**
 * The one maker of functions that C calls. What C gets for an exception, or for a result of another type than its own, is whatever lay
 * in a register: a verify callback that throws would accept. So every callback has a value that refuses, which C gets whenever the
 * function does not return an integer; the exception is kept, and whoever made the C call asks for it when that has returned.
 */
import type { Called, Pointer, Signature } from './binding.ts';
import { register } from './binding.ts';

let kept: { readonly error: unknown } | undefined;

/**
 * @param name for the report
 * @param refusal what C gets when `call` throws or returns something else than an integer
 */
export function makeCallback<const Text extends Signature>(name: string, signature: Text, refusal: number, call: Called<Text>): Pointer {
  const answers = !signature.startsWith('void ');
  return register(signature, (...given: never[]): number | undefined => {
    try {
      const result: unknown = (call as unknown as (...given: never[]) => unknown)(...given);
      if (!answers) return undefined;
      if (typeof result === 'number' && Number.isInteger(result)) return result;
      kept ??= { error: new TypeError(`${name} returned ${typeof result} to C, which takes an integer`) };
    } catch (error) {
      kept ??= { error };
    }
    return answers ? refusal : undefined;
  });
}

/** What a callback has thrown since this was last asked; undefined: nothing. The first one, where there were several. */
export function takeThrown(): { readonly error: unknown } | undefined {
  const thrown = kept;
  kept = undefined;
  return thrown;
}
