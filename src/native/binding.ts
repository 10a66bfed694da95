/**
 * Calling C: a table of signatures becomes an object of functions, with types that follow from the same text. Pointers are `bigint`,
 * NULL is `null`; nothing here knows what they point to. A name that the library lacks is said at load, not at the first call.
 */
import { requirePackage } from '../self.ts';

type Koffi = typeof import('koffi');

const koffi = requirePackage('koffi') as Koffi;

/** An address in memory that C gave us. Only the class that owns it may keep one. */
export type Pointer = bigint;

/** What a `void *` argument may be: an address, or memory of JavaScript's, which C may use until the call returns. */
export type Memory = Pointer | Uint8Array | null;

interface Results {
  void: undefined;
  int: number;
  uint: number;
  long: number;
  size_t: number;
  uint64_t: number | bigint;
  'void *': Pointer | null;
  'const char *': string | null;
}

interface Arguments {
  int: number;
  uint: number;
  long: number;
  size_t: number;
  uint64_t: number | bigint;
  'void *': Memory;
  'const char *': string | null;
}

type Split<Text extends string> = Text extends `${infer First}, ${infer Rest}` ? [First, ...Split<Rest>] : Text extends '' ? [] : [Text];
type Given<Types extends readonly string[]> = {
  [Index in keyof Types]: Types[Index] extends keyof Arguments ? Arguments[Types[Index]] : never;
};
type Seen<Types extends readonly string[]> = { [Index in keyof Types]: Types[Index] extends keyof Results ? Results[Types[Index]] : never };
type ResultOf<Text extends string> = Text extends keyof Results ? Results[Text] : never;

/** `RESULT (ARGUMENT, ARGUMENT)`, with the types of `Results`. */
export type Signature = `${string} (${string})`;

/** The function a signature describes, as JavaScript calls it. */
export type Callable<Text extends Signature> = Text extends `${infer Result} (${infer List})`
  ? (...given: Given<Split<List>>) => ResultOf<Result>
  : never;

/** The same as C calls it: pointers arrive as addresses. */
export type Called<Text extends Signature> = Text extends `${infer Result} (${infer List})`
  ? (...given: Seen<Split<List>>) => ResultOf<Result>
  : never;

export type Bound<Table extends Readonly<Record<string, Signature>>> = { readonly [Name in keyof Table]: Callable<Table[Name]> };

export type Library = ReturnType<Koffi['load']>;

/** What the executable itself exports: the C library, libuv, and the OpenSSL the runtime was built with. */
export function ownSymbols(): Library {
  return koffi.load(null);
}

/**
 * A shared library. `deep` because the executable's own symbols would otherwise win over those of the library's friends: a mixture of
 * two OpenSSLs crashes.
 */
export function sharedLibrary(path: string): Library {
  return koffi.load(path, { deep: true });
}

/** Thrown by `bind`; `missing` is the name that was looked for in vain. */
export class MissingSymbol extends Error {
  readonly missing: string;
  constructor(missing: string) {
    super(`the library has no ${missing}`);
    this.missing = missing;
  }
}

/**
 * Looks up every name of a table.
 * @param libraries asked in this order
 * @throws MissingSymbol
 */
export function bind<const Table extends Readonly<Record<string, Signature>>>(libraries: readonly Library[], table: Table): Bound<Table> {
  const bound: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(table)) {
    const found = lookUp(libraries, name, signature);
    if (found === undefined) throw new MissingSymbol(name);
    bound[name] = found;
  }
  return bound as Bound<Table>;
}

/** The same, where a name that is missing is no error. */
export function bindOptional<const Table extends Readonly<Record<string, Signature>>>(
  libraries: readonly Library[],
  table: Table,
): Partial<Bound<Table>> {
  const found = Object.entries(table).map(([name, signature]) => [name, lookUp(libraries, name, signature)] as const);
  return Object.fromEntries(found.filter(([, call]) => call !== undefined)) as Partial<Bound<Table>>;
}

function lookUp(libraries: readonly Library[], name: string, signature: Signature): unknown {
  const [result, parameters] = partsOf(signature);
  for (const library of libraries) {
    try {
      return library.func(name, result, parameters);
    } catch {
      // not in this one; a type that is wrong throws for every library and is then reported as missing
    }
  }
  return undefined;
}

/** Registers a function that C may call for as long as the process lives. */
export function register(signature: Signature, call: (...given: never[]) => unknown): Pointer {
  const [result, parameters] = partsOf(signature);
  return koffi.register(call, koffi.pointer(koffi.proto(result, parameters)));
}

function partsOf(signature: Signature): readonly [result: string, parameters: string[]] {
  const open = signature.indexOf(' (');
  const list = signature.slice(open + 2, -1);
  return [signature.slice(0, open), list === '' ? [] : list.split(', ')];
}

/** errno of the last call. Ask at once: the runtime makes calls of its own. */
export function errno(): number {
  return koffi.errno();
}

/** Memory of C's as bytes, without a copy; valid for as long as C leaves it there. */
export function viewOf(pointer: Pointer, length: number): Uint8Array {
  return new Uint8Array(koffi.view(pointer, length));
}

const own = bind([ownSymbols()], { memcpy: 'void * (void *, void *, size_t)', strnlen: 'size_t (void *, size_t)' });

/** A copy of memory of C's. */
export function copyOf(pointer: Pointer | null, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pointer === null ? 0 : Math.max(0, length));
  if (bytes.length > 0) own.memcpy(bytes, pointer, bytes.length);
  return bytes;
}

/** Text of C's up to its NUL, or its first `atMost` bytes. Nothing behind the NUL is read: its memory may end there. */
export function textAt(pointer: Pointer, atMost: number): string {
  return Buffer.from(copyOf(pointer, own.strnlen(pointer, atMost))).toString('utf8');
}

/** Fills bytes that are there already from memory of C's: what is made for a call alone costs more than the call. */
export function fillFrom(bytes: Uint8Array, pointer: Pointer): void {
  own.memcpy(bytes, pointer, bytes.length);
}

/** Copies bytes to memory of C's, which must have the room. */
export function copyTo(pointer: Pointer, bytes: Uint8Array): void {
  if (bytes.length > 0) own.memcpy(pointer, bytes, bytes.length);
}

/** Where the bytes of a view lie. The memory must not move: that of an ArrayBuffer does not. */
export function addressOf(bytes: Uint8Array): Pointer {
  return koffi.address(bytes);
}
