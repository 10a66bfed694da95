/** Everything the program can be asked to do, as `args.ts` reads it from argv. Types only. */

import type { Prefix } from '../../address/block.ts';
import type { ClientChoice, LearningChoice, ServerChoice, TrustChoice } from '../../config/commands.ts';
import type { Address, GlobalConfig, LogLevel, PortMapping, PortRange, ProtocolName, TcpAddress } from '../../config/config.ts';
import type { ControlValue } from '../../config/options/watch.ts';
import type { ConfigSource } from '../../config/read/source.ts';
import type { Ingest } from '../rtmps/ingest.ts';
import type { Preset } from '../rtmps/presets.ts';

export type PinAction =
  /** Prints the chain and explains it. */
  | { readonly kind: 'show' }
  /** --save FILE [--yes]: writes what CAfile with verify = 4 needs, asking first unless `yes`. */
  | { readonly kind: 'save'; readonly file: string; readonly yes: boolean }
  /** --refresh FILE [--yes]: adds every key that its addresses show now to those the file has. */
  | { readonly kind: 'refresh'; readonly file: string; readonly yes: boolean }
  /** --check FILE: fails if the server no longer matches. */
  | { readonly kind: 'check'; readonly file: string };

/** `overcoat pin HOST:PORT`. */
export interface PinArguments {
  readonly target: TcpAddress;
  readonly action: PinAction;
  readonly protocol: ProtocolName | undefined;
  readonly name: string | undefined;
}

/** `overcoat pin --list` and `--remove ENTRY`: the keys pinned at first use. */
export interface PinStoreArguments {
  /** undefined: where this user's are kept. */
  readonly store: string | undefined;
  /** What to remove; undefined: all are listed. */
  readonly entry: string | undefined;
  /** The list as JSON. */
  readonly json: boolean;
}

export interface GatewayArguments extends TrustChoice, LearningChoice {
  readonly action: 'run' | 'up' | 'down' | 'show' | 'status' | 'doctor';
  /** --from IFACE, repeatable. */
  readonly from: readonly string[];
  readonly ports: readonly PortRange[];
  readonly portMap: readonly PortMapping[];
  readonly dns: boolean;
  readonly masquerade: boolean;
  readonly mode: 'redirect' | 'tproxy';
  readonly fail: 'closed' | 'open';
  readonly forward: 'all' | 'intercepted';
  /** --local user=NAME|cgroup=PATH|mark=NUMBER: also connections of this machine's own processes. */
  readonly local: { readonly kind: 'user' | 'cgroup' | 'mark'; readonly value: string } | undefined;
  /** --listen PORT: where the transparent service listens; undefined: 15001. */
  readonly listen: number | undefined;
  /** --as iptables, for `show`. */
  readonly as: 'nft' | 'iptables';
  /** --to HOST:PORT, for `doctor`: a real server that is tried. */
  readonly to: TcpAddress | undefined;
  /** For `show`, `status` and `doctor`. */
  readonly json: boolean;
  readonly redialMs?: number;
  /** --keylog FILE. */
  readonly keyLog?: string | undefined;
  readonly debug: LogLevel;
}

export interface ExecArguments extends TrustChoice, LearningChoice {
  /** --name NAME: of every destination. */
  readonly name: string | undefined;
  /** Empty: all ports. */
  readonly ports: readonly PortRange[];
  readonly portMap: readonly PortMapping[];
  /** --plain ADDRESS/PREFIX, repeatable: connected as they are. */
  readonly plain: readonly Prefix[];
  readonly hostLoopback: boolean;
  readonly explain: boolean;
  /** --log FILE; undefined: standard error. */
  readonly log: string | undefined;
  readonly redialMs?: number;
  /** --keylog FILE. */
  readonly keyLog?: string | undefined;
  /** --control PATH, or `auto`; undefined: no control socket. */
  readonly control: string | undefined;
  readonly debug: LogLevel;
  /** --shell: the user's shell instead of a command. */
  readonly shell: boolean;
  /** The command and its arguments; empty with `shell` alone. */
  readonly command: readonly string[];
}

/** `overcoat rtmps SERVICE [ACCEPT]`. */
export interface RtmpsArguments extends TrustChoice {
  readonly accept: Address;
  readonly ingest: Ingest;
  /** The row it was taken from; undefined: the user's own URL. */
  readonly preset: Preset | undefined;
  readonly debug: LogLevel;
}

