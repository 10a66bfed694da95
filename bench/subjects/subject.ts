/** What every proxy under measurement looks like to a scenario. */

export type Mode = 'client' | 'server';

/** Where a proxy listens and where it forwards to; files of one throwaway authority. */
export interface Setup {
  readonly mode: Mode;
  /** `HOST:PORT`, IPv4. */
  readonly listen: string;
  readonly target: string;
  /** The target's protocol begins with the server's word, as SMTP does. */
  readonly serverFirst: boolean;
  /** A folder of its own. */
  readonly folder: string;
  readonly caFile: string;
  /** Certificate, then key, for the server role. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly bothFile: string;
  /** `defaults`: each proxy's own choice (TLS 1.3 everywhere). `common`: TLS_AES_128_GCM_SHA256 and X25519 for all. */
  readonly ciphers: 'defaults' | 'common';
}

export interface Subject {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Command that prints the version, for the report. */
  readonly version: readonly string[];
  /** Writes what it needs into the folder and returns the command that serves in the foreground. */
  command(setup: Setup): readonly string[];
  /** Clients connect to the target, and the proxy takes that. */
  readonly intercepts?: true;
  /** Whether it serves now; without it, whether `listen` accepts a connection, which only works on this host. */
  ready?(setup: Setup): boolean;
  /** Looks at it for as long as it is measured; it resolves when it was looked at a first time, which loads what answers. @returns ends that */
  watch?(setup: Setup): Promise<() => void>;
}
