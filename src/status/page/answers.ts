/** What the page reads of the answers of docs/openapi.json. Types only. */

export interface Sums {
  readonly open: number;
  readonly silent: number;
  readonly bytesPerSecond: number;
  readonly accepted: number;
  readonly failed: number;
  readonly toTls: number;
  readonly toPlain: number;
}

export interface Status extends Sums {
  readonly version: string;
  readonly openssl: string;
  readonly pid: number;
  readonly source: string | null;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly workers: number;
  readonly handshakes: number;
}

export interface Service extends Sums {
  readonly name: string;
  readonly mode: 'client' | 'server';
  readonly addresses: readonly string[];
  readonly drained: boolean;
}

export interface Services {
  readonly services: readonly Service[];
}

export interface Tls {
  readonly version: string;
  readonly cipher: string;
  readonly group: string;
  readonly postQuantum: boolean;
  readonly resumed: boolean;
}

export interface Connection {
  readonly connection: number;
  readonly id: string;
  readonly service: string;
  readonly client: string;
  readonly name: string;
  readonly nameSource: string;
  readonly originalDestination: string;
  readonly upstream: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly stage: string;
  readonly toTls: number;
  readonly toPlain: number;
  readonly bytesPerSecond: number;
  readonly silent: boolean;
  readonly silentSeconds: number;
  readonly tls: Tls | null;
  readonly verified: string;
  readonly passedOn: boolean;
  readonly peerSha256: string;
}

export interface Connections {
  readonly total: number;
  readonly offset: number;
  readonly connections: readonly Connection[];
}

export interface History {
  readonly at: readonly string[];
  readonly next: number;
  readonly services: readonly { readonly name: string; readonly toTls: readonly number[]; readonly toPlain: readonly number[] }[];
}

export interface Handshakes {
  readonly handshakes: readonly (Pick<Tls, 'version' | 'group' | 'postQuantum' | 'resumed'> & {
    readonly service: string;
    readonly role: 'client' | 'server';
    readonly count: number;
  })[];
  readonly alerts: readonly {
    readonly service: string;
    readonly direction: 'received' | 'sent';
    readonly peer: string;
    readonly alert: string;
    readonly count: number;
  }[];
  readonly failures: readonly { readonly service: string; readonly code: string; readonly count: number }[];
  readonly times: readonly {
    readonly service: string;
    readonly of: 'handshake' | 'dial';
    readonly count: number;
    readonly half: number | null;
    readonly most: number | null;
  }[];
}

export interface Problem {
  readonly at: string;
  readonly code: string;
  readonly service: string;
  readonly connection: number | null;
  readonly client: string;
  readonly destination: string;
  readonly stage: string | null;
  readonly text: string;
  readonly remedy: string;
}

export interface Problems {
  readonly problems: readonly Problem[];
}

export type Expiring = 'certificate' | 'peer' | 'authority' | 'revocation-list';

interface Expiry {
  readonly expires: string | null;
  readonly daysLeft: number | null;
}

export interface Certificates {
  readonly own: readonly (Expiry & { readonly of: Expiring; readonly service: string; readonly name: string })[];
  readonly peers: readonly (Expiry & {
    readonly sha256: string;
    readonly subject: string;
    readonly issuer: string;
    readonly service: string;
    readonly peer: string;
    readonly lastSeen: string;
  })[];
}

/** What the page may do here; it is no part of the API. */
export interface About {
  /** Orders are taken: this is the control socket. */
  readonly changes: boolean;
  /** What the demonstration can break; none elsewhere. */
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly on: boolean;
  /** The line the log had for it last; '' before. */
  readonly line: string;
}
