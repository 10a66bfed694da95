/** completion/overcoat.bash. Needs nothing but bash 3.2; what follows `overcoat exec --` is completed where bash-completion is loaded. */
import type { CommandTable } from '../../../src/cli/args/table.ts';
import type { Candidates, CommandCompletion, FlagCompletion } from './completion.ts';
import { completionOf, GENERAL_FLAGS, RUNNING, STUNNEL_FLAGS, singleQuoted } from './completion.ts';

export function bashCompletion(tables: readonly CommandTable[]): string {
  const commands = tables.map(completionOf);
  const first = [...commands.map(({ name }) => name), 'help', ...GENERAL_FLAGS.map(({ flag }) => flag)].join(' ');
  return `# Completion of overcoat and overcoat-stunnel for bash. Written by \`npm run docs\`.

# What the value of a flag can be: COMMAND FLAG. Fails for a switch.
_overcoat_value() {
  case "$1 $2" in
${commands.flatMap(({ name, flags }) => flags.flatMap((flag) => valueCase(name, flag))).join('\n')}
  *) return 1 ;;
  esac
}

# What else can follow: COMMAND, number of the word behind it.
_overcoat_operand() {
  case "$1 $2" in
${commands.flatMap(operandCases).join('\n')}
  esac
}

_overcoat_flags() {
  case $1 in
${commands.map(({ name, flags }) => `  ${name}) echo ${singleQuoted([...flags.map(({ flag }) => flag), '--help'].join(' '))} ;;`).join('\n')}
  esac
}

# What the running process has, one a line: the command that tells it, a script for sed.
_overcoat_running() {
  local index control=()
  for ((index = 2; index < COMP_CWORD; index++)); do
    [ "\${COMP_WORDS[index]}" = --control ] || continue
    [ "\${COMP_WORDS[index+1]}" = = ] && ((index++))
    control=(--control "\${COMP_WORDS[index+1]/#\\~/$HOME}")
  done
  "\${COMP_WORDS[0]/#\\~/$HOME}" $1 "\${control[@]}" 2>/dev/null </dev/null | sed -n "$2"
}

# Fills COMPREPLY: what it can be, the word so far.
_overcoat_reply() {
  local IFS=$' \\t\\n' words line
  case $1 in
  files)
    IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$2"))
    return
    ;;
  interfaces) words=$(ls /sys/class/net 2>/dev/null) ;;
${runningCases().join('\n')}
  *) words=\${1// /$'\\n'} ;;
  esac
  # Not by compgen -W, which would run what stands in a name.
  while IFS= read -r line; do
    [[ -n $line && $line == "$2"* ]] || continue
    printf -v line %q "$line"
    COMPREPLY+=("$line")
  done <<<"$words"
}

_overcoat() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]-} value index operand=1
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _overcoat_reply '${first}' "$word"
    return
  fi
  # bash makes a word of its own of the sign in --flag=value.
  if [ "$word" = = ]; then
    word=
  elif [ "$before" = = ]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if value=$(_overcoat_value "$command" "$before"); then
    _overcoat_reply "$value" "$word"
    return
  fi
  for ((index = 2; index < COMP_CWORD; index++)); do
    value=\${COMP_WORDS[index]}
    if [ "$value" = -- ]; then
${commands.flatMap(afterDashes).join('\n')}
      return
    elif _overcoat_value "$command" "$value" >/dev/null; then
      [ "\${COMP_WORDS[index+1]}" = = ] && ((index++))
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
  case \${COMP_WORDS[COMP_CWORD]} in
  -*) _overcoat_reply '${STUNNEL_FLAGS.join(' ')}' "\${COMP_WORDS[COMP_CWORD]}" ;;
  *) _overcoat_reply files "\${COMP_WORDS[COMP_CWORD]}" ;;
  esac
}

complete -F _overcoat overcoat
complete -F _overcoat_stunnel overcoat-stunnel
`;
}

function valueCase(command: string, { flag, value }: FlagCompletion): readonly string[] {
  return value === undefined ? [] : [`  ${singleQuoted(`${command} ${flag}`)}) echo ${singleQuoted(textOf(value))} ;;`];
}

function operandCases({ name, operands, actions }: CommandCompletion): readonly string[] {
  const all = actions.length === 0 ? operands : [{ from: 'words' as const, words: actions.map((action) => action.name) }];
  return all.flatMap((each, index) =>
    each.from === 'nothing' ? [] : [`  ${singleQuoted(`${name} ${index + 1}`)}) echo ${singleQuoted(textOf(each))} ;;`],
  );
}

function runningCases(): readonly string[] {
  return Object.entries(RUNNING).map(([what, { ask, sed }]) => `  ${what}) words=$(_overcoat_running '${ask}' ${singleQuoted(sed)}) ;;`);
}

function textOf(candidates: Candidates): string {
  return candidates.from === 'words' ? candidates.words.join(' ') : candidates.from === 'nothing' ? '' : candidates.from;
}

function afterDashes({ name, endsInCommand }: CommandCompletion): readonly string[] {
  return endsInCommand ? [`      [ "$command" = ${name} ] && declare -F _command_offset >/dev/null && _command_offset $((index + 1))`] : [];
}
