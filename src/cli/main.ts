/** argv in, exit code out. A command is loaded when it is asked for, so that starting is quick. */
import { parseArguments } from './args/args.ts';
import type { Command } from './args/command.ts';
import { loadCommand } from './args/registry.ts';
import { begin } from './begin.ts';
import { print, printError } from './terminal/print.ts';

/** @returns the exit code: 0, 1 when it failed, 2 for wrong arguments */
async function execute(command: Command): Promise<number> {
  switch (command.kind) {
    case 'version': {
      const { printVersion } = await import('./version.ts');
      return printVersion();
    }
    case 'help': {
      const { helpText } = await import('./args/help.ts');
      print(await helpText(command.topic, process.stdout.columns));
      return 0;
    }
    case 'usage':
      printError(command.message);
      printError(`see overcoat ${command.topic === undefined ? '' : `${command.topic} `}--help`);
      return 2;
    case 'stunnel-run': {
      const { run } = await import('./commands/run.ts');
      return run({ source: command.source, strict: false, style: 'stunnel' });
    }
    case 'stunnel-info': {
      const { stunnelInfo } = await import('./commands/stunnel-info.ts');
      return stunnelInfo(command.what);
    }
    case 'stunnel-syntax': {
      const { stunnelSyntax } = await import('./commands/stunnel-info.ts');
      return stunnelSyntax(command.message);
    }
    default:
      return (await loadCommand(command.kind)).execute(command);
  }
}

begin(async (words) => execute(await parseArguments(words)));
