/** Memory that is a file, shared or sealed, and freed memory given back. */
import { bindCall, bindFunction, errno, viewMemory } from './call.ts';
import { controlDescriptor } from './descriptors.ts';

const READ_AND_WRITE = 3;
const MAP_SHARED = 1;
const MEMORY_CLOSE_ON_EXEC = 1;
const MEMORY_SEALABLE = 2;
const ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW; then with F_SEAL_WRITE. */
const SIZE_SEALS = 0x7;
const ALL_SEALS = 0xf;
const callMemfdCreate = bindCall<[name: string, flags: number]>('int memfd_create(const char *, unsigned int)');
const callMmap = bindFunction<[where: null, bytes: number, access: number, flags: number, fd: number, offset: number]>(
  'void *mmap(void *, size_t, int, int, int, int64_t)',
);

/** memfd_create(2): memory as a file without a name, closed on exec. Linux only. */
export function memfdCreate(name: string): number {
  return callMemfdCreate(name, MEMORY_CLOSE_ON_EXEC);
}

/** The same, for content or a size that will be sealed. */
export function sealableMemfd(name: string): number {
  return callMemfdCreate(name, MEMORY_CLOSE_ON_EXEC | MEMORY_SEALABLE);
}

/** fcntl(F_ADD_SEALS): nobody changes this memory any more, its size and its seals neither. */
export function sealMemory(fd: number): number {
  return controlDescriptor(fd, ADD_SEALS, ALL_SEALS);
}

/** fcntl(F_ADD_SEALS): this memory stays as large as it is, and its seals stay. It may be mapped and written. */
export function sealSize(fd: number): number {
  return controlDescriptor(fd, ADD_SEALS, SIZE_SEALS);
}

/** ftruncate(2). */
export const ftruncate = bindCall<[fd: number, bytes: number]>('int ftruncate(int, int64_t)');

/** mmap(2) of a file from its beginning, written through to all who map it, until this process ends; or minus errno. */
export function mapShared(fd: number, bytes: number): ArrayBuffer | number {
  const pointer = callMmap(null, bytes, READ_AND_WRITE, MAP_SHARED, fd, 0) as bigint;
  return BigInt.asIntN(64, pointer) === -1n ? -errno() : viewMemory(pointer, bytes);
}

/** malloc_trim(3): gives freed memory back to the kernel. glibc only. */
export const mallocTrim = bindCall<[pad: number]>('int malloc_trim(size_t)');
