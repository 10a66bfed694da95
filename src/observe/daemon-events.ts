/** Events of the daemon and its services, not of one connection. */
import type { LogLevel } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';

/** Which of the processes of a daemon: a worker by its number, from 1, the service process, or the reader of renewed files. */
export type ProcessName = number | 'service' | 'reader';

/** Services by name, in the order of the new configuration; those that left in that of the old one. */
export interface ReloadChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of another configuration than before, whatever differs. */
  readonly changed: readonly string[];
  readonly renewed: readonly RenewedCertificate[];
}

/** Another certificate than before in `cert` of a service; both ends in milliseconds since 1970. */
export interface RenewedCertificate {
  readonly service: string;
  /** When the former one ends. */
  readonly expired: number;
  readonly expires: number;
}

/** What ends: a certificate of ours, one of a peer that is accepted by name (`verifyPeer`, `pin`), a trusted authority, a revocation list. */
export type Expiring = 'certificate' | 'peer' | 'authority' | 'revocation-list';

/** What one host of the gateway's networks sends to one port, past Overcoat. */
export interface UnwrappedFlow {
  readonly host: string;
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly protocol: string;
  readonly bytes: number;
  /** '' where there is nothing to do. */
  readonly remedy: string;
}

export type DaemonEvent =
  | { readonly kind: 'service-bound'; readonly address: string }
  /** `holder` is the service of this process that has the address. */
  | {
      readonly kind: 'bind-failed';
      readonly address: string;
      readonly text: string;
      readonly errno: number;
      readonly holder: string | undefined;
    }
  /** IP_TRANSPARENT was refused (CAP_NET_ADMIN): TPROXY delivers nothing. */
  | { readonly kind: 'listening-without-tproxy' }
  /** `socket = a|l|r:`: an option was set. */
  | { readonly kind: 'socket-option-set'; readonly option: string; readonly socket: 'accept' | 'local' | 'remote' }
  /** The kernel refused one, and the connection goes on without it. */
  | {
      readonly kind: 'socket-option-refused';
      readonly option: string;
      readonly socket: 'accept' | 'local' | 'remote';
      readonly text: string;
      readonly errno: number;
    }
  | { readonly kind: 'dns-forwarder-bound'; readonly address: string; readonly port: number }
  /** A question could not be answered; said now and then only. */
  | { readonly kind: 'dns-trouble'; readonly text: string }
  | { readonly kind: 'service-initializing' }
  /** It serves, although some or all clients will fail. `option` is '' where it is not about one. */
  | { readonly kind: 'service-flawed'; readonly code: ErrorCode; readonly option: string; readonly text: string }
  /** What works and is not safe, or has no effect; an error where the configuration is judged strictly. */
  | { readonly kind: 'configuration-warning'; readonly text: string }
  /** Something that ends, and when, in milliseconds since 1970 (undefined: it does not say). */
  | {
      readonly kind: 'expiry-known';
      readonly of: Expiring;
      /** Subject of the certificate; issuer of the list. */
      readonly name: string;
      readonly expires: number | undefined;
    }
  /** It ends soon, or has ended; said once a day. `services` use it. */
  | {
      readonly kind: 'expiry-near';
      readonly of: Expiring;
      readonly name: string;
      readonly expires: number;
      /** Whole days; negative: it has ended. */
      readonly daysLeft: number;
      readonly services: readonly string[];
    }
  | { readonly kind: 'target-lookup-delayed' }
  | { readonly kind: 'configuration-reading'; readonly source: string }
  | { readonly kind: 'service-bind-failed' }
  | { readonly kind: 'configuration-successful' }
  /** A program that is the client of its service is started now, for the first time or because a reload brought it. */
  | { readonly kind: 'program-client-starting' }
  /** Its program and its connection have ended, and it is started again. */
  | { readonly kind: 'program-client-retried' }
  /** Everything of the configuration serves: after the start and after every reload. */
  | { readonly kind: 'accepting' }
  | { readonly kind: 'configuration-failed' }
  /** An option that counts at start only has changed: the old value stays. */
  | { readonly kind: 'start-option-kept'; readonly option: string }
  /** The new configuration serves; from the signal on it took `ms`. */
  | { readonly kind: 'reloaded'; readonly ms: number; readonly changes: ReloadChanges }
  /**
   * Nothing has changed; `code` is that of the failure, where the configuration could be read at all; `usable`: nothing is wrong with the
   * configuration and its files, but it cannot serve now (a port that is taken).
   */
  | {
      readonly kind: 'reload-failed';
      readonly code: ErrorCode | undefined;
      readonly problems: readonly string[];
      readonly usable: boolean;
    }
  /** Files of these services have changed, and serve; `files`: which ones. */
  | {
      readonly kind: 'files-renewed';
      readonly services: readonly string[];
      readonly renewed: readonly RenewedCertificate[];
      readonly files: readonly string[];
    }
  /** Files have changed and cannot be used: the service goes on with what it had. */
  | { readonly kind: 'files-refused'; readonly code: ErrorCode; readonly text: string }
  /** A revocation list was fetched from `CRLurl` and written to `CRLfile`; it ends then, in milliseconds since 1970. */
  | { readonly kind: 'list-fetched'; readonly url: string; readonly expires: number | undefined }
  | { readonly kind: 'list-not-fetched'; readonly url: string; readonly text: string }
  /** The responder that our own certificate names has given no staple; told once as long as it is the same. `text`: URL and reason. */
  | { readonly kind: 'staple-not-fetched'; readonly text: string }
  /** The program is started in the place of this process: `upgraded` or `upgrade-failed` follows. */
  | { readonly kind: 'upgrading' }
  /** Another process serves now; from the order on it took `ms`. Connections that are open stay here until they end. */
  | { readonly kind: 'upgraded'; readonly version: string; readonly pid: number; readonly ms: number }
  /** This process goes on as before. */
  | { readonly kind: 'upgrade-failed'; readonly problems: readonly string[] }
  /** A service has no certificate yet: handshakes fail until the directory has issued it. */
  | { readonly kind: 'certificate-awaited'; readonly names: readonly string[]; readonly directory: string }
  /** A directory has issued a certificate, which serves. */
  | { readonly kind: 'certificate-issued'; readonly names: readonly string[]; readonly directory: string; readonly expires: number }
  /** It has not, and is asked again in `againMs`; `near`: the certificate that serves is near its end, has ended, or there is none. */
  | {
      readonly kind: 'certificate-not-issued';
      readonly names: readonly string[];
      readonly directory: string;
      readonly text: string;
      readonly againMs: number;
      readonly near: boolean;
    }
  | { readonly kind: 'log-reopened' }
  | { readonly kind: 'log-reopen-failed'; readonly text: string }
  /** Records (`records`) that were not written. */
  | { readonly kind: 'records-lost'; readonly count: number; readonly sink: string; readonly why: string }
  | { readonly kind: 'log-lines-lost'; readonly count: number; readonly sink: string; readonly why: string }
  | { readonly kind: 'signal'; readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' }
  /** `again`: as the time before, a moment ago. */
  | { readonly kind: 'accept-failed'; readonly text: string; readonly errno: number; readonly again: boolean }
  /** How many connections there may be at once; undefined: nothing bounds them. */
  | { readonly kind: 'connection-limit'; readonly limit: number | undefined }
  /** A client was turned away because of that. */
  | { readonly kind: 'too-many-clients'; readonly limit: number }
  /** The running connections are asked for (SIGUSR2): one event each, and `connections-listed` behind the last. */
  | { readonly kind: 'connections-listing' }
  | {
      readonly kind: 'connection-listed';
      readonly connection: number;
      readonly id: string;
      readonly service: string;
      readonly toTls: number;
      readonly toPlain: number;
    }
  | { readonly kind: 'connections-listed'; readonly count: number }
  /** The end: no new clients, and those who are here have so long. */
  | { readonly kind: 'draining'; readonly connections: number; readonly limitMs: number }
  | { readonly kind: 'cutting-off'; readonly connections: number }
  /**
   * The gateway's rules, the table that keeps clear text from passing without us, or the tables of `gateway up`, were removed by somebody else; they
   * are put back.
   */
  | { readonly kind: 'interception-lost'; readonly what: 'rules' | 'guard' | 'tables' }
  | { readonly kind: 'interception-not-restored'; readonly what: 'rules' | 'guard' | 'tables'; readonly text: string }
  /** Whoever holds the right to undo what a gateway has changed has ended, and this process has given its own up. */
  | { readonly kind: 'undoing-lost' }
  /** What becomes of a device of `--from`: its rules hold by its number too, so that one that is renamed is taken as before. */
  | { readonly kind: 'device-renamed'; readonly device: string; readonly to: string }
  | { readonly kind: 'device-gone'; readonly device: string }
  | { readonly kind: 'device-back'; readonly device: string }
  /** The kernel's table of connections has no place for new ones; said once until there is. */
  | { readonly kind: 'tracking-full'; readonly count: number; readonly max: number }
  /** A host of the gateway's networks speaks a protocol in clear that goes past us; said once for each host and port. */
  | {
      readonly kind: 'sent-in-clear';
      readonly host: string;
      readonly port: number;
      /** As people call it. */
      readonly protocol: string;
      /** What to do about it. */
      readonly remedy: string;
    }
  /** What the gateway forwards without wrapping it, as it stands now; told when it has changed. */
  | {
      readonly kind: 'unwrapped-counted';
      /** The most bytes first, a bounded number. */
      readonly flows: readonly UnwrappedFlow[];
      /** Bytes since the last time, by what the port is known for: a closed list of words. */
      readonly grown: readonly { readonly protocol: string; readonly bytes: number }[];
    }
  /** The command of `exec` sent UDP or ICMP, which is refused; said once. */
  | { readonly kind: 'datagrams-refused' }
  /** Nothing can be served any more. */
  | { readonly kind: 'given-up'; readonly why: string }
  /** A defect of ours that no connection caught. */
  | { readonly kind: 'defect'; readonly text: string; readonly stack: string | undefined }
  /** `waitMs`: it ended before, so the next one begins after a pause. */
  | {
      readonly kind: 'worker-ended';
      readonly worker: ProcessName;
      readonly why: string;
      readonly stack: string | undefined;
      /** The kernel, or the runtime, had no memory left for it. */
      readonly outOfMemory: boolean;
      readonly connectionsLost: number;
      readonly waitMs: number;
    }
  /** `ms` is how long it was missing. */
  | { readonly kind: 'worker-replaced'; readonly worker: ProcessName; readonly ms: number }
  /** One that has begun and cannot do what the others do. */
  | { readonly kind: 'worker-failed'; readonly worker: ProcessName; readonly text: string }
  /** A process of ours that the network reaches asked for orders over the control socket; said once for each. */
  | { readonly kind: 'process-refused'; readonly pid: number }
  /** A worker asks for more programs (`exec`) than it may have at once (`most`), or for very many in a short time; said now and then. */
  | { readonly kind: 'programs-exceeded'; readonly worker: ProcessName; readonly most: number }
  /** A reader of renewed files has ended, which cannot be replaced: so many are left. */
  | { readonly kind: 'reader-lost'; readonly left: number }
  | { readonly kind: 'spare-worker-ready' }
  | { readonly kind: 'no-spare-worker'; readonly why: string }
  /** What is for people alone: nobody would count it. */
  | { readonly kind: 'message'; readonly level: LogLevel; readonly text: string };
