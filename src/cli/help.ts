/** Help texts: one for the program, one for each command. */
import { protocolsFor } from '../config/protocol-names.ts';

const GENERAL = `Usage: overcoat COMMAND [ARGUMENTS]

Puts TLS over plain TCP.

Commands
  run FILE                 run the services of a configuration file (stunnel.conf)
  check FILE               say everything that is wrong with a configuration file
  client ACCEPT CONNECT    plain in, TLS out, the server verified by its name
  server ACCEPT CONNECT    TLS in, plain out
  gateway                  wrap the connections that pass through this machine
  exec -- COMMAND ARG...   wrap the connections of one command
  pin HOST:PORT            show what a server presents, and keep it to compare with
  options [NAME]           explain the options of the configuration file
  demo                     send a stream through two services, and show what is on the wire

  COMMAND --help           more about a command
  --version                the version

Exit codes: 0 done, 1 failed, 2 wrong arguments.
`;

const TRUST = `  --ca FILE                trust these CA certificates instead of the system's
  --pin FILE|sha256:KEY    accept only this public key; may be repeated, any one suffices.
                           Without --ca it replaces chain and name, beside --ca both must hold
  --cert FILE, --key FILE  our own certificate and key, for servers that ask for one`;

const ADDRESSES = `  ACCEPT and CONNECT are HOST:PORT, PORT or /PATH of a Unix socket; a port alone means this machine.`;

const TOPICS: ReadonlyMap<string, string> = new Map([
  [
    'run',
    `Usage: overcoat run FILE [--strict]
       overcoat run --fd N [--strict]

Runs the services of a configuration file. Signals: HUP reloads it, USR1 reopens the log, USR2 lists the connections,
TERM lets connections finish (TIMEOUTdrain) and ends.

  --strict                 refuse unsafe choices instead of warning about them
  --fd N                   read the configuration from this file descriptor
`,
  ],
  [
    'check',
    `Usage: overcoat check FILE [--strict]

Says everything that is wrong with a configuration file, one problem a line: FILE:LINE: OPTION: what is wrong, what to do.
Opens the certificates and keys it names, looks for its folders, programs and addresses, and starts nothing. Exit code 1 if a
start would fail, or what would start could not work. Whether another program has a port now is not asked. A name in accept
is looked up.

  --strict                 count unsafe choices as errors
  --fd N                   read the configuration from this file descriptor
`,
  ],
  [
    'client',
    `Usage: overcoat client ACCEPT CONNECT [OPTIONS]

Takes plain connections at ACCEPT and carries them over TLS to CONNECT, whose certificate is verified for its name.
${ADDRESSES}

${TRUST}
  --sni NAME               send and verify this name instead of the host of CONNECT
${protocolHelp('client')}
  --unsafe-listen          allow an ACCEPT that everybody can reach
  --debug LEVEL            how much is logged, 0 to 7 (5)

Example: overcoat client 1935 live.example.org:443
`,
  ],
  [
    'server',
    `Usage: overcoat server ACCEPT CONNECT --cert FILE [OPTIONS]

Takes TLS connections at ACCEPT and carries them in clear to CONNECT.
${ADDRESSES}

  --cert FILE              our certificate with its chain, the leaf first (PEM or PKCS#12)
  --key FILE               its private key, if it is not in the same file
  --ca FILE                clients must show a certificate of these CAs
  --pin FILE|sha256:KEY    clients must hold this public key; may be repeated, any one suffices
${protocolHelp('server')}
  --debug LEVEL            how much is logged, 0 to 7 (5)

Example: overcoat server 0.0.0.0:443 1935 --cert /etc/overcoat/server.pem
`,
  ],
  [
    'gateway',
    `Usage: overcoat gateway --from INTERFACE --ports LIST [OPTIONS]
       overcoat gateway up|down|show|doctor [OPTIONS]

Wraps the TCP connections of other machines that pass through this one (root, Linux).

  --from INTERFACE         take connections that come in here; may be repeated
  --ports LIST             take these destination ports, like 443,1935,8000-8010
  --map-port FROM:TO       take FROM too, and go to port TO of the same address, like 1935:443
  --dns                    answer their DNS questions too, and learn the names
  --masquerade             hide their addresses behind ours
  --mode redirect|tproxy   how the kernel hands connections over (redirect)
  --fail closed|open       while Overcoat is down, drop them (closed) or let them pass in clear (open)
  --local user=NAME|cgroup=PATH|mark=N   also take connections of this machine's own processes, except those of this
                           user or control group, as which Overcoat then runs, or with this firewall mark
  --listen PORT            hand connections to this port (15001)
${TRUST}
  --debug LEVEL            how much is logged, 0 to 7 (5)

  up, down                 install the rules until down or a restart; remove them
  show [--as iptables]     print the rules and change nothing
  doctor                   check every link of the chain, and say how to mend it
`,
  ],
  [
    'exec',
    `Usage: overcoat exec [OPTIONS] -- COMMAND ARG...

Runs one command and wraps every TCP connection it makes. No root needed (Linux).

  --ports LIST             wrap only these destination ports, like 443,1935; others are connected as they are
  --map-port FROM:TO       wrap FROM too, and go to port TO of the same address, like 1935:443
  --plain ADDRESS/PREFIX   leave these destinations alone; may be repeated
  --host-loopback          let the command reach services of this machine on 127.0.0.1
  --explain                say at the end what became of each connection
  --log FILE               write the log there instead of standard error
${TRUST}
  --debug LEVEL            how much is logged, 0 to 7 (5)

Example: overcoat exec -- ffmpeg -re -i in.mp4 -c copy -f flv rtmp://live.example.org:443/app/key
`,
  ],
  [
    'pin',
    `Usage: overcoat pin HOST:PORT [--save FILE [--yes] | --check FILE] [--protocol NAME] [--sni NAME]
       overcoat pin --list | --remove ENTRY [--store FILE]

Connects without trusting anybody, prints the certificates of a server and explains them.

  --save FILE              write what CAfile with verify = 4 needs; asks first
  --yes                    do not ask
  --check FILE             fail if the server no longer matches what was saved
${protocolHelp('client')}
  --sni NAME               ask for this name instead of HOST
  --list, --remove ENTRY   the keys pinned at first use
  --store FILE             where those are kept
`,
  ],
  [
    'options',
    `Usage: overcoat options [NAME]

Lists the options of the configuration file, or explains one of them.
`,
  ],
  [
    'demo',
    `Usage: overcoat demo [--embedded]

Sends a media stream from one service through TLS to another and compares what arrives with what was sent.

  --embedded               use the built-in sender and receiver although ffmpeg is installed
`,
  ],
]);

/** @param topic a command; undefined for the program itself */
export function helpText(topic: string | undefined): string {
  return TOPICS.get(topic ?? '') ?? GENERAL;
}

function protocolHelp(direction: 'client' | 'server'): string {
  const indent = ' '.repeat(27);
  return `  --protocol NAME          negotiate TLS inside this protocol (STARTTLS), one of\n${indent}${protocolsFor(direction).join(', ')}`;
}
