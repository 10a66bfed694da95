# Completion of overcoat and overcoat-stunnel for bash. Written by `npm run docs`.

# What the value of a flag can be: COMMAND FLAG. Fails for a switch.
_overcoat_value() {
  case "$1 $2" in
  'run --fd') echo '' ;;
  'run --env') echo '' ;;
  'run --status') echo '' ;;
  'run --control') echo '' ;;
  'run --confine') echo 'yes no report strict' ;;
  'check --fd') echo '' ;;
  'check --env') echo '' ;;
  'client --ca') echo 'files' ;;
  'client --pin') echo 'files' ;;
  'client --cert') echo 'files' ;;
  'client --key') echo 'files' ;;
  'client --name') echo '' ;;
  'client --sni') echo '' ;;
  'client --protocol') echo 'smtp lmtp imap pop3 sieve nntp ldap xmpp pgsql pgsql-direct connect socks auto' ;;
  'client --rtmp-rewrite') echo '' ;;
  'client --redial') echo '' ;;
  'client --status') echo '' ;;
  'client --control') echo '' ;;
  'client --confine') echo 'yes no report strict' ;;
  'client --keylog') echo 'files' ;;
  'client --debug') echo '0 1 2 3 4 5 6 7' ;;
  'server --cert') echo 'files' ;;
  'server --key') echo 'files' ;;
  'server --acme') echo '' ;;
  'server --acme-directory') echo '' ;;
  'server --acme-email') echo '' ;;
  'server --acme-http') echo '' ;;
  'server --acme-store') echo 'files' ;;
  'server --acme-ca') echo 'files' ;;
  'server --ca') echo 'files' ;;
  'server --pin') echo 'files' ;;
  'server --protocol') echo 'smtp imap pop3 pgsql connect socks proxy' ;;
  'server --redial') echo '' ;;
  'server --clients-per-address') echo '' ;;
  'server --handshakes-per-second') echo '' ;;
  'server --status') echo '' ;;
  'server --control') echo '' ;;
  'server --confine') echo 'yes no report strict' ;;
  'server --keylog') echo 'files' ;;
  'server --debug') echo '0 1 2 3 4 5 6 7' ;;
  'rtmps --ca') echo 'files' ;;
  'rtmps --pin') echo 'files' ;;
  'rtmps --cert') echo 'files' ;;
  'rtmps --key') echo 'files' ;;
  'rtmps --status') echo '' ;;
  'rtmps --control') echo '' ;;
  'rtmps --confine') echo 'yes no report strict' ;;
  'rtmps --debug') echo '0 1 2 3 4 5 6 7' ;;
  'gateway --from') echo 'interfaces' ;;
  'gateway --ports') echo '' ;;
  'gateway --map-port') echo '' ;;
  'gateway --mode') echo 'redirect tproxy' ;;
  'gateway --fail') echo 'closed open' ;;
  'gateway --forward') echo 'all intercepted' ;;
  'gateway --local') echo '' ;;
  'gateway --listen') echo '' ;;
  'gateway --to') echo '' ;;
  'gateway --as') echo 'nft iptables' ;;
  'gateway --name-map') echo 'files' ;;
  'gateway --name-missing') echo 'refuse address pin' ;;
  'gateway --ca') echo 'files' ;;
  'gateway --pin') echo 'files' ;;
  'gateway --cert') echo 'files' ;;
  'gateway --key') echo 'files' ;;
  'gateway --redial') echo '' ;;
  'gateway --status') echo '' ;;
  'gateway --control') echo '' ;;
  'gateway --confine') echo 'yes no report strict' ;;
  'gateway --keylog') echo 'files' ;;
  'gateway --debug') echo '0 1 2 3 4 5 6 7' ;;
  'exec --ports') echo '' ;;
  'exec --map-port') echo '' ;;
  'exec --plain') echo '' ;;
  'exec --log') echo 'files' ;;
  'exec --name') echo '' ;;
  'exec --sni') echo '' ;;
  'exec --name-map') echo 'files' ;;
  'exec --name-missing') echo 'refuse address pin' ;;
  'exec --ca') echo 'files' ;;
  'exec --pin') echo 'files' ;;
  'exec --cert') echo 'files' ;;
  'exec --key') echo 'files' ;;
  'exec --redial') echo '' ;;
  'exec --keylog') echo 'files' ;;
  'exec --control') echo '' ;;
  'exec --debug') echo '0 1 2 3 4 5 6 7' ;;
  'status --control') echo 'files' ;;
  'status --port') echo '' ;;
  'status --within') echo '' ;;
  'connections --service') echo 'services' ;;
  'connections --control') echo 'files' ;;
  'connections --within') echo '' ;;
  'top --control') echo 'files' ;;
  'end --control') echo 'files' ;;
  'drain --control') echo 'files' ;;
  'reload --control') echo 'files' ;;
  'upgrade --control') echo 'files' ;;
  'log --control') echo 'files' ;;
  'pin --save') echo 'files' ;;
  'pin --refresh') echo 'files' ;;
  'pin --check') echo 'files' ;;
  'pin --protocol') echo 'smtp lmtp imap pop3 sieve nntp ldap xmpp pgsql pgsql-direct connect socks auto' ;;
  'pin --name') echo '' ;;
  'pin --sni') echo '' ;;
  'pin --remove') echo '' ;;
  'pin --store') echo 'files' ;;
  'certs --fd') echo '' ;;
  'certs --env') echo '' ;;
  'doctor --control') echo 'files' ;;
  'doctor --fd') echo '' ;;
  'doctor --env') echo '' ;;
  'support --save') echo 'files' ;;
  *) return 1 ;;
  esac
}

