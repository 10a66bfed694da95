/**
 * One error class and one flat catalogue of codes. The same string is the log field, the metric label and the heading in
 * `docs/errors.md`, so a code is never renamed once released. Normal ends of a connection are values (`CloseReason`), not errors.
 */

/** What a code means and what the reader can do about it; both are sentences without placeholders. */
export interface ErrorEntry {
  readonly summary: string;
  readonly hint: string;
}

/** Every failure Overcoat can name. Keep it sorted by prefix: the prefix is the stage in which it happens. */
export const ERROR_CATALOGUE = {
  config_invalid_value: {
    summary: 'An option has a value it cannot have.',
    hint: 'See docs/options.md for the values the option takes.',
  },
  config_syntax: {
    summary: 'A line is neither blank, a comment, an option nor a section header.',
    hint: 'Write `name = value`, `[section]`, or start the line with `;` or `#`.',
  },
  config_unknown_option: {
    summary: 'An option of this name does not exist, or not at this place.',
    hint: 'See docs/options.md for the names and where each may stand.',
  },
  config_not_available: {
    summary: 'The option is known, but this version cannot honour it.',
    hint: 'Remove the line, or see docs/options.md for what replaces it.',
  },
  config_refused: {
    summary: 'The option is refused on purpose.',
    hint: 'docs/options.md says why and what to use instead.',
  },
  config_conflict: {
    summary: 'Options of one section contradict each other, or one that is needed is missing.',
    hint: 'The message names the options; docs/options.md explains each.',
  },
  config_unreadable: {
    summary: 'A file named on the command line or in the configuration cannot be read.',
    hint: 'Check that the file exists and that this user may read it.',
  },
  config_key_material: {
    summary: 'A certificate, key or trust file cannot be used.',
    hint: 'The message names the file and what is wrong with it.',
  },
  config_unsafe: {
    summary: 'A choice that is unsafe was refused because --strict was given.',
    hint: 'Fix the line, or run without --strict to get a warning instead.',
  },
  start_bind: {
    summary: 'A listening address could not be bound.',
    hint: 'Another program may hold the port; ports below 1024 need root or CAP_NET_BIND_SERVICE.',
  },
  start_environment: {
    summary: 'The environment switches a protection off.',
    hint: 'Unset the variable the message names.',
  },
  start_privilege: {
    summary: 'A step at start needs a privilege this process does not have.',
    hint: 'Start as root, or give the capability the message names.',
  },
  start_platform: {
    summary: 'The feature exists on Linux only.',
    hint: 'Use a fixed accept/connect pair on this system.',
  },
  start_process: {
    summary: 'The process could not be set up (log file, pid file, detaching).',
    hint: 'The message names the file or the step.',
  },
  start_program: {
    summary: 'A program of the system that is needed is not installed.',
    hint: 'Install the package the message names.',
  },
  gateway_conflict: {
    summary: 'Another gateway is active in this network namespace.',
    hint: 'End its process, which takes its rules away; those of `overcoat gateway up` go with `overcoat gateway down`.',
  },
  gateway_rules: {
    summary: 'Interception rules, routes or kernel parameters could not be installed or removed.',
    hint: 'Run `overcoat gateway doctor`; the message quotes what the tool said.',
  },
  socket_option: {
    summary: 'A socket option of the configuration could not be set on a connection.',
    hint: 'The message names it and the reason the kernel gave; some need a privilege that was dropped.',
  },
  access_refused: {
    summary: 'The client is not admitted by /etc/hosts.allow and /etc/hosts.deny.',
    hint: 'See hosts_access(5); the daemon name in those files is the name of the service.',
  },
  exec_namespace: {
    summary: 'The command could not be given a network namespace of its own.',
    hint: 'The message names the switch of this system; docs/exec.md describes the way without namespaces.',
  },
  exec_program: {
    summary: 'The program of `exec` could not be started.',
    hint: 'Check its path and that the user of `setuid` may run it; inside a chroot it has to be there with its libraries.',
  },
  destination_unknown: {
    summary: 'The original destination of an intercepted connection could not be found.',
    hint: 'Interception must happen on this machine (iptables REDIRECT/DNAT or TPROXY here, not on another router).',
  },
  destination_loop: {
    summary: 'The connection was addressed to Overcoat itself, so forwarding it would loop.',
    hint: 'Only intercepted connections may reach a transparent service; do not connect to its port directly.',
  },
  destination_refused: {
    summary: 'A SOCKS or CONNECT client asked for an address that it may not reach.',
    hint: 'Loopback, link-local, metadata and own addresses are refused; allowTargets lists exceptions.',
  },
  client_speaks_tls: {
    summary: 'The client already speaks TLS, and the service does not take that.',
    hint: 'Let the client speak plain TCP, or set alreadyTls to pass or wrap.',
  },
  server_name_missing: {
    summary: 'No name is known for the destination, so its certificate cannot be verified.',
    hint: 'Give the service a name source, a pin, or check* options.',
  },
  upstream_refused: {
    summary: 'No address of the upstream accepted a connection.',
    hint: 'Check that the upstream is running and reachable from here.',
  },
  upstream_timeout: {
    summary: 'No address of the upstream answered within TIMEOUTconnect.',
    hint: 'Check routing and firewalls on the way, or raise TIMEOUTconnect.',
  },
  upstream_unresolved: {
    summary: 'The name of the upstream has no address.',
    hint: 'Check the spelling of `connect` and the name servers of this machine.',
  },
  negotiation_failed: {
    summary: 'The exchange of the application protocol before the relay did not succeed.',
    hint: 'The message quotes what the peer said; nothing was relayed in clear.',
  },
  negotiation_injected: {
    summary: 'Bytes came in clear where TLS had to begin.',
    hint: 'Somebody on the way may be injecting commands or replies; nothing of it was used.',
  },
  negotiation_timeout: {
    summary: 'The exchange of the application protocol did not finish in time.',
    hint: 'The peer may not speak the protocol of the service; see `protocol` and TIMEOUTbusy.',
  },
  proxy_header: {
    summary: 'A PROXY header was wrong, missing, or came from an address that may not send one.',
    hint: 'List the load balancers in proxyAccept, and let them send the header on every connection.',
  },
  handshake_failed: {
    summary: 'The TLS handshake failed.',
    hint: 'The message carries the reason OpenSSL gave.',
  },
  handshake_verification: {
    summary: "The peer's certificate was refused.",
    hint: 'The lines before name the certificate and the check it failed.',
  },
  handshake_timeout: {
    summary: 'The peer did not finish the TLS handshake in time.',
    hint: 'The peer may not speak TLS on this port; see TIMEOUTbusy.',
  },
  setup_timeout: {
    summary: 'The client did not send what was needed before the relay could start.',
    hint: 'See TIMEOUTsetup.',
  },
  control_refused: {
    summary: 'A running process does not do what it was asked for.',
    hint: 'The message says why.',
  },
  control_unreachable: {
    summary: 'No running process could be asked, or it is not clear which one.',
    hint: 'Start one with a control socket (`control`), run as the user who may open it, or name it with --control.',
  },
  demo_failed: {
    summary: 'A program that `overcoat demo` runs at one of its ends failed.',
    hint: 'The message names the program and what it said; --embedded needs no other program.',
  },
  internal: {
    summary: 'A defect in Overcoat; only this connection was closed.',
    hint: 'Please report the message with its stack.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** A failure with a stable code. `message` is one line that names the thing; it never holds a secret. */
export class OvercoatError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OvercoatError';
    this.code = code;
  }
}
