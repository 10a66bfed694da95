/** What a worker inherits: descriptors by their numbers, and two variables of its environment. */

/** Its standard error (2) is read by the supervisor: the runtime's last words go there. */
export const INHERITED = {
  channel: 3,
  /** The shared memory. */
  memory: 4,
  /** The receiving end for descriptors: listening sockets, ends of programs. */
  descriptors: 5,
} as const;

/** JSON of the `Fence` it is to be born behind. */
export const FENCE_VARIABLE = 'OVERCOAT_FENCE';

/** How Node tells a process where its channel is; it takes them out of the environment when it begins. */
export const CHANNEL_VARIABLES = { NODE_CHANNEL_FD: String(INHERITED.channel), NODE_CHANNEL_SERIALIZATION_MODE: 'advanced' } as const;