# What else can follow: COMMAND, number of the word behind it.
_overcoat_operand() {
  case "$1 $2" in
  'run 1') echo 'files' ;;
  'check 1') echo 'files' ;;
  'rtmps 1') echo 'youtube facebook twitch vimeo restream mux ivs kick instagram x telegram linkedin' ;;
  'gateway 1') echo 'up down show status doctor' ;;
  'end 1') echo 'connections' ;;
  'drain 1') echo 'services' ;;
  'log 1') echo '0 1 2 3 4 5 6 7' ;;
  'certs 1') echo 'files' ;;
  'options 1') echo 'accept acme acmeAgree acmeBindingFile acmeBindingId acmeCA acmeDirectory acmeEmail acmeHttp acmeKeyType acmeProfile acmeStore allowTargets alpn alreadyTls CAengine CAfile CApath CAstore cert certProfile checkEmail checkHost checkIP checkURI chroot ciphers ciphersuites client clientFirstPorts clientsPerAddress compression config confine connect control controlGroup controlUser crlCheck CRLfile CRLpath CRLurl curves debug delay dnsAmbiguous dnsListen EGD engine engineCtrl engineDefault engineId engineNum exec execArgs failover fips foreground handshakesPerSecond hostsFile iconActive iconError iconIdle ident include key keyLog libwrap local log logFormat logId nameMap nameMissing nameSources OCSP OCSPaia OCSPflag OCSPnonce OCSPrequire options output pgsqlCancel pid pin pinStore portMap protocol protocolAuthentication protocolDomain protocolHeader protocolHost protocolPassword protocolUsername provider providerParameter proxyAccept proxySend PSKidentity PSKsecrets pty records recordsEvery redial redirect reloadCerts renegotiation requireCert reset retry RNDbytes RNDfile RNDoverwrite rtmpRewrite securityLevel serverFirstPorts service sessionCacheSize sessionCacheTimeout sessiond sessionResume setEnv setgid setuid silentAfter sni socket sslVersion sslVersionMax sslVersionMin stack status statusCA statusCert statusKeepClients statusKey statusToken strictClose syslog taskbar ticketKeyFile ticketKeySecret ticketMacSecret TIMEOUTbusy TIMEOUTclose TIMEOUTconnect TIMEOUTdrain TIMEOUTidle TIMEOUTocsp TIMEOUTsetup TIMEOUTsniff transparent verify verifyChain verifyPeer workers' ;;
  'doctor 2') echo 'files' ;;
  'support 1') echo 'files' ;;
  esac
}