/** `overcoat support`. */
export interface SupportArguments {
  /** The configuration the report is about; undefined: none. */
  readonly source: { readonly file: string } | undefined;
  /** The archive; undefined: a name with the time, in the current folder. */
  readonly save: string | undefined;
  /** Write without asking. */
  readonly yes: boolean;
}

/** --control, --status and --confine of a command that serves; undefined: as the file has it, or as is usual. */
export interface WatchChoice {
  readonly status: TcpAddress | undefined;
  readonly control: ControlValue | undefined;
  readonly confine?: GlobalConfig['confine'];
}

/** `overcoat connections`. */
export interface ConnectionsArguments {
  readonly service: string | undefined;
  readonly follow: boolean;
  readonly json: boolean;
  /** --control PATH, as of all commands that ask; undefined: it is looked for. */
  readonly control: string | undefined;
  /** --within SECONDS; undefined: as long as is usual. */
  readonly withinMs: number | undefined;
}

export interface StatusArguments {
  readonly json: boolean;
  readonly control: string | undefined;
  /** --port: asked instead of a control socket. */
  readonly port: TcpAddress | undefined;
  readonly withinMs: number | undefined;
}

export type Command =
  | { readonly kind: 'help'; readonly topic: CommandName | undefined }
  | { readonly kind: 'version' }
  /** The arguments are wrong: `message` says how; exit code 2. */
  | { readonly kind: 'usage'; readonly message: string; readonly topic: CommandName | undefined }
  | { readonly kind: 'run'; readonly source: ConfigSource; readonly strict: boolean; readonly watch: WatchChoice }
  | { readonly kind: 'check'; readonly source: ConfigSource; readonly strict: boolean; readonly json: boolean }
  | { readonly kind: 'certs'; readonly source: ConfigSource; readonly json: boolean }
  | { readonly kind: 'options'; readonly name: string | undefined; readonly json: boolean }
  /** --confinement: of the running process, or of a configuration. */
  | { readonly kind: 'doctor'; readonly source: ConfigSource | undefined; readonly json: boolean; readonly control: string | undefined }
  | { readonly kind: 'support'; readonly arguments: SupportArguments }
  | { readonly kind: 'client'; readonly arguments: ClientChoice; readonly watch: WatchChoice }
  | { readonly kind: 'server'; readonly arguments: ServerChoice; readonly watch: WatchChoice }
  /** Without arguments the known services are listed, for programs where `json` says so. */
  | { readonly kind: 'rtmps'; readonly arguments: RtmpsArguments | undefined; readonly json: boolean; readonly watch: WatchChoice }
  | { readonly kind: 'demo'; readonly embedded: boolean; readonly keep: boolean }
  | { readonly kind: 'pin'; readonly arguments: PinArguments | PinStoreArguments }
  | { readonly kind: 'gateway'; readonly arguments: GatewayArguments; readonly watch: WatchChoice }
  | { readonly kind: 'exec'; readonly arguments: ExecArguments }
  | ({ readonly kind: 'status' } & StatusArguments)
  | { readonly kind: 'connections'; readonly arguments: ConnectionsArguments }
  | { readonly kind: 'end'; readonly connection: number; readonly control: string | undefined }
  | { readonly kind: 'drain'; readonly service: string; readonly resume: boolean; readonly control: string | undefined }
  | { readonly kind: 'reload'; readonly control: string | undefined }
  | { readonly kind: 'upgrade'; readonly control: string | undefined }
  | { readonly kind: 'log'; readonly level: LogLevel | undefined; readonly control: string | undefined }
  | { readonly kind: 'top'; readonly control: string | undefined }
  /** overcoat-stunnel: run a configuration as stunnel would. */
  | { readonly kind: 'stunnel-run'; readonly source: ConfigSource }
  | { readonly kind: 'stunnel-info'; readonly what: 'help' | 'version' | 'options' | 'sockets' }
  /** -fd without a number: stunnel's syntax help on standard error, exit code 1. */
  | { readonly kind: 'stunnel-syntax'; readonly message: string };

/** The words after `overcoat`; each has its table in tables/. */
export type CommandName =
  | 'run'
  | 'check'
  | 'client'
  | 'server'
  | 'rtmps'
  | 'gateway'
  | 'exec'
  | 'status'
  | 'connections'
  | 'top'
  | 'end'
  | 'drain'
  | 'reload'
  | 'upgrade'
  | 'log'
  | 'pin'
  | 'certs'
  | 'options'
  | 'doctor'
  | 'support'
  | 'demo';
