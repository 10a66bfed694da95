/** `overcoat gateway`: wraps the connections that pass through this machine; `up` and `down` beside it. */

import { OvercoatError } from '../../errors.ts';
import { anythingInstalled, refuseSecond, removeGateway } from '../../gateway/machine/apply.ts';
import { addressesOf, refuseUnfitDevices } from '../../gateway/machine/devices.ts';
import { readState } from '../../gateway/machine/state.ts';
import { installUntilDown } from '../../gateway/mapped-services.ts';
import { gatewayConfig, planGateway } from '../../gateway/plan.ts';
import { Scaffold } from '../../gateway/scaffold.ts';
import { endText, forwardedText, startSummary, startWarnings, takenText } from '../../gateway/summary.ts';
import type { Observe } from '../../observe/events.ts';
import { entryCommand } from '../../self.ts';
import type { GatewayArguments, WatchChoice } from '../args/command.ts';
import { print, printError } from '../terminal/print.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export async function gateway(wanted: GatewayArguments, watch: WatchChoice): Promise<number> {
  switch (wanted.action) {
    case 'run':
      return run(wanted, watch);
    case 'up':
      return up(wanted);
    case 'down':
      return down();
    case 'show':
      return (await import('./gateway-look.ts')).show(wanted);
    case 'status':
      return (await import('./gateway-look.ts')).status(wanted);
    case 'doctor':
      return (await import('./gateway-doctor.ts')).doctor(wanted);
  }
}

async function run(wanted: GatewayArguments, watch: WatchChoice): Promise<number> {
  needRoot();
  await refuseUnfitDevices(wanted.from);
  const plan = planGateway(wanted);
  refuseSecond(readState());
  const config = gatewayConfig(wanted, plan);
  const surround = (observe: Observe): Scaffold =>
    new Scaffold({
      plan,
      changesUser: config.global.setuid !== undefined,
      downCommand: entryCommand('main', 'gateway', 'down'),
      tell: (event) => observe(event, { id: 'main', service: undefined }),
      summary: startSummary(plan, wanted, addressesOf),
    });
  return serveCommand(config, watch, surround);
}

async function up(wanted: GatewayArguments): Promise<number> {
  needRoot();
  await refuseUnfitDevices(wanted.from);
  const { plan, outcome } = await installUntilDown(planGateway(wanted));
  if (outcome === 'was-there') {
    print('Installed already, and as it is asked for now: nothing was changed.\n');
    return 0;
  }
  for (const text of startWarnings(plan)) printError(text);
  if (outcome === 'renewed') print('Installed already, by another version: the rules are those of this one now.\n');
  if (outcome === 'put-back') print('Installed already, but somebody had removed tables of it: they are back.\n');
  for (const text of [takenText(plan, addressesOf), forwardedText(plan), endText(plan, 'up')]) print(`${text}.\n`);
  return 0;
}

async function down(): Promise<number> {
  needRoot();
  const state = readState();
  if (state?.installedBy === 'run' && state.pid !== process.ppid) refuseSecond(state);
  if (!(await anythingInstalled())) {
    print('Nothing is installed.\n');
    return 0;
  }
  const { done, failed } = await removeGateway();
  print(done.length === 0 ? 'There was nothing left to undo.\n' : `Undone:\n${done.map((text) => `  ${text}\n`).join('')}`);
  for (const text of failed) printError(text);
  return failed.length === 0 ? 0 : 1;
}

function needRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new OvercoatError(
    'start_privilege',
    'The gateway changes routes and firewall rules: run it as root (to wrap one command without root: overcoat exec)',
  );
}
