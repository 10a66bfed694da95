# Completion of overcoat and overcoat-stunnel for fish. Written by `npm run docs`.

# The words behind the command that are neither flags nor their values.
function __overcoat_operands
    set -l words (commandline -opc)
    set -l value no
    for word in $words[3..]
        if test $value = yes
            set value no
        else if contains -- "$words[2] $word" 'run --fd' 'run --env' 'run --status' 'run --control' 'run --confine' 'check --fd' 'check --env' 'client --ca' 'client --pin' 'client --cert' 'client --key' 'client --name' 'client --sni' 'client --protocol' 'client --rtmp-rewrite' 'client --redial' 'client --status' 'client --control' 'client --confine' 'client --keylog' 'client --debug' 'server --cert' 'server --key' 'server --acme' 'server --acme-directory' 'server --acme-email' 'server --acme-http' 'server --acme-store' 'server --acme-ca' 'server --ca' 'server --pin' 'server --protocol' 'server --redial' 'server --clients-per-address' 'server --handshakes-per-second' 'server --status' 'server --control' 'server --confine' 'server --keylog' 'server --debug' 'rtmps --ca' 'rtmps --pin' 'rtmps --cert' 'rtmps --key' 'rtmps --status' 'rtmps --control' 'rtmps --confine' 'rtmps --debug' 'gateway --from' 'gateway --ports' 'gateway --map-port' 'gateway --mode' 'gateway --fail' 'gateway --forward' 'gateway --local' 'gateway --listen' 'gateway --to' 'gateway --as' 'gateway --name-map' 'gateway --name-missing' 'gateway --ca' 'gateway --pin' 'gateway --cert' 'gateway --key' 'gateway --redial' 'gateway --status' 'gateway --control' 'gateway --confine' 'gateway --keylog' 'gateway --debug' 'exec --ports' 'exec --map-port' 'exec --plain' 'exec --log' 'exec --name' 'exec --sni' 'exec --name-map' 'exec --name-missing' 'exec --ca' 'exec --pin' 'exec --cert' 'exec --key' 'exec --redial' 'exec --keylog' 'exec --control' 'exec --debug' 'status --control' 'status --port' 'status --within' 'connections --service' 'connections --control' 'connections --within' 'top --control' 'end --control' 'drain --control' 'reload --control' 'upgrade --control' 'log --control' 'pin --save' 'pin --refresh' 'pin --check' 'pin --protocol' 'pin --name' 'pin --sni' 'pin --remove' 'pin --store' 'certs --fd' 'certs --env' 'doctor --control' 'doctor --fd' 'doctor --env' 'support --save'
            set value yes
        else if not string match --quiet -- '-*' $word
            echo $word
        end
    end
end

# What completes the command line behind --.
function __overcoat_command_behind
    set -l words (commandline -opc)
    set -l at (contains --index -- -- $words)
    complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..]) (commandline -ct))
end

# Whether COMMAND is given, and NUMBER words behind it.
function __overcoat_at
    __fish_seen_subcommand_from $argv[1]; and test (count (__overcoat_operands)) -eq $argv[2]
end

# What the running process has, one a line: a script for sed, the command that tells it.
function __overcoat_running
    set -l words (commandline -opc)
    set -l control
    for index in (seq 3 (count $words))
        if test $words[$index] = --control
            set control --control (string replace --regex '^~' $HOME -- $words[(math $index + 1)])
        else if string match --quiet -- '--control=*' $words[$index]
            set control (string replace --regex -- '^--control=~' --control=$HOME $words[$index])
        end
    end
    set -l program (string replace --regex '^~' $HOME -- $words[1])
    $program $argv[2..] $control 2>/dev/null </dev/null | sed -n $argv[1]
end

