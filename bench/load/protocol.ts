/** What the bench asks its load generator to do, and what comes back. */

export type LoadRequest =
  /** Opens the backend; replies with its port. */
  | { readonly kind: 'backend' }
  /** Moves `bytes` in all over `connections`, one direction; replies with seconds. `check` hashes both ends. */
  | {
      readonly kind: 'bulk';
      readonly port: number;
      readonly direction: 'up' | 'down';
      readonly connections: number;
      readonly bytes: number;
      readonly check: boolean;
    }
  /** Connect, one byte there and back, close; `count` times with `parallel` at once. */
  | { readonly kind: 'connections'; readonly port: number; readonly count: number; readonly parallel: number; readonly resume: boolean }
  /** `count` echoes of `size` bytes on one quiet connection; replies with microseconds, sorted. */
  | { readonly kind: 'latency'; readonly port: number; readonly size: number; readonly count: number }
  /** Opens `count` connections that have echoed one byte and then say nothing; they stay until the generator ends. */
  | { readonly kind: 'idle'; readonly port: number; readonly count: number }
  /** Opens `count` connections on which the far end sends for ever and the near end never reads. */
  | { readonly kind: 'stall'; readonly port: number; readonly count: number; readonly direction: 'up' | 'down' }
  /** `count` streams of `bitsPerSecond` upwards, in one message per `everyMs`, for `seconds`. */
  | {
      readonly kind: 'streams';
      readonly port: number;
      readonly count: number;
      readonly bitsPerSecond: number;
      readonly everyMs: number;
      readonly seconds: number;
    };

export interface LoadReply {
  readonly error?: string;
  readonly port?: number;
  readonly seconds?: number;
  readonly microseconds?: readonly number[];
  /** Share of connections whose TLS session was resumed as seen by the generator, 0 to 1. */
  readonly resumed?: number;
  readonly bytes?: number;
}
