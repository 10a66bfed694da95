/** completion/overcoat.fish. */
import type { CommandTable } from '../../../src/cli/args/table.ts';
import type { Candidates, CommandCompletion, FlagCompletion, Running } from './completion.ts';
import { completionOf, GENERAL_FLAGS, RUNNING, STUNNEL_FLAGS } from './completion.ts';

export function fishCompletion(tables: readonly CommandTable[]): string {
  const commands = tables.map(completionOf);
  const first = `'not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(' ')} help'`;
  return `# Completion of overcoat and overcoat-stunnel for fish. Written by \`npm run docs\`.

# The words behind the command that are neither flags nor their values.
function __overcoat_operands
    set -l words (commandline -opc)
    set -l value no
    for word in $words[3..]
        if test $value = yes
            set value no
        else if contains -- "$words[2] $word" ${valued(commands)}
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
${GENERAL_FLAGS.map(({ flag, help }) => `complete -c overcoat -n ${first} -l ${flag.slice(2)} -d ${quoted(help)}`).join('\n')}
${[...commands, { name: 'help', summary: 'more about a command' }]
  .map(({ name, summary }) => `complete -c overcoat -n ${first} -a ${name} -d ${quoted(summary)}`)
  .join('\n')}
${commands.flatMap(commandLines).join('\n')}

${STUNNEL_FLAGS.map((flag) => `complete -c overcoat-stunnel -o ${flag.slice(1)}${flag === '-fd' ? ' -x' : ''}`).join('\n')}
`;
}

function commandLines({ name, flags, operands, actions, endsInCommand }: CommandCompletion): readonly string[] {
  const seen = `'__fish_seen_subcommand_from ${name}'`;
  return [
    ...flags.map((flag) => flagLine(seen, flag)),
    `complete -c overcoat -n ${seen} -l help -d 'more about it'`,
    ...actions.map((action) => `complete -c overcoat -n '__overcoat_at ${name} 0' -a ${action.name} -d ${quoted(action.help)}`),
    ...operands.flatMap((each, index) => {
      const given = argumentsOf(each);
      return given === '' ? [] : [`complete -c overcoat -n '__overcoat_at ${name} ${index}'${given}`];
    }),
    ...(endsInCommand ? ["complete -c overcoat -n 'contains -- -- (commandline -opc)' -f -a '(__overcoat_command_behind)'"] : []),
  ];
}

/** Flags that take the next word, as COMMAND FLAG. */
function valued(commands: readonly CommandCompletion[]): string {
  const pairs = commands.flatMap(({ name, flags }) => flags.flatMap(({ flag, value }) => (value === undefined ? [] : [`${name} ${flag}`])));
  return pairs.map(quoted).join(' ');
}

function flagLine(condition: string, { flag, help, value }: FlagCompletion): string {
  const taken = value === undefined ? '' : ` -r${argumentsOf(value) || ' -f'}`;
  return `complete -c overcoat -n ${condition} -l ${flag.slice(2)} -d ${quoted(help)}${taken}`;
}

function argumentsOf(candidates: Candidates): string {
  switch (candidates.from) {
    case 'words':
      return ` -f -a ${quoted(candidates.words.join(' '))}`;
    case 'files':
      return ' -F';
    case 'interfaces':
      return " -f -a '(__fish_print_interfaces)'";
    case 'services':
    case 'connections':
      return ` -f -a ${quoted(runningCall(candidates.from))}`;
    case 'nothing':
      return '';
  }
}

function runningCall(what: Running): string {
  const { ask, sed } = RUNNING[what];
  return `(__overcoat_running ${quoted(sed)} ${ask})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
