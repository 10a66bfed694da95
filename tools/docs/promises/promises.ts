/**
 * What Overcoat promises, by area, beside what stunnel and ghostunnel promise in their documentation: facts that stand there, or a dash
 * where nothing was found, which does not mean that it is not so. A new promise is a row here, with what shows it.
 */
import type { Shown } from './shown-by.ts';

export interface Pledge {
  readonly ours: string;
  readonly stunnel: string;
  readonly ghostunnel: string;
  readonly shown: readonly Shown[];
}

export interface Area {
  readonly title: string;
  readonly rows: readonly Pledge[];
}

const NOTHING = '-';

export const AREAS: readonly Area[] = [
  {
    title: 'Never in clear',
    rows: [
      {
        ours: 'No byte of the application crosses before the peer was accepted, in either direction and either mode.',
        stunnel: NOTHING,
        ghostunnel: 'The TLS handshake is completed, within `--connect-timeout`, before anything is proxied.',
        shown: [{ tests: ['behaviour/nothing-before-the-verdict'] }],
      },
      {
        ours: 'A negotiation (STARTTLS, CONNECT, SOCKS, PROXY) that is refused, stripped, cut or injected into ends the connection.',
        stunnel: '`protocol` negotiates before TLS; what happens when that fails is not said.',
        ghostunnel: 'Speaks CONNECT and SOCKS5 to a proxy, and sends PROXY v2; no STARTTLS.',
        shown: [{ tests: ['behaviour/hostile-dialogues', 'protocols/cuts', 'behaviour/proxy-headers'] }],
      },
      {
        ours: "The article's stream is TLS on the wire of the gateway from the first byte to the last.",
        stunnel: '`transparent = destination` with REDIRECT, where the name of the server stands in the configuration.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['netns/article', 'netns/interception'] }],
      },
      {
        ours: 'Ports that a gateway takes are refused in clear while it starts, runs, was killed or is away.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['netns/gateway-lifecycle', 'netns/gateway-mapped-ports', 'netns/gateway-unwrapped'] }],
      },
      {
        ours: 'What a command under `overcoat exec` sends is TLS or refused, also when Overcoat is killed.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['netns/exec', 'netns/parent-death'] }],
      },
      {
        ours: 'A plain listener that other machines reach is refused by the commands and `--strict`, and warned of in a file.',
        stunnel: NOTHING,
        ghostunnel: 'Plain sides are localhost or a Unix socket, unless `--unsafe-listen` or `--unsafe-target` says otherwise.',
        shown: [{ tests: ['config/exposure'] }],
      },
      {
        ours: 'A connection that comes back to us is refused as a loop, directly, by a rule or by way of another machine.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/rings', 'netns/gateway-loops'] }],
      },
      {
        ours: 'Clients of our SOCKS and CONNECT servers reach no address of this machine, in no spelling, before or after DNS.',
        stunnel: 'A SOCKS server, without such a word.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/refused-targets', 'protocols/target-rules'] }],
      },
    ],
  },
  {
    title: 'Verification',
    rows: [
      {
        ours: 'Commands verify chain and name unless told a pin; nothing in the environment switches that off.',
        stunnel: '`verifyChain` and `verifyPeer` are off unless set.',
        ghostunnel:
          'Clients always verify the host name, but with SPIFFE or a pin; servers require a client certificate unless told not to.',
        shown: [{ tests: ['tls/verdict/verify', 'tls/material/environment'] }],
      },
      {
        ours: 'A name is compared as RFC 9525 says: alternative names alone, whole labels, no wildcard for an address.',
        stunnel: '`checkHost`, `checkIP` and `checkEmail` match the peer certificate.',
        ghostunnel:
          'DNS and IP alternative names; further ones by `--verify-dns`, `--verify-uri`, `--verify-cn`, `--verify-ou`, or a Rego policy.',
        shown: [{ tests: ['tls/certificate/certificate-names', 'tls/certificate/leaf-checks'] }],
      },
      {
        ours: '`certProfile = strict` refuses what OpenSSL accepts and a careful verifier does not.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['tls/verdict/certificate-profile'] }],
      },
      {
        ours: 'Revoked is refused: by lists (files, folders, fetched by URL), by OCSP, by staples; without a verdict as configured.',
        stunnel: '`CRLfile`, `CRLpath`, `OCSP`, `OCSPaia`; `OCSPrequire` for what stays without a verdict.',
        ghostunnel: 'Staples its own certificate where that comes by ACME; nothing found on the revocation of peers.',
        shown: [{ tests: ['tls/revocation/crl-check', 'tls/revocation/ocsp-check', 'behaviour/list-url'] }],
      },
      {
        ours: 'A pinned key is that key, afresh and resumed; learnt at first use, it is compared ever after.',
        stunnel: '`verifyPeer`: the peer certificate must be among those stored.',
        ghostunnel: '`--verify-spki-pin` and `--allow-spki-pin`; the pin alone decides.',
        shown: [{ tests: ['tls/verdict/pin', 'behaviour/pin', 'names/pins/pin-store'] }],
      },
      {
        ours: 'A refused peer gets the alert that says why (exceptions: [out-of-scope.md](out-of-scope.md)).',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['peers/alerts', 'openssl/alerts'] }],
      },
      {
        ours: 'Malformed handshakes are answered, alert for alert, as OpenSSL itself answers them, in both modes.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['peers/raw-tls', 'peers/raw-tls-client', 'behaviour/raw-tls'] }],
      },
      {
        ours: 'With `redirect`, nobody without a good certificate ever reaches `connect`, resumed sessions included.',
        stunnel: '`redirect` sends clients there whose certificate authentication failed.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/redirect'] }],
      },
      {
        ours: 'TLS 1.2 and 1.3; post-quantum key exchange (X25519MLKEM768) is on; what is configured is what is negotiated.',
        stunnel: '`sslVersionMin`, `sslVersionMax`, `ciphers`, `curves`: as configured and as the linked OpenSSL has them.',
        ghostunnel: 'TLS 1.2 at least; X25519MLKEM768 since 1.11.0.',
        shown: [{ tests: ['peers/tls-options', 'peers/ciphers', 'peers/interop', 'tls/engine/key-shares'] }],
      },
    ],
  },
  {
    title: 'Resumption',
    rows: [
      {
        ours: 'What a session is trusted for is decided anew: other authorities, lists, pins, names or an expired certificate refuse it.',
        stunnel: 'Sessions are cached (`sessionCacheTimeout`) and can be switched off (`sessionResume`).',
        ghostunnel: NOTHING,
        shown: [{ tests: ['tls/verdict/verify', 'openssl/sessions', 'tls/engine/client-sessions'] }],
      },
      {
        ours: 'A session of one virtual host opens no other, by ticket or id, whatever the spelling of the name or the certificate.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/virtual-hosts', 'openssl/virtual-hosts'] }],
      },
      {
        ours: 'A session that one worker or host gave is good at all that share its ticket keys, and leads to the former target.',
        stunnel: '`ticketKeySecret` and `ticketMacSecret` resume on other nodes.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/resumption', 'tls/engine/ticket-keys'] }],
      },
    ],
  },
  {
    title: 'Streams and their ends',
    rows: [
      {
        ours: 'A half-close stays one, a reset stays one, and nothing sent before an orderly end is lost.',
        stunnel: '`reset` uses RST to indicate an error; `TIMEOUTclose` waits for close_notify.',
        ghostunnel: 'Half-close is passed on both ways, with an inactivity limit (`--close-timeout`).',
        shown: [{ tests: ['behaviour/endings', 'peers/stunnel'] }],
      },
      {
        ours: '`strictClose`: a stream that was cut reaches the other side as a reset, in both versions of TLS.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/strict-close'] }],
      },
      {
        ours: 'Every byte arrives, in order, in both directions at once; beyond what 32 bits can count.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [
          { tests: ['behaviour/volume', 'release/volume'] },
          { bench: 'bulk', metric: 'client up, MB/s', beside: ['stunnel', 'nginx'] },
        ],
      },
      {
        ours: 'Live streams cost little enough for a small machine.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ bench: 'streams', metric: 'client, 200 streams of 6 Mbit/s, cores', beside: ['stunnel', 'haproxy', 'nginx'] }],
      },
    ],
  },
  {
    title: 'Limits',
    rows: [
      {
        ours: 'One deadline over everything before the relay: hundreds of silent and slow clients cost the good ones nothing.',
        stunnel: '`TIMEOUTbusy` and `TIMEOUTconnect`, for each wait.',
        ghostunnel: '`--connect-timeout` (10 s) covers handshake and dial; it may not be zero.',
        shown: [{ tests: ['behaviour/slow-negotiations', 'behaviour/slow-first-bytes', 'behaviour/leaving-in-the-handshake'] }],
      },
      {
        ours: 'Hostile clients of every kind leave good traffic its bounds: streams without gaps over 50 ms, ping-pong within 20 ms.',
        stunnel: NOTHING,
        ghostunnel: 'Its release tests have handshake floods, idle connections, churn and abortive closes (since 1.11.1).',
        shown: [{ tests: ['behaviour/hostile-clients', 'release/hostile'] }],
      },
      {
        ours: 'No source takes everything: `clientsPerAddress` (a /64 is one) and `handshakesPerSecond`, refused before TLS, over all workers.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/source-limits', 'connection/access/sources'] }],
      },
      {
        ours: 'Every later wait has its limit too, and says which one ended it.',
        stunnel: '`TIMEOUTidle`, `TIMEOUTclose`.',
        ghostunnel: '`--idle-timeout` and `--max-conn-lifetime` (both off by default), `--close-timeout`.',
        shown: [{ tests: ['behaviour/limits', 'sockets/wheel'] }],
      },
      {
        ours: 'More clients than descriptors: some are turned away and counted, nothing else happens.',
        stunnel: NOTHING,
        ghostunnel: '`--max-concurrent-conns`, no limit by default.',
        shown: [{ tests: ['behaviour/too-many-clients'] }],
      },
      {
        ours: 'Key updates, renegotiations, one-byte and empty records are served or ended; others do not notice.',
        stunnel: '`renegotiation = no` mitigates one of them; the default is yes.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/floods', 'openssl/renegotiation'] }],
      },
      {
        ours: 'No parser of network input throws, loops or reads on without end.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['fuzz/protocols', 'fuzz/recognisers', 'fuzz/tls', 'fuzz/driver'] }, { run: 'fuzz -- 1h' }],
      },
    ],
  },
  {
    title: 'Faults',
    rows: [
      {
        ours: 'A worker that dies takes its own connections alone, and is replaced; the port never refuses.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/workers', 'behaviour/service-process', 'release/many-connections-lost'] }],
      },
      {
        ours: 'Descriptors, memory, disk, log and clock that fail or jump are one problem each, said with the remedy; back within two seconds.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/faults', 'linux/process/memory-kills', 'status/ledger/clock-jumps', 'release/faults'] }],
      },
      {
        ours: 'Devices renamed, rules flushed, tracking tables full: the gateway notices, puts back, and lets nothing out in clear.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['netns/gateway-faults', 'netns/half-open'] }],
      },
      {
        ours: 'Half of what the machine gives, for as long as wanted, with a fault every ten seconds: no error that nothing explains.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['release/soak', 'bench/soak'] }, { run: 'soak -- 30m' }],
      },
      {
        ours: 'A target that is down, silent or moved is passed over; the client is reset where none is left.',
        stunnel: '`failover = rr | prio` between several `connect`.',
        ghostunnel: 'The status port checks the backend.',
        shown: [{ tests: ['behaviour/upstream', 'behaviour/redial'] }],
      },
      {
        ours: 'DNS that is silent, lies or answers without end keeps nobody waiting beyond a bound.',
        stunnel: '`delay` looks names up at each connection.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['names/dns/forwarder', 'daemon/dns', 'fuzz/dns'] }],
      },
      {
        ours: 'A log that nobody reads, or a full disk, stops no traffic; lines that are lost are counted and said.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['observe/line-writer', 'behaviour/process-options'] }],
      },
      {
        ours: 'A failure is one line with who, where, why and what to do, under one code everywhere.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/failures', 'behaviour/one-code'] }],
      },
    ],
  },
  {
    title: 'Confinement and secrets',
    rows: [
      {
        ours: 'What the network reaches is fenced in before its image starts: files, ports, programs and calls (`confine`; on for commands).',
        stunnel: NOTHING,
        ghostunnel: 'Landlock (files and ports) by default since 1.9.0, where the kernel has it; off with PKCS#11.',
        shown: [{ tests: ['behaviour/confine', 'daemon/fence/needs', 'linux/fence/seccomp'] }],
      },
      {
        ours: 'After `setuid`, `setgid` and `chroot` nothing of root is left, in any thread.',
        stunnel: '`chroot`, `setuid`, `setgid`.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/privileges', 'daemon/workers/rights'] }],
      },
      {
        ours: 'Keys that others may read are warned of, and refused by `--strict`.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/key-files', 'tls/material/exposed-files'] }],
      },
      {
        ours: 'Keys, passwords and passphrases are in no log, answer, page, archive or list of processes.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['cli/commands/support', 'secret', 'behaviour/key-log'] }],
      },
      {
        ours: 'What a network chose stays one line of printable text in the log.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['observe/log-lines', 'text/printable'] }],
      },
      {
        ours: 'The control socket is its owner’s; the status port reads alone, and hears no page of another site.',
        stunnel: NOTHING,
        ghostunnel: '`--status` is on localhost unless told otherwise; `/_shutdown` has to be enabled.',
        shown: [{ tests: ['behaviour/status', 'behaviour/status-readers'] }],
      },
    ],
  },
  {
    title: 'Memory',
    rows: [
      {
        ours: 'A peer that stops reading costs a bounded amount, and pauses the other side.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [
          { tests: ['behaviour/stalled-readers'] },
          { bench: 'stalled', metric: 'server, stalled down, KB/connection', beside: ['stunnel', 'haproxy', 'nginx'] },
        ],
      },
      {
        ours: 'After connections with every end there is, no object, session or descriptor is left.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['behaviour/churn', 'openssl/churn', 'release/churn'] }],
      },
      {
        ours: 'A handle that was freed cannot be used; a callback that throws refuses; no bytes go to another connection.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['openssl/seeded-faults', 'openssl/context/callbacks', 'openssl/library/output'] }, { run: 'test:memory' }],
      },
      {
        ours: 'Whatever a TLS peer sends, in any phase, crashes nothing.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['fuzz/flights'] }],
      },
      {
        ours: 'What idle connections take is known.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ bench: 'memory', metric: 'client, idle, KB/connection', beside: ['stunnel', 'haproxy', 'nginx'] }],
      },
    ],
  },
  {
    title: 'Renewal, reload, upgrade',
    rows: [
      {
        ours: 'A hundred reloads under load refuse, reset and damage nothing; a broken configuration changes nothing.',
        stunnel: 'SIGHUP reads the configuration again; a few global options stay.',
        ghostunnel: 'SIGHUP or `--timed-reload` read certificates again without dropping connections.',
        shown: [{ tests: ['behaviour/reload-under-load', 'behaviour/reload', 'behaviour/reload-in-handshakes'] }],
      },
      {
        ours: 'Renewed files are taken by themselves, whole or not at all, also after rights were dropped.',
        stunnel: NOTHING,
        ghostunnel: '`--timed-reload` at an interval; SPIFFE pushes them.',
        shown: [{ tests: ['behaviour/renewal', 'behaviour/renewal-under-load'] }],
      },
      {
        ours: 'Certificates come from an ACME directory and are renewed without a restart; failures are told while the old one serves.',
        stunnel: NOTHING,
        ghostunnel: '`--auto-acme-cert` (TLS-ALPN-01), renewed by certmagic.',
        shown: [{ tests: ['behaviour/acme', 'behaviour/acme-accounts', 'acme/schedule', 'acme/lease'] }],
      },
      {
        ours: 'A new version takes over without refusing anybody; one that cannot serve changes nothing.',
        stunnel: NOTHING,
        ghostunnel: 'A new process may be started on the same port (`SO_REUSEPORT`), and the old one drained.',
        shown: [{ tests: ['behaviour/upgrade'] }],
      },
      {
        ours: 'SIGTERM drains for as long as configured; the exit code says whether all finished.',
        stunnel: 'SIGTERM terminates.',
        ghostunnel: 'SIGTERM and SIGINT drain for up to `--shutdown-timeout` (5 minutes); exit code 0 or 1.',
        shown: [{ tests: ['behaviour/signals', 'daemon/drain'] }],
      },
    ],
  },
  {
    title: 'Packages',
    rows: [
      {
        ours: 'Every dependency has a checksum, comes from one registry and needs no install script; known faults of the runtime are said.',
        stunnel: 'Links the OpenSSL of the system.',
        ghostunnel: NOTHING,
        shown: [{ tests: ['tools/supply'] }, { run: 'check -- --bytes' }],
      },
      {
        ours: 'The same sources give the same bytes: npm package, executable, Debian packages; a bill of materials comes with them.',
        stunnel: NOTHING,
        ghostunnel: 'Bills of materials (SPDX, CycloneDX) for binaries and images since 1.11.4.',
        shown: [{ tests: ['tools/deb', 'tools/package', 'release/package'] }],
      },
      {
        ours: 'The image has no shell, no root and a read-only system; Debian packages install, upgrade and leave as they should.',
        stunnel: NOTHING,
        ghostunnel: 'Images on Alpine, Debian and distroless.',
        shown: [{ tests: ['release/image', 'release/deb'] }],
      },
      {
        ours: 'The README’s ways lead from an empty system to the article’s stream.',
        stunnel: NOTHING,
        ghostunnel: NOTHING,
        shown: [{ tests: ['netns/readme', 'release/four-ways'] }],
      },
    ],
  },
];