complete -c overcoat -f
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -l help -d 'more about a command'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -l version -d 'the version'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a run -d 'run the services of a configuration file (stunnel.conf)'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a check -d 'say everything that is wrong with a configuration file'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a client -d 'plain in, TLS out, the server verified by its name'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a server -d 'TLS in, plain out'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a rtmps -d 'send what an RTMP encoder publishes to a streaming service, over TLS'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a gateway -d 'wrap the connections that pass through this machine (Linux, root)'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a exec -d 'wrap the connections of one command, as an ordinary user (Linux)'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a status -d 'say what the running process does'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a connections -d 'list the open connections of the running process'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a top -d 'watch the connections of the running process'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a end -d 'end a connection of the running process'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a drain -d 'stop accepting for a service of the running process'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a reload -d 'have the running process read its configuration again'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a upgrade -d 'have the program file, once replaced, take the place of the running process'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a log -d 'set how much the running process logs'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a pin -d 'show what a server presents, and keep it to compare with'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a certs -d 'list the certificates of a configuration, until when they last, and their faults'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a options -d 'explain the options of the configuration file'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a doctor -d 'say what a process is fenced from, and by what'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a support -d 'put together what a bug report needs, without secrets'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a demo -d 'send a stream through two services, and show what is on the wire'
complete -c overcoat -n 'not __fish_seen_subcommand_from run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help' -a help -d 'more about a command'
complete -c overcoat -n '__fish_seen_subcommand_from run' -l strict -d 'refuse unsafe choices instead of warning about them'
complete -c overcoat -n '__fish_seen_subcommand_from run' -l fd -d 'read the configuration from this file descriptor' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from run' -l env -d 'read the configuration from this environment variable (for containers)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from run' -l status -d 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from run' -l control -d 'the control socket by which `overcoat status` and the like reach this process (auto)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from run' -l confine -d 'fence the process in: only the files, ports and system calls it needs (docs/production.md)' -r -f -a 'yes no report strict'
complete -c overcoat -n '__fish_seen_subcommand_from run' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at run 0' -F
complete -c overcoat -n '__fish_seen_subcommand_from check' -l strict -d 'count unsafe choices as errors'
complete -c overcoat -n '__fish_seen_subcommand_from check' -l json -d 'print one JSON object: file, usable, services, and the problems with code, severity, file, line, option, text'
complete -c overcoat -n '__fish_seen_subcommand_from check' -l fd -d 'read the configuration from this file descriptor' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from check' -l env -d 'read the configuration from this environment variable (for containers)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from check' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at check 0' -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l ca -d 'trust these CA certificates instead of the system\'s' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l pin -d 'accept only this public key; may be repeated, any one suffices. Without --ca it replaces chain and name, beside --ca both must hold' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l cert -d 'our own certificate, for servers that ask for one' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l key -d 'its private key, if it is not in the same file' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l name -d 'send this name (SNI) and verify it, instead of the one that would be used or learnt' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l sni -d 'the same as --name' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l protocol -d 'negotiate TLS inside this protocol (STARTTLS), one of smtp, lmtp, imap, pop3, sieve, nntp, ldap, xmpp, pgsql, pgsql-direct, connect, socks, auto' -r -f -a 'smtp lmtp imap pop3 sieve nntp ldap xmpp pgsql pgsql-direct connect socks auto'
complete -c overcoat -n '__fish_seen_subcommand_from client' -l rtmp-rewrite -d 'replace the address in what RTMP clients ask for (tcUrl), by CONNECT or by rtmp://HOST/APP' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l unsafe-listen -d 'allow an ACCEPT that everybody can reach'
complete -c overcoat -n '__fish_seen_subcommand_from client' -l redial -d 'where nobody answers, try again for so long while the client waits (0)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l status -d 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l control -d 'the control socket by which `overcoat status` and the like reach this process (auto)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from client' -l confine -d 'fence the process in: only the files, ports and system calls it needs (docs/production.md)' -r -f -a 'yes no report strict'
complete -c overcoat -n '__fish_seen_subcommand_from client' -l keylog -d 'append the secrets of every connection to FILE, for Wireshark: whoever reads it reads all that is sent' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from client' -l debug -d 'how much is logged, 0 to 7 (5)' -r -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from client' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from server' -l cert -d 'our certificate with its chain, the leaf first (PEM or PKCS#12)' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l key -d 'its private key, if it is not in the same file' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme -d 'in place of --cert: ask for a certificate for these names at Let\'s Encrypt or --acme-directory, and renew it' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-agree -d 'you agree to the terms of service of that authority'
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-directory -d 'where certificates are asked for' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-email -d 'where the authority may write to' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-http -d 'prove names by HTTP-01 here, instead of by TLS-ALPN-01 at ACCEPT' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-store -d 'where account and certificates are kept (/var/lib/overcoat/acme)' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l acme-ca -d 'whom the certificate of the directory itself is verified against' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l ca -d 'clients must show a certificate of these CAs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l pin -d 'clients must hold this public key; may be repeated, any one suffices' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l protocol -d 'negotiate TLS inside this protocol (STARTTLS), one of smtp, imap, pop3, pgsql, connect, socks, proxy' -r -f -a 'smtp imap pop3 pgsql connect socks proxy'
complete -c overcoat -n '__fish_seen_subcommand_from server' -l redial -d 'where nobody answers, try again for so long while the client waits (0)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l clients-per-address -d 'connections that one address may have open at once, an IPv6 /64 as one; 0: any number (500)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l handshakes-per-second -d 'clients let in within a second: all together, and of one address; 0: any number (0)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l status -d 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l control -d 'the control socket by which `overcoat status` and the like reach this process (auto)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from server' -l confine -d 'fence the process in: only the files, ports and system calls it needs (docs/production.md)' -r -f -a 'yes no report strict'
complete -c overcoat -n '__fish_seen_subcommand_from server' -l keylog -d 'append the secrets of every connection to FILE, for Wireshark: whoever reads it reads all that is sent' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from server' -l debug -d 'how much is logged, 0 to 7 (5)' -r -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from server' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l list -d 'the services that are known, and how well'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l json -d 'the list as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l ca -d 'trust these CA certificates instead of the system\'s' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l pin -d 'accept only this public key; may be repeated, any one suffices. Without --ca it replaces chain and name, beside --ca both must hold' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l cert -d 'our own certificate, for servers that ask for one' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l key -d 'its private key, if it is not in the same file' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l unsafe-listen -d 'allow an ACCEPT that everybody can reach'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l status -d 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l control -d 'the control socket by which `overcoat status` and the like reach this process (auto)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l confine -d 'fence the process in: only the files, ports and system calls it needs (docs/production.md)' -r -f -a 'yes no report strict'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l debug -d 'how much is logged, 0 to 7 (5)' -r -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from rtmps' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at rtmps 0' -f -a 'youtube facebook twitch vimeo restream mux ivs kick instagram x telegram linkedin'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l from -d 'take connections that come in by this device; may be repeated' -r -f -a '(__fish_print_interfaces)'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l ports -d 'take these destination ports, like 443,1935,8000-8010' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l map-port -d 'take FROM too, and go to port TO of the same address, like 1935:443' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l dns -d 'answer their DNS questions too, and learn the names'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l masquerade -d 'hide their addresses behind ours'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l mode -d 'how the kernel hands connections over (redirect)' -r -f -a 'redirect tproxy'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l fail -d 'while Overcoat is down, drop them or let them pass in clear (closed)' -r -f -a 'closed open'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l forward -d 'what else hosts may send through this machine: everything, or nothing but ICMP and what is established (all)' -r -f -a 'all intercepted'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l local -d 'also take connections of this machine\'s own processes, except those of this user or control group, as which Overcoat then runs, or with this firewall mark' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l listen -d 'hand connections to this port (15001)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l to -d 'a server that doctor tries as well' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l json -d 'show, status and doctor answer as JSON'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l as -d 'how show writes the rules (nft)' -r -f -a 'nft iptables'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l name-map -d 'names by destination, one ADDRESS[/PREFIX][:PORT] NAME a line' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l name-missing -d 'where no name is known: refuse, verify the address that was dialled, or trust the first key seen (refuse)' -r -f -a 'refuse address pin'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l ca -d 'trust these CA certificates instead of the system\'s' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l pin -d 'accept only this public key; may be repeated, any one suffices. Without --ca it replaces chain and name, beside --ca both must hold' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l cert -d 'our own certificate, for servers that ask for one' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l key -d 'its private key, if it is not in the same file' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l redial -d 'where nobody answers, try again for so long while the client waits (0)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l status -d 'serve status and metrics here over HTTP, on this machine alone (docs/observe.md)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l control -d 'the control socket by which `overcoat status` and the like reach this process (auto)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l confine -d 'fence the process in: only the files, ports and system calls it needs (docs/production.md)' -r -f -a 'yes no report strict'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l keylog -d 'append the secrets of every connection to FILE, for Wireshark: whoever reads it reads all that is sent' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l debug -d 'how much is logged, 0 to 7 (5)' -r -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from gateway' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at gateway 0' -a up -d 'install the rules, until down or a restart'
complete -c overcoat -n '__overcoat_at gateway 0' -a down -d 'remove them'
complete -c overcoat -n '__overcoat_at gateway 0' -a show -d 'print the rules and change nothing; without flags those that are installed'
complete -c overcoat -n '__overcoat_at gateway 0' -a status -d 'what is installed, and what hosts send past Overcoat'
complete -c overcoat -n '__overcoat_at gateway 0' -a doctor -d 'check every link of the chain, and say how to mend it'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l shell -d 'run your shell ($SHELL), with a mark before its prompt, in the place of a command'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l ports -d 'wrap only these destination ports, like 443,1935; others are connected as they are' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l map-port -d 'take FROM too, and go to port TO of the same address, like 1935:443' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l plain -d 'leave these destinations alone; may be repeated' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l host-loopback -d 'let the command reach services of this machine on 127.0.0.1'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l explain -d 'say at the end what became of each connection that did not fail'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l log -d 'write the log there instead of standard error' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l name -d 'send this name (SNI) and verify it, instead of the one that would be used or learnt' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l sni -d 'the same as --name' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l name-map -d 'names by destination, one ADDRESS[/PREFIX][:PORT] NAME a line' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l name-missing -d 'where no name is known: refuse, verify the address that was dialled, or trust the first key seen (refuse)' -r -f -a 'refuse address pin'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l ca -d 'trust these CA certificates instead of the system\'s' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l pin -d 'accept only this public key; may be repeated, any one suffices. Without --ca it replaces chain and name, beside --ca both must hold' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l cert -d 'our own certificate, for servers that ask for one' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l key -d 'its private key, if it is not in the same file' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l redial -d 'where nobody answers, try again for so long while the client waits (0)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l keylog -d 'append the secrets of every connection to FILE, for Wireshark: whoever reads it reads all that is sent' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l control -d 'have a control socket, by which `overcoat status`, connections, top and end reach this process (no)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l debug -d 'how much is logged, 0 to 7 (5)' -r -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from exec' -l help -d 'more about it'
complete -c overcoat -n 'contains -- -- (commandline -opc)' -f -a '(__overcoat_command_behind)'
complete -c overcoat -n '__fish_seen_subcommand_from status' -l json -d 'as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from status' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from status' -l port -d 'ask its status port, in clear and without a token, as a health check in a container does' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from status' -l within -d 'how long the process may take to answer (15)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from status' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l service -d 'only those of this service' -r -f -a '(__overcoat_running \'/^  "services": \\\\[/,/^  \\\\]/ s/^ *"name": "\\\\([^\\\\]*\\\\)",$/\\\\1/p\' status --json --within 1)'
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l follow -d 'tell of each that begins and ends from now on, until interrupted'
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l json -d 'as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l within -d 'how long the process may take to answer (15)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from connections' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from top' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from top' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from end' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from end' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at end 0' -f -a '(__overcoat_running \'s/^ *"connection": \\\\([0-9]*\\\\),$/\\\\1/p\' connections --json --within 1)'
complete -c overcoat -n '__fish_seen_subcommand_from drain' -l resume -d 'accept again'
complete -c overcoat -n '__fish_seen_subcommand_from drain' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from drain' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at drain 0' -f -a '(__overcoat_running \'/^  "services": \\\\[/,/^  \\\\]/ s/^ *"name": "\\\\([^\\\\]*\\\\)",$/\\\\1/p\' status --json --within 1)'
complete -c overcoat -n '__fish_seen_subcommand_from reload' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from reload' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from upgrade' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from upgrade' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from log' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from log' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at log 0' -f -a '0 1 2 3 4 5 6 7'
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l save -d 'write what CAfile with verify = 4 needs; asks first' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l refresh -d 'ask every address of the name, with ECDSA and with RSA alone, show all keys, and add the new ones to those in FILE; asks first' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l yes -d 'do not ask'
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l check -d 'fail if the server no longer matches what was saved' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l protocol -d 'negotiate TLS inside this protocol (STARTTLS), one of smtp, lmtp, imap, pop3, sieve, nntp, ldap, xmpp, pgsql, pgsql-direct, connect, socks, auto' -r -f -a 'smtp lmtp imap pop3 sieve nntp ldap xmpp pgsql pgsql-direct connect socks auto'
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l name -d 'send this name (SNI) and verify it, instead of the one that would be used or learnt' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l sni -d 'the same as --name' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l list -d 'list the keys pinned at first use'
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l json -d 'that list as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l remove -d 'forget one of them: ADDRESS:PORT or sha256:KEY' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l store -d 'where those are kept' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from pin' -l help -d 'more about it'
complete -c overcoat -n '__fish_seen_subcommand_from certs' -l json -d 'print one JSON object: certificates and problems'
complete -c overcoat -n '__fish_seen_subcommand_from certs' -l fd -d 'read the configuration from this file descriptor' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from certs' -l env -d 'read the configuration from this environment variable (for containers)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from certs' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at certs 0' -F
complete -c overcoat -n '__fish_seen_subcommand_from options' -l json -d 'as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from options' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at options 0' -f -a 'accept acme acmeAgree acmeBindingFile acmeBindingId acmeCA acmeDirectory acmeEmail acmeHttp acmeKeyType acmeProfile acmeStore allowTargets alpn alreadyTls CAengine CAfile CApath CAstore cert certProfile checkEmail checkHost checkIP checkURI chroot ciphers ciphersuites client clientFirstPorts clientsPerAddress compression config confine connect control controlGroup controlUser crlCheck CRLfile CRLpath CRLurl curves debug delay dnsAmbiguous dnsListen EGD engine engineCtrl engineDefault engineId engineNum exec execArgs failover fips foreground handshakesPerSecond hostsFile iconActive iconError iconIdle ident include key keyLog libwrap local log logFormat logId nameMap nameMissing nameSources OCSP OCSPaia OCSPflag OCSPnonce OCSPrequire options output pgsqlCancel pid pin pinStore portMap protocol protocolAuthentication protocolDomain protocolHeader protocolHost protocolPassword protocolUsername provider providerParameter proxyAccept proxySend PSKidentity PSKsecrets pty records recordsEvery redial redirect reloadCerts renegotiation requireCert reset retry RNDbytes RNDfile RNDoverwrite rtmpRewrite securityLevel serverFirstPorts service sessionCacheSize sessionCacheTimeout sessiond sessionResume setEnv setgid setuid silentAfter sni socket sslVersion sslVersionMax sslVersionMin stack status statusCA statusCert statusKeepClients statusKey statusToken strictClose syslog taskbar ticketKeyFile ticketKeySecret ticketMacSecret TIMEOUTbusy TIMEOUTclose TIMEOUTconnect TIMEOUTdrain TIMEOUTidle TIMEOUTocsp TIMEOUTsetup TIMEOUTsniff transparent verify verifyChain verifyPeer workers'
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l confinement -d 'what this is about; there is nothing else yet (for a gateway: overcoat gateway doctor)'
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l json -d 'as JSON, for programs'
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l control -d 'the control socket of the process; without it, that of the one that runs' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l fd -d 'read the configuration from this file descriptor' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l env -d 'read the configuration from this environment variable (for containers)' -r -f
complete -c overcoat -n '__fish_seen_subcommand_from doctor' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at doctor 1' -F
complete -c overcoat -n '__fish_seen_subcommand_from support' -l save -d 'the file to write; a name with the time unless given, in the current folder' -r -F
complete -c overcoat -n '__fish_seen_subcommand_from support' -l yes -d 'do not ask'
complete -c overcoat -n '__fish_seen_subcommand_from support' -l help -d 'more about it'
complete -c overcoat -n '__overcoat_at support 0' -F
complete -c overcoat -n '__fish_seen_subcommand_from demo' -l embedded -d 'use the built-in sender and receiver although ffmpeg is installed'
complete -c overcoat -n '__fish_seen_subcommand_from demo' -l keep -d 'go on, with a page to look at and to break it; its sender and receiver are built in'
complete -c overcoat -n '__fish_seen_subcommand_from demo' -l help -d 'more about it'

complete -c overcoat-stunnel -o fd -x
complete -c overcoat-stunnel -o help
complete -c overcoat-stunnel -o version
complete -c overcoat-stunnel -o sockets
complete -c overcoat-stunnel -o options
