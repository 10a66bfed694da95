/**
 * Socket options by name, as `socket = a|l|r:NAME=VALUE` gives them: set on a descriptor, or read from one. Layouts are those of Linux
 * on 64-bit machines: int, struct linger (two ints), struct timeval (two 64-bit numbers), interface name with its NUL.
 */
import { getsockopt, setsockopt } from '../libc/sockets.ts';
import { SOCKET_OPTION_NUMBERS } from './socket-option-numbers.ts';

export type SocketOptionValue =
  | { readonly kind: 'flag'; readonly on: boolean }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'linger'; readonly on: boolean; readonly seconds: number }
  | { readonly kind: 'timeval'; readonly seconds: number; readonly microseconds: number }
  | { readonly kind: 'text'; readonly text: string };

/** Errno of an option that does not exist. */
const ENOPROTOOPT = 92;
/** The longest value is a timeval; an interface name has 16 bytes with its NUL. */
const LARGEST_VALUE = 16;

/** @returns 0, or minus errno: minus ENOPROTOOPT for a name that does not exist here */
export function setSocketOption(fd: number, name: string, value: SocketOptionValue): number {
  const number = SOCKET_OPTION_NUMBERS.get(name);
  if (number === undefined) return -ENOPROTOOPT;
  return Math.min(0, setsockopt(fd, number.level, number.name, encode(value)));
}

/** @returns what is set, undefined where it cannot be read (an option that is write-only, a name that does not exist here) */
export function readSocketOption(fd: number, name: string, kind: SocketOptionValue['kind']): SocketOptionValue | undefined {
  const number = SOCKET_OPTION_NUMBERS.get(name);
  if (number === undefined) return undefined;
  const bytes = Buffer.alloc(LARGEST_VALUE);
  const length = getsockopt(fd, number.level, number.name, bytes);
  return length < 0 ? undefined : decode(kind, bytes.subarray(0, length), bytes);
}

function encode(value: SocketOptionValue): Uint8Array {
  switch (value.kind) {
    case 'flag':
      return bytesOf(new Int32Array([value.on ? 1 : 0]));
    case 'int':
      return bytesOf(new Int32Array([value.value]));
    case 'linger':
      return bytesOf(new Int32Array([value.on ? 1 : 0, value.seconds]));
    case 'timeval':
      return bytesOf(new BigInt64Array([BigInt(value.seconds), BigInt(value.microseconds)]));
    case 'text':
      return Buffer.from(`${value.text}\0`, 'utf8');
  }
}

/** @param filled what the kernel wrote; @param bytes the whole buffer, zero behind it */
function decode(kind: SocketOptionValue['kind'], filled: Buffer, bytes: Buffer): SocketOptionValue {
  switch (kind) {
    case 'flag':
      return { kind, on: filled.length > 0 && bytes.readInt32LE(0) !== 0 };
    case 'int':
      return { kind, value: bytes.readInt32LE(0) };
    case 'linger':
      return { kind, on: bytes.readInt32LE(0) !== 0, seconds: bytes.readInt32LE(4) };
    case 'timeval':
      return { kind, seconds: Number(bytes.readBigInt64LE(0)), microseconds: Number(bytes.readBigInt64LE(8)) };
    case 'text':
      return { kind, text: filled.toString('utf8').split('\0')[0] ?? '' };
  }
}

function bytesOf(numbers: Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(numbers.buffer);
}
