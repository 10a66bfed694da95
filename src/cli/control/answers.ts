/** What the commands read of the answers of docs/openapi.json. Types only. */
import type { FencedBySelf } from '../../status/control.ts';

export interface StatusAnswer {
  readonly version: string;
  readonly pid: number;
  readonly source: string | null;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly workers: number;
  readonly fenced: FencedBySelf;
  readonly open: number;
  readonly silent: number;
  readonly bytesPerSecond: number;
  readonly accepted: number;
  readonly failed: number;
  /** Missing in the answer of a process that is older than this command. */
  readonly unwrapped?: readonly UnwrappedAnswer[];
}

export interface UnwrappedAnswer {
  readonly host: string;
  readonly transport: string;
  readonly port: number;
  readonly protocol: string;
  readonly bytes: number;
  readonly remedy: string;
}

export interface ServiceAnswer {
  readonly name: string;
  readonly mode: 'client' | 'server';
  readonly addresses: readonly string[];
  readonly drained: boolean;
  readonly open: number;
  readonly silent: number;
  readonly bytesPerSecond: number;
  readonly accepted: number;
  readonly failed: number;
}

export interface ConnectionAnswer {
  readonly connection: number;
  readonly service: string;
  readonly client: string;
  readonly name: string;
  readonly originalDestination: string;
  readonly upstream: string;
  readonly seconds: number;
  readonly stage: string;
  readonly toTls: number;
  readonly toPlain: number;
  readonly bytesPerSecond: number;
  readonly silent: boolean;
  readonly silentSeconds: number;
}

export interface ProblemAnswer {
  readonly at: string;
  readonly code: string;
  readonly service: string;
  readonly client: string;
  readonly destination: string;
  readonly text: string;
  readonly remedy: string;
}

export interface ExpiryAnswer {
  readonly of: string;
  readonly service: string;
  readonly name: string;
  readonly daysLeft: number | null;
}

/** Everything `overcoat status` shows. */
export interface Overview {
  readonly status: StatusAnswer;
  readonly services: readonly ServiceAnswer[];
  readonly problems: readonly ProblemAnswer[];
  readonly certificates: readonly ExpiryAnswer[];
}
