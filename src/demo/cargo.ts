/** What the demo sends, and how it knows that it arrived; two kinds exist: a media stream of real programs, and plain bytes. */
import type { Meter } from './meter.ts';

/** Called now and then while the cargo is under way, with one short text for people. */
export type Progress = (text: string) => void;

export interface Cargo {
  /** The programs at the two ends, for people. */
  readonly sender: string;
  readonly receiver: string;
  /** Loopback port of the receiver: where the server-mode service connects to. */
  readonly port: number;
  readonly sent: Meter;
  readonly received: Meter;
  /** Sends everything to a loopback port and resolves when the receiver has it. Rejects when it breaks on the way. */
  ship(port: number, progress: Progress): Promise<Delivery>;
  close(): Promise<void>;
}

/** What can be said after the last byte. */
export interface Delivery {
  readonly sentSha256: string;
  readonly receivedSha256: string;
  /** Compressed frames at both ends, where media was sent. */
  readonly frames?: { readonly sent: string; readonly recorded: string };
}
