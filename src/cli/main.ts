/** argv in, exit code out: the only place that ends the process. A command is loaded when it is asked for, so that starting is quick. */
import { assertNever, OvercoatError } from '../errors.ts';
import { nameProcess } from '../linux/process-name.ts';
import { silenceClientErrors } from '../linux/standard-streams.ts';
import { overcoatVersion, ownArguments } from '../self.ts';
import { AS_STUNNEL, parseArguments } from './args.ts';
import type { Command } from './command.ts';
import { forgetCompileCache } from './compile-cache.ts';
import { print, printError } from './print.ts';

/** @returns the exit code: 0, 1 when it failed, 2 for wrong arguments */
async function execute(command: Command): Promise<number> {
  switch (command.kind) {
    case 'run': {
      const { run } = await import('./commands/run.ts');
      return run({ source: command.source, strict: command.strict, style: 'overcoat' });
    }
    case 'stunnel-run': {
      const { run } = await import('./commands/run.ts');
      return run({ source: command.source, strict: false, style: 'stunnel' });
    }
    case 'client': {
      const { client } = await import('./commands/client.ts');
      return client(command.arguments);
    }
    case 'server': {
      const { server } = await import('./commands/server.ts');
      return server(command.arguments);
    }
    case 'gateway': {
      const { gateway } = await import('./commands/gateway.ts');
      return gateway(command.arguments);
    }
    case 'exec': {
      const { exec } = await import('./commands/exec.ts');
      return exec(command.arguments);
    }
    case 'check': {
      const [{ check }, { askTerminal }] = await Promise.all([import('./commands/check.ts'), import('./passphrase.ts')]);
      return check(command.source, command.strict, askTerminal);
    }
    case 'options': {
      const { options } = await import('./commands/options.ts');
      return options(command.name);
    }
    case 'demo': {
      const { demo } = await import('./commands/demo.ts');
      return demo(command.embedded);
    }
    case 'pin': {
      const { pin } = await import('./commands/pin.ts');
      return pin(command.arguments);
    }
    case 'pin-list': {
      const { pinList } = await import('./commands/pin-list.ts');
      return pinList(command.store);
    }
    case 'pin-remove': {
      const { pinRemove } = await import('./commands/pin-list.ts');
      return pinRemove(command.store, command.entry);
    }
    case 'version':
      print(`overcoat ${overcoatVersion()} (OpenSSL ${process.versions.openssl}, Node.js ${process.versions.node})\n`);
      return 0;
    case 'help': {
      const { helpText } = await import('./help.ts');
      print(helpText(command.topic));
      return 0;
    }
    case 'stunnel-info': {
      const { stunnelInfo } = await import('./commands/stunnel-info.ts');
      return stunnelInfo(command.what);
    }
    case 'stunnel-syntax': {
      const { stunnelSyntax } = await import('./commands/stunnel-info.ts');
      return stunnelSyntax(command.message);
    }
    case 'usage':
      printError(command.message);
      printError(`see overcoat ${command.topic === undefined ? '' : `${command.topic} `}--help`);
      return 2;
    default:
      return assertNever(command);
  }
}

function end(cause: unknown): never {
  if (cause instanceof OvercoatError) printError(cause.message);
  else printError(`internal error: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
}

process.on('uncaughtException', end);
forgetCompileCache();
silenceClientErrors();
const words = ownArguments();
nameProcess(words[0] === AS_STUNNEL ? words.slice(1) : words);
try {
  process.exit(await execute(parseArguments(words)));
} catch (cause) {
  end(cause);
}
