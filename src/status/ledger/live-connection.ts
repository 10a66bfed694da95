/** An open connection, as whoever runs it sees it now. Plain data, so that it may come from another process. */
import type { Stage } from '../../observe/events.ts';

export interface LiveConnection {
  /** Unique in the process. */
  readonly connection: number;
  readonly id: string;
  readonly service: string;
  /** Application bytes written to each leg so far. */
  readonly toTls: number;
  readonly toPlain: number;
  /** Since accept. */
  readonly ms: number;
  readonly stage: Stage;
}
