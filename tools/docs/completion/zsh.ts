/** completion/_overcoat, for zsh's own completion system. */
import type { CommandTable } from '../../../src/cli/args/table.ts';
import type { Candidates, CommandCompletion, FlagCompletion } from './completion.ts';
import { completionOf, GENERAL_FLAGS, RUNNING, STUNNEL_FLAGS, singleQuoted } from './completion.ts';

export function zshCompletion(tables: readonly CommandTable[]): string {
  const commands = tables.map(completionOf);
  return `#compdef overcoat overcoat-stunnel
# Completion of overcoat and overcoat-stunnel for zsh. Written by \`npm run docs\`.

# What the running process has: a script for sed, the command that tells it.
_overcoat_running() {
  local script=$1 control=\${(Q)opt_args[--control]/#\\~/$HOME}
  local -a found
  shift
  found=(\${(f)"$(\${(Q)program/#\\~/$HOME} $@ \${control:+--control} $control 2>/dev/null </dev/null | sed -n $script)"})
  compadd -a found
}

${runningFunctions().join('\n')}

_overcoat_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${singleQuoted(`${name}:${summary}`)}`).join('\n')}
    'help:more about a command'
  )
  _describe command commands
}

_overcoat() {
  local curcontext=$curcontext program=$words[1] state line
  typeset -A opt_args
  if [[ $service = overcoat-stunnel ]]; then
    _arguments ${STUNNEL_FLAGS.map((flag) => (flag === '-fd' ? "'-fd:N:'" : flag)).join(' ')} '1:FILE:_files'
    return
  fi
  _arguments -C ${GENERAL_FLAGS.map((flag) => singleQuoted(flagSpec(flag))).join(' ')} '1:command:_overcoat_commands' '*::argument:->argument' && return
  [[ $state = argument ]] || return
  local command=$words[1]
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

_overcoat "$@"
`;
}

function runningFunctions(): readonly string[] {
  return Object.entries(RUNNING).map(([what, { ask, sed }]) => `_overcoat_${what}() { _overcoat_running ${singleQuoted(sed)} ${ask} }`);
}

function commandCase({ name, flags, operands, actions, endsInCommand }: CommandCompletion): string {
  const specs = [
    ...flags.map(flagSpec),
    '--help[more about it]',
    ...(actions.length > 0
      ? [`1:action:((${actions.map((action) => `${action.name}\\:${singleQuoted(action.help).replaceAll(':', '\\:')}`).join(' ')}))`]
      : operands.map((each, index) => `${index + 1}:${escaped(each.name)}:${actionOf(each)}`)),
    ...(endsInCommand ? ['(-)1:program:_command_names -e', '*::argument:_normal'] : []),
  ];
  return `  ${name})\n    _arguments ${endsInCommand ? '-S ' : ''}\\\n${specs.map((spec) => `      ${singleQuoted(spec)}`).join(' \\\n')}\n    ;;`;
}

function flagSpec({ flag, help, repeat, value }: FlagCompletion): string {
  const text = `${repeat ? '*' : ''}${flag}${value === undefined ? '' : '='}[${escaped(help)}]`;
  return value === undefined ? text : `${text}:${escaped(value.name)}:${actionOf(value)}`;
}

function actionOf(candidates: Candidates): string {
  switch (candidates.from) {
    case 'words':
      return `(${candidates.words.join(' ')})`;
    case 'files':
      return '_files';
    case 'interfaces':
      return '_net_interfaces';
    case 'services':
    case 'connections':
      return `_overcoat_${candidates.from}`;
    case 'nothing':
      return '';
  }
}

/** Inside a specification of _arguments. */
function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}