_overcoat_flags() {
  case $1 in
  run) echo '--strict --fd --env --status --control --confine --help' ;;
  check) echo '--strict --json --fd --env --help' ;;
  client) echo '--ca --pin --cert --key --name --sni --protocol --rtmp-rewrite --unsafe-listen --redial --status --control --confine --keylog --debug --help' ;;
  server) echo '--cert --key --acme --acme-agree --acme-directory --acme-email --acme-http --acme-store --acme-ca --ca --pin --protocol --redial --clients-per-address --handshakes-per-second --status --control --confine --keylog --debug --help' ;;
  rtmps) echo '--list --json --ca --pin --cert --key --unsafe-listen --status --control --confine --debug --help' ;;
  gateway) echo '--from --ports --map-port --dns --masquerade --mode --fail --forward --local --listen --to --json --as --name-map --name-missing --ca --pin --cert --key --redial --status --control --confine --keylog --debug --help' ;;
  exec) echo '--shell --ports --map-port --plain --host-loopback --explain --log --name --sni --name-map --name-missing --ca --pin --cert --key --redial --keylog --control --debug --help' ;;
  status) echo '--json --control --port --within --help' ;;
  connections) echo '--service --follow --json --control --within --help' ;;
  top) echo '--control --help' ;;
  end) echo '--control --help' ;;
  drain) echo '--resume --control --help' ;;
  reload) echo '--control --help' ;;
  upgrade) echo '--control --help' ;;
  log) echo '--control --help' ;;
  pin) echo '--save --refresh --yes --check --protocol --name --sni --list --json --remove --store --help' ;;
  certs) echo '--json --fd --env --help' ;;
  options) echo '--json --help' ;;
  doctor) echo '--confinement --json --control --fd --env --help' ;;
  support) echo '--save --yes --help' ;;
  demo) echo '--embedded --keep --help' ;;
  esac
}

# What the running process has, one a line: the command that tells it, a script for sed.
_overcoat_running() {
  local index control=()
  for ((index = 2; index < COMP_CWORD; index++)); do
    [ "${COMP_WORDS[index]}" = --control ] || continue
    [ "${COMP_WORDS[index+1]}" = = ] && ((index++))
    control=(--control "${COMP_WORDS[index+1]/#\~/$HOME}")
  done
  "${COMP_WORDS[0]/#\~/$HOME}" $1 "${control[@]}" 2>/dev/null </dev/null | sed -n "$2"
}

# Fills COMPREPLY: what it can be, the word so far.
_overcoat_reply() {
  local IFS=$' \t\n' words line
  case $1 in
  files)
    IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$2"))
    return
    ;;
  interfaces) words=$(ls /sys/class/net 2>/dev/null) ;;
  services) words=$(_overcoat_running 'status --json --within 1' '/^  "services": \[/,/^  \]/ s/^ *"name": "\([^\]*\)",$/\1/p') ;;
  connections) words=$(_overcoat_running 'connections --json --within 1' 's/^ *"connection": \([0-9]*\),$/\1/p') ;;
  *) words=${1// /$'\n'} ;;
  esac
  # Not by compgen -W, which would run what stands in a name.
  while IFS= read -r line; do
    [[ -n $line && $line == "$2"* ]] || continue
    printf -v line %q "$line"
    COMPREPLY+=("$line")
  done <<<"$words"
}

_overcoat() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]-} value index operand=1
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _overcoat_reply 'run check client server rtmps gateway exec status connections top end drain reload upgrade log pin certs options doctor support demo help --help --version' "$word"
    return
  fi
  # bash makes a word of its own of the sign in --flag=value.
  if [ "$word" = = ]; then
    word=
  elif [ "$before" = = ]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if value=$(_overcoat_value "$command" "$before"); then
    _overcoat_reply "$value" "$word"
    return
  fi
  for ((index = 2; index < COMP_CWORD; index++)); do
    value=${COMP_WORDS[index]}
    if [ "$value" = -- ]; then
      [ "$command" = exec ] && declare -F _command_offset >/dev/null && _command_offset $((index + 1))
      return
    elif _overcoat_value "$command" "$value" >/dev/null; then
      [ "${COMP_WORDS[index+1]}" = = ] && ((index++))
      ((index++))
    else
      case $value in
      -*) ;;
      *) ((operand++)) ;;
      esac
    fi
  done
  case $word in
  -*) _overcoat_reply "$(_overcoat_flags "$command")" "$word" ;;
  *) _overcoat_reply "$(_overcoat_operand "$command" "$operand")" "$word" ;;
  esac
}

_overcoat_stunnel() {
  case ${COMP_WORDS[COMP_CWORD]} in
  -*) _overcoat_reply '-fd -help -version -sockets -options' "${COMP_WORDS[COMP_CWORD]}" ;;
  *) _overcoat_reply files "${COMP_WORDS[COMP_CWORD]}" ;;
  esac
}

complete -F _overcoat overcoat
complete -F _overcoat_stunnel overcoat-stunnel
