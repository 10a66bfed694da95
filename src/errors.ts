/**
 * One error class and one flat catalogue of codes. The same string is the log field, the metric label and the heading in
 * `docs/errors.md`, so a code is never renamed once released. Normal ends of a connection are values (`CloseReason`), not errors.
 */

import type { FailureCause } from './failure-cause.ts';
import { TOLD } from './failure-cause.ts';

/** What a code means, where one sees more of it, and what the reader can do about it; sentences without placeholders. */
export interface ErrorEntry {
  readonly summary: string;
  readonly see: string;
  readonly hint: string;
}

/** Every failure Overcoat can name. Keep it sorted by prefix: the prefix is the stage in which it happens. */
export const ERROR_CATALOGUE = {
  config_invalid_value: {
    summary: 'An option has a value it cannot have.',
    see: '`overcoat check FILE` gives the line; `overcoat options NAME` the values.',
    hint: 'See docs/options.md for the values the option takes.',
  },
  config_syntax: {
    summary: 'A line is neither blank, a comment, an option nor a section header.',
    see: '`overcoat check FILE` gives the line.',
    hint: 'Write `name = value`, `[section]`, or start the line with `;` or `#`.',
  },
  config_unknown_option: {
    summary: 'An option of this name does not exist, or not at this place.',
    see: '`overcoat check FILE` gives the line, and the name that was probably meant.',
    hint: 'See docs/options.md for the names and where each may stand.',
  },
  config_not_available: {
    summary: 'The option is known, but this version cannot honour it.',
    see: '`overcoat check FILE`, and the status of the option in docs/options.md.',
    hint: 'Remove the line, or see docs/options.md for what replaces it.',
  },
  config_refused: {
    summary: 'The option is refused on purpose.',
    see: '`overcoat check FILE` gives the line.',
    hint: 'docs/options.md says why and what to use instead.',
  },
  config_conflict: {
    summary: 'Options of one section contradict each other, or one that is needed is missing.',
    see: '`overcoat check FILE` gives the lines.',
    hint: 'The message names the options; docs/options.md explains each.',
  },
  config_unreadable: {
    summary: 'A file named on the command line or in the configuration cannot be read.',
    see: '`ls -lL FILE`, and `namei -l FILE` for the folders above it.',
    hint: 'Check that the file exists and that this user may read it.',
  },
  config_key_material: {
    summary: 'A certificate, key or trust file cannot be used.',
    see: '`openssl x509 -in FILE -noout -text` or `openssl pkey -in FILE -check -noout`, as the user who starts it.',
    hint: 'The message names the file and what is wrong with it.',
  },
  config_expiry: {
    summary: 'A certificate, a trusted authority or a revocation list ends within 21 days, or has ended.',
    see: '`overcoat certs FILE` lists them all with their dates.',
    hint: 'Renew it, or have its issuer do so; with `reloadCerts` the new file is taken by itself.',
  },
  config_acme: {
    summary: 'A directory (`acme`) did not issue a certificate; the former one serves on, and it is asked again.',
    see: 'The text says what the directory, or the way to it, answered.',
    hint: 'Let the names lead to this machine: port 443 to the service, or port 80 to `acmeHttp`; and let it reach the directory.',
  },
  config_unsafe: {
    summary: 'A choice that is unsafe was refused because --strict was given.',
    see: '`overcoat check --strict FILE` lists all of them.',
    hint: 'Fix the line, or run without --strict to get a warning instead.',
  },
  start_bind: {
    summary: 'A listening address could not be bound.',
    see: '`ss -ltnp` shows who listens where.',
    hint: 'Another program may hold the port; ports below 1024 need root or CAP_NET_BIND_SERVICE.',
  },
  start_environment: {
    summary: 'The environment switches a protection off.',
    see: '`env`, and `systemctl show -p Environment UNIT` for a service of systemd.',
    hint: 'Unset the variable the message names.',
  },
  start_privilege: {
    summary: 'A step at start needs a privilege this process does not have.',
    see: '`id`, and `capsh --decode` with CapEff of /proc/self/status.',
    hint: 'Start as root, or give the capability the message names.',
  },
  start_platform: {
    summary: 'Overcoat cannot run here: another system than Linux, or an OpenSSL that lacks what is needed.',
    see: '`uname -a`, and the version line of the start.',
    hint: 'The message says what is missing.',
  },
  start_confinement: {
    summary: 'The fence around the process (`confine`) could not be put up.',
    see: 'The message has the reason: what the kernel lacks, or the call it refused.',
    hint: 'Say `confine = yes` instead of strict, or `confine = no`; `overcoat doctor --confinement` says what the kernel has.',
  },
  start_process: {
    summary: 'The process could not be set up (log file, pid file, detaching), or what a command says could not be written.',
    see: 'The message has the file and the reason of the system.',
    hint: 'The message names the file or the step. What a command has done it has done, although it could not say so: `overcoat gateway status`.',
  },
  start_program: {
    summary: 'A program of the system that is needed is not installed.',
    see: '`command -v PROGRAM`.',
    hint: 'Install the package the message names.',
  },
  gateway_conflict: {
    summary: 'Another gateway is active in this network namespace.',
    see: '`overcoat gateway doctor`, and `nft list tables` for tables of the name overcoat.',
    hint: 'End its process, which takes its rules away; those of `overcoat gateway up` go with `overcoat gateway down`.',
  },
  gateway_rules: {
    summary: 'Interception rules, routes or kernel parameters could not be installed or removed.',
    see: '`overcoat gateway doctor`; `overcoat gateway show` prints the rules without installing them.',
    hint: 'Run `overcoat gateway doctor`; the message quotes what the tool said.',
  },
  gateway_removed: {
    summary: 'Somebody else removed rules of the gateway; they were put back, and nothing passed in clear meanwhile.',
    see: '`nft monitor` shows what the other program does; `overcoat gateway doctor` whether all stands.',
    hint: 'Let the other firewall leave the tables overcoat and overcoat_guard alone: it should delete its own tables, not `flush ruleset`.',
  },
  gateway_device: {
    summary: 'A device of --from is gone, or has another name.',
    see: '`ip -br link`; `overcoat gateway doctor` looks at each device.',
    hint: 'Give the device its name back (udev, systemd.link), or start the gateway again with --from and the new one.',
  },
  gateway_tracking: {
    summary: "The kernel's table of connections (conntrack) is full: it drops new connections.",
    see: '`sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`; `journalctl -k` says `table full, dropping packet`.',
    hint: 'Raise it (`sysctl -w net.netfilter.nf_conntrack_max=...`, some 320 bytes each), and look who opens so many (`conntrack -L`).',
  },
  daemon_process: {
    summary: 'A process of Overcoat ended that should not have; another takes its place, and its connections are lost.',
    see: '`coredumpctl` and `journalctl -k` say who ended it, or where it crashed; `overcoat_worker_ends_total` counts them.',
    hint: 'If nobody ended it on purpose, report it with what `overcoat support` puts together.',
  },
  daemon_intruder: {
    summary:
      'A process of Overcoat that the network reaches asked for orders (a reload, an end of connections) at the control socket, and was refused.',
    see: 'The log names the process; `overcoat status` shows which one it is, `overcoat connections` whom it serves.',
    hint: 'It may have been taken over: keep the log, restart, and change the keys it served with; nothing of Overcoat asks there by itself.',
  },
  daemon_programs: {
    summary: 'A worker asks for more programs (`exec`) than its connections can need: the rest is refused, or waits.',
    see: '`pgrep -P PID` of the main process lists those that run; `overcoat connections` the connections they belong to.',
    hint: 'Programs that stay when their connections have ended add up: have them end when they read the end of their input.',
  },
  daemon_reader: {
    summary:
      'A process ended that has kept the rights to read renewed files (`setuid`, `setgid`, `chroot`); nobody has the rights to make another.',
    see: "The line before says what ended it; `journalctl -k` has the kernel's side. One more stands by; when that has ended as well, renewals wait.",
    hint: 'Restart the daemon when it suits: `systemctl restart` of its unit. Once none is left, a reload cannot read what only root may read.',
  },
  daemon_memory: {
    summary: 'A process of Overcoat was ended for want of memory; another takes its place, and its connections are lost.',
    see: "`journalctl -k` has the kernel's list of who had how much; `overcoat_process_memory_bytes` ours.",
    hint: 'Give it more (`MemoryMax=` of the unit, or of the container), or allow fewer connections; docs/tuning.md has the cost of each.',
  },
  daemon_descriptors: {
    summary: 'The system has no descriptor, or no memory, for a client that waits: clients wait until there is one.',
    see: '`ls /proc/PID/fd | wc -l` and `prlimit --nofile --pid PID`; `overcoat_accept_failures_total` counts the tries.',
    hint: 'Raise the limit (`LimitNOFILE=` of the unit, `ulimit -n`; of the system: `sysctl fs.file-max`).',
  },
  daemon_clients: {
    summary: 'There are as many connections as the descriptors allow; further clients are turned away.',
    see: '`overcoat status` has the limit; `overcoat_clients_turned_away_total` counts them.',
    hint: 'Raise the limit (`LimitNOFILE=` of the unit, `ulimit -n`), two descriptors a connection, and start it again.',
  },
  daemon_log: {
    summary: 'Lines of the log, or records, were lost: what they go to does not take them. Traffic goes on.',
    see: '`df` for a full disk; for a pipe or the system log, whether its reader runs.',
    hint: 'Make room, or start the reader again; what comes then is written again, what was lost is not.',
  },
  daemon_names: {
    summary: 'The DNS forwarder of a gateway gets no answers, or none that can be used.',
    see: '`dig @SERVER NAME` with the servers of /etc/resolv.conf of this machine.',
    hint: 'Mend the name servers of this machine; hosts get an error until they answer.',
  },
  socket_option: {
    summary: 'A socket option that a connection cannot do without (the device, an address that is not there yet) could not be set.',
    see: '`debug = 7` says which options were set before it.',
    hint: 'Change or remove the `socket` line; some options need a privilege that was dropped.',
  },
  access_refused: {
    summary: 'The client is not admitted by /etc/hosts.allow and /etc/hosts.deny.',
    see: '`Service [S] REFUSED by libwrap from ADDRESS` stands in the log of a file; `tcpdmatch S ADDRESS` asks the same rules.',
    hint: 'See hosts_access(5); the daemon name in those files is the name of the service.',
  },
  access_too_many_clients: {
    summary: 'One address has as many connections open as `clientsPerAddress` allows, so another one was refused.',
    see: '`overcoat connections` lists what is open, with the address of each client; `overcoat_clients_turned_away_total` counts all that were refused.',
    hint: 'Raise clientsPerAddress (0: no limit) where many clients share an address; let a load balancer say who they are (proxyAccept).',
  },
  access_too_many_handshakes: {
    summary: 'More connections began within a second than `handshakesPerSecond` allows, so one was refused.',
    see: '`overcoat_clients_turned_away_total` counts them; the line has the address, where one alone was too fast.',
    hint: 'Raise handshakesPerSecond where the clients are good ones; else see who the address belongs to.',
  },
  exec_namespace: {
    summary: 'The command could not be given a network namespace of its own.',
    see: '`unshare -rn true` as the same user.',
    hint: 'The message names the switch of this system; docs/exec.md describes the way without namespaces.',
  },
  exec_program: {
    summary: 'The program of `exec` could not be started.',
    see: 'Run the program as the user of `setuid`, with the path as it is seen inside a chroot.',
    hint: 'Check its path and that the user of `setuid` may run it; inside a chroot it has to be there with its libraries.',
  },
  destination_unknown: {
    summary: 'The original destination of an intercepted connection could not be found.',
    see: '`conntrack -L -p tcp` on this machine shows what was rewritten.',
    hint: 'Interception must happen on this machine (iptables REDIRECT/DNAT or TPROXY here, not on another router).',
  },
  destination_loop: {
    summary: 'The connection was addressed to Overcoat itself, so forwarding it would loop.',
    see: '`debug = 6` shows `Original destination` and `s_connect: connecting` of each connection.',
    hint: 'Only intercepted connections may reach a transparent service; do not connect to its port directly.',
  },
  destination_refused: {
    summary: 'A SOCKS or CONNECT client asked for an address that it may not reach.',
    see: 'The line has the address that was asked for.',
    hint: 'Loopback, link-local, metadata and own addresses are refused; allowTargets lists exceptions.',
  },
  client_speaks_tls: {
    summary: 'The client already speaks TLS, and the service does not take that.',
    see: "`tshark -Y tls.handshake.type==1` on the client's side shows a ClientHello.",
    hint: 'Let the client speak plain TCP, or set alreadyTls to pass or wrap.',
  },
  server_name_missing: {
    summary: 'No name is known for the destination, so its certificate cannot be verified.',
    see: '`debug = 5` shows `Server name: unknown` and why.',
    hint: 'Give the service a name source, a pin, or check* options.',
  },
  upstream_refused: {
    summary: 'No address of the upstream accepted a connection.',
    see: 'The line has every address that was tried, with the answer; `nc -vz HOST PORT` from this machine asks the same.',
    hint: 'Check that the upstream is running and reachable from here.',
  },
  upstream_timeout: {
    summary: 'No address of the upstream answered within TIMEOUTconnect.',
    see: '`nc -vz -w 5 HOST PORT` from this machine; `tcptraceroute HOST PORT` shows how far packets come.',
    hint: 'Check routing and firewalls on the way, or raise TIMEOUTconnect.',
  },
  upstream_unresolved: {
    summary: 'The name of the upstream has no address.',
    see: 'The line has the name servers that were asked; `getent hosts NAME` asks them too.',
    hint: 'Check the spelling of `connect` and the name servers of this machine.',
  },
  negotiation_failed: {
    summary: 'The exchange of the application protocol before the relay did not succeed.',
    see: 'The line has what the peer said; `openssl s_client -starttls PROTOCOL` tries the same talk.',
    hint: 'Mend what the peer complains about (protocol, name, password); nothing was relayed in clear.',
  },
  negotiation_injected: {
    summary: 'Bytes came in clear where TLS had to begin.',
    see: 'A capture of the connection (`tshark -f "tcp port PORT"`) shows the bytes behind the answer to STARTTLS.',
    hint: 'Somebody on the way may be injecting commands or replies; nothing of it was used.',
  },
  negotiation_timeout: {
    summary: 'The exchange of the application protocol did not finish in time.',
    see: '`nc HOST PORT` shows whether the server greets.',
    hint: 'The peer may not speak the protocol of the service; see `protocol` and TIMEOUTbusy.',
  },
  proxy_header: {
    summary: 'A PROXY header was wrong, missing, or came from an address that may not send one.',
    see: 'The line has the address that connected.',
    hint: 'List the load balancers in proxyAccept, and let them send the header on every connection.',
  },
  handshake_failed: {
    summary: 'The TLS handshake failed: the peer refused us, left, or does not speak TLS.',
    see: 'The line has the alert, or what the peer speaks instead of TLS; `overcoat pin HOST:PORT` and `openssl s_client -connect HOST:PORT` try the same.',
    hint: 'Look at the log of the peer too; `overcoat pin HOST:PORT` tries the same handshake.',
  },
  handshake_verification: {
    summary: "The peer's certificate was refused.",
    see: "The line has the names, the issuer or the date; `overcoat pin HOST:PORT` shows a server's whole chain and explains the verdict.",
    hint: 'Correct the name, give the issuer (`CAfile`, --ca), or accept the very key (`pin`, --pin); never switch verification off.',
  },
  handshake_timeout: {
    summary: 'The peer did not finish the TLS handshake in time.',
    see: '`openssl s_client -connect HOST:PORT` waits as well; `nc HOST PORT` shows a server that greets in clear.',
    hint: 'The peer may not speak TLS on this port; see TIMEOUTbusy.',
  },
  setup_timeout: {
    summary: 'The client did not send what was needed before the relay could start.',
    see: '`debug = 6` shows how far the connection came.',
    hint: 'See TIMEOUTsetup.',
  },
  silent_connection: {
    summary: 'A connection is open and carries nothing any more; it goes on.',
    see: '`overcoat top` and the page have it as silent, with its client; `overcoat_connections_silent` counts them.',
    hint: 'Look at the sender: a frozen encoder stays connected. Where silence is usual (mail, shells), set silentAfter for the service, or 0.',
  },
  control_refused: {
    summary: 'A running process does not do what it was asked for.',
    see: '`overcoat status` shows what it does.',
    hint: 'The message says why.',
  },
  control_unreachable: {
    summary: 'No running process could be asked, or it is not clear which one.',
    see: '`ls /run/overcoat` has the sockets of those that run.',
    hint: 'Start one with a control socket (`control`), run as the user who may open it, or name it with --control.',
  },
  demo_failed: {
    summary: 'A program that `overcoat demo` runs at one of its ends failed.',
    see: 'The message has what the program said.',
    hint: 'The message names the program and what it said; --embedded needs no other program.',
  },
  internal: {
    summary: 'A defect in Overcoat; only this connection was closed.',
    see: '`debug = 7` adds the stack.',
    hint: 'Please report the message with its stack.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** A failure with a stable code. `message` is one line that names the thing; it never holds a secret. */
export class OvercoatError extends Error {
  readonly code: ErrorCode;
  /** Of a connection's failure: what it comes from, for its last line and for records. */
  readonly because: FailureCause;

  constructor(code: ErrorCode, message: string, cause?: unknown, because: FailureCause = TOLD) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OvercoatError';
    this.code = code;
    this.because = because;
  }
}

/** A failure that one option is to blame for. */
export class OptionError<Option extends string = string> extends OvercoatError {
  readonly option: Option;

  /** @param message names the option too, for whoever shows nothing else */
  constructor(code: ErrorCode, option: Option, message: string, cause?: unknown) {
    super(code, message, cause);
    this.option = option;
  }
}
