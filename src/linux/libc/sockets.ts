/** Sockets: made, bound, connected, their options, descriptors sent over them, and the network devices they name. */
import { bindCall, bindFunction, structs } from './call.ts';
import { setCloseOnExec } from './descriptors.ts';

/** IF_NAMESIZE. */
const INTERFACE_NAME_BYTES = 16;
const UNIX_DOMAIN = 1;
const STREAM = 1;
const DO_NOT_WAIT = 0x40;
const NO_SIGPIPE = 0x4000;
/** Descriptors that arrive are closed on exec. */
const RECEIVE_CLOSE_ON_EXEC = 0x4000_0000;
/** `length` is in and out: the size of `value`, then how much of it was filled. */
const callGetsockopt = bindCall<[fd: number, level: number, name: number, value: Uint8Array, length: [number]]>(
  'int getsockopt(int, int, int, uint8_t *, _Inout_ uint32_t *)',
);
const callSetsockopt = bindCall<[fd: number, level: number, name: number, value: Uint8Array, length: number]>(
  'int setsockopt(int, int, int, const uint8_t *, uint32_t)',
);
const callBind = bindCall<[fd: number, address: Uint8Array, length: number]>('int bind(int, const uint8_t *, uint32_t)');
const callConnect = bindCall<[fd: number, address: Uint8Array, length: number]>('int connect(int, const uint8_t *, uint32_t)');
const callGetsockname = bindCall<[fd: number, address: Uint8Array, length: [number]]>(
  'int getsockname(int, uint8_t *, _Inout_ uint32_t *)',
);
const callSocketpair = bindCall<[domain: number, type: number, protocol: number, ends: Uint8Array]>(
  'int socketpair(int, int, int, uint8_t *)',
);
const callNameToIndex = bindCall<[name: string]>('unsigned int if_nametoindex(const char *)');
const callIndexToName = bindFunction<[index: number, name: Uint8Array]>('void *if_indextoname(unsigned int, uint8_t *)');

/** `struct msghdr` of sendmsg(2). */
interface Message {
  readonly name: null;
  readonly nameLength: number;
  readonly parts: readonly { readonly base: Uint8Array; readonly length: number }[];
  readonly partCount: number;
  readonly control: Uint8Array;
  readonly controlLength: number;
  readonly flags: number;
}

const defineMessage = structs({
  iovec: { base: 'uint8_t *', length: 'size_t' },
  msghdr: {
    name: 'void *',
    nameLength: 'uint32_t',
    parts: 'iovec *',
    partCount: 'size_t',
    control: 'uint8_t *',
    controlLength: 'size_t',
    flags: 'int',
  },
});

const callSendmsg = bindCall<[fd: number, message: Message, flags: number]>('long sendmsg(int, const msghdr *, int)', defineMessage);
const callRecvmsg = bindCall<[fd: number, message: Message, flags: number]>('long recvmsg(int, _Inout_ msghdr *, int)', defineMessage);

/** socket(2): a new descriptor. */
export const socket = bindCall<[domain: number, type: number, protocol: number]>('int socket(int, int, int)');

/** socketpair(2) of connected Unix stream sockets: both ends, closed on exec and blocking, or minus errno. */
export function socketPair(): readonly [number, number] | number {
  const ends = new Int32Array(2);
  const result = callSocketpair(UNIX_DOMAIN, STREAM, 0, new Uint8Array(ends.buffer));
  if (result < 0) return result;
  const [first = -1, second = -1] = ends;
  setCloseOnExec(first, true);
  setCloseOnExec(second, true);
  return [first, second];
}

/** listen(2): clients may connect from here on, whoever accepts them. */
export const listen = bindCall<[fd: number, backlog: number]>('int listen(int, int)');

/** bind(2) to an encoded socket address (see `socket-address.ts`). */
export function bind(fd: number, address: Uint8Array): number {
  return callBind(fd, address, address.length);
}

/** connect(2) to an encoded socket address. Blocks on a blocking descriptor. */
export function connect(fd: number, address: Uint8Array): number {
  return callConnect(fd, address, address.length);
}

/** getsockname(2) into `address`; returns how many bytes of it were filled. */
export function getsockname(fd: number, address: Uint8Array): number {
  const length: [number] = [address.length];
  const result = callGetsockname(fd, address, length);
  return result < 0 ? result : Math.min(length[0], address.length);
}

/** getsockopt(2) into `value`; returns how many bytes of it were filled. */
export function getsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
  const length: [number] = [value.length];
  const result = callGetsockopt(fd, level, name, value, length);
  return result < 0 ? result : length[0];
}

/** setsockopt(2) with the option's own bytes (host byte order). */
export function setsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
  return callSetsockopt(fd, level, name, value, value.length);
}

/** setsockopt(2) for the many options that take an int. */
export function setsockoptInt(fd: number, level: number, name: number, value: number): number {
  return setsockopt(fd, level, name, new Uint8Array(new Int32Array([value]).buffer));
}

/** @param dataBytes of zeros: a stream carries no control message without one byte */
function messageWith(control: Uint8Array, dataBytes = 1): Message {
  const parts = [{ base: new Uint8Array(1), length: dataBytes }];
  return { name: null, nameLength: 0, parts, partCount: 1, control, controlLength: control.length, flags: 0 };
}

/** sendmsg(2) of one byte with a control message (unix(7), SCM_RIGHTS); never waits. */
export function sendControl(fd: number, control: Uint8Array): number {
  return callSendmsg(fd, messageWith(control), DO_NOT_WAIT | NO_SIGPIPE);
}

/** The same without a byte, on a datagram socket. */
export function sendControlAlone(fd: number, control: Uint8Array): number {
  return callSendmsg(fd, messageWith(control, 0), DO_NOT_WAIT | NO_SIGPIPE);
}

/** recvmsg(2) of one byte; fills `control`, which is zeroed before. Waits on a blocking descriptor. 0: the other end is closed. */
export function receiveControl(fd: number, control: Uint8Array): number {
  control.fill(0);
  return callRecvmsg(fd, messageWith(control), RECEIVE_CLOSE_ON_EXEC);
}

/** if_nametoindex(3): the number of a network device, which a new name does not change; 0 where there is none of this name. */
export function interfaceIndex(name: string): number {
  return callNameToIndex(name);
}

/** if_indextoname(3): what the device of this number is called now; undefined where it is gone. */
export function interfaceName(index: number): string | undefined {
  const name = new Uint8Array(INTERFACE_NAME_BYTES);
  if (callIndexToName(index, name) === null) return undefined;
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1');
}
