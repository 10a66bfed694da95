/**
 * How the C library is called, beside the table of `native/binding.ts`: one function at a time, looked up at its first call. The binding
 * loads then (about 2 ms); `loadLibc()` does it early where the files will be out of reach later (chroot). Calls return what C returned,
 * or minus errno where C says -1: nothing here throws for a failed call, only where the platform has no binding at all.
 */
import { requirePackage } from '../../self.ts';

type Koffi = typeof import('koffi');

let koffi: Koffi | undefined;
let library: ReturnType<Koffi['load']> | undefined;

/** Loads the binding now. @throws Error where the C library cannot be called (no prebuilt binding for this platform). */
export function loadLibc(): void {
  if (library !== undefined) return;
  try {
    koffi = requirePackage('koffi') as Koffi;
    library = koffi.load(null);
  } catch (cause) {
    throw new Error(`the C library cannot be called on ${process.platform} ${process.arch}`, { cause });
  }
}

/**
 * A C function, looked up at its first call, with the result that C gives.
 * @param prototype as C writes it
 * @param types defines those that the prototype names, before it is looked up
 */
export function bindFunction<Arguments extends readonly unknown[]>(
  prototype: string,
  types?: () => void,
): (...given: Arguments) => unknown {
  let bound: ((...given: readonly unknown[]) => unknown) | undefined;
  return (...given) => {
    if (bound === undefined) {
      loadLibc();
      types?.();
      bound = (library as NonNullable<typeof library>).func(prototype) as unknown as (...given: readonly unknown[]) => unknown;
    }
    return bound(...given);
  };
}

/** The same for functions that return a number. A result of -1 becomes minus errno. */
export function bindCall<Arguments extends readonly unknown[]>(prototype: string, types?: () => void): (...given: Arguments) => number {
  const call = bindFunction<Arguments>(prototype, types);
  return (...given) => {
    const result = call(...given);
    return result === -1 ? -errno() : Number(result);
  };
}

/** Of the last call. */
export function errno(): number {
  return (koffi as Koffi).errno();
}

/** Makes structs known, once: prototypes that are bound from then on may name them. @param all by name, with their members in order */
export function structs(all: Readonly<Record<string, Readonly<Record<string, string>>>>): () => void {
  let defined = false;
  return () => {
    if (defined) return;
    defined = true;
    for (const [name, members] of Object.entries(all)) (koffi as Koffi).struct(name, members);
  };
}

/** C's own memory, not a copy. It must outlive the view. */
export function viewMemory(address: bigint, bytes: number): ArrayBuffer {
  return (koffi as Koffi).view(address, bytes);
}
