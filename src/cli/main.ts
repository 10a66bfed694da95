/** argv in, exit code out: the only place that ends the process. A command is loaded when it is asked for, so that starting is quick. */
import { OvercoatError } from '../errors.ts';
import { nameProcess } from '../linux/process-name.ts';
import { silenceClientErrors } from '../linux/standard-streams.ts';
import { AS_STUNNEL, overcoatVersion, ownArguments } from '../self.ts';
import { parseArguments } from './args.ts';
import type { Command } from './command.ts';
import { forgetCompileCache } from './compile-cache.ts';
import { standInForLauncher } from './launcher.ts';
import { print, printError } from './print.ts';
import { loadCommand } from './registry.ts';

/** @returns the exit code: 0, 1 when it failed, 2 for wrong arguments */
async function execute(command: Command): Promise<number> {
  switch (command.kind) {
    case 'version': {
      const { missingFeatures, opensslVersion } = await import('../openssl/library/library.ts');
      print(`overcoat ${overcoatVersion()} (${opensslVersion()}, Node.js ${process.versions.node})\n`);
      for (const missing of missingFeatures()) print(`  without ${missing}\n`);
      return 0;
    }
    case 'help': {
      const { helpText } = await import('./help.ts');
      print(await helpText(command.topic));
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

function end(cause: unknown): never {
  if (cause instanceof OvercoatError) printError(cause.message);
  else printError(`internal error: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
}

process.on('uncaughtException', end);
standInForLauncher();
forgetCompileCache();
silenceClientErrors();
const words = ownArguments();
nameProcess(words[0] === AS_STUNNEL ? words.slice(1) : words);
try {
  if (process.platform !== 'linux') throw new OvercoatError('start_platform', `Overcoat runs on Linux, and this is ${process.platform}`);
  process.exit(await execute(await parseArguments(words)));
} catch (cause) {
  end(cause);
}
