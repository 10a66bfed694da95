/** What a worker inherits: descriptors by their numbers, and a variable of its environment. */

/** Its standard error (2) is read by the supervisor: the runtime's last words go there. */
export const INHERITED = {
  /** Where orders come and answers go (`MessageChannel`). */
  channel: 3,
  /** The shared memory. */
  memory: 4,
  /** The receiving end for descriptors: listening sockets, ends of programs. */
  descriptors: 5,
} as const;

/** JSON of the `Fence` it is to be born behind. */
export const FENCE_VARIABLE = 'OVERCOAT_FENCE';
