/** `overcoat gateway`: wraps the connections that pass through this machine; `up`, `down`, `show` and `doctor` beside it. */

import { OvercoatError } from '../../errors.ts';
import { anythingInstalled, refuseSecond, removeGateway } from '../../gateway/apply.ts';
import { installUntilDown } from '../../gateway/mapped-services.ts';
import { gatewayConfig, planGateway } from '../../gateway/plan.ts';
import { untakenTargets, untakenText } from '../../gateway/ports.ts';
import { Scaffold } from '../../gateway/scaffold.ts';
import { showGateway } from '../../gateway/show.ts';
import { readState } from '../../gateway/state.ts';
import type { Observe } from '../../observe/events.ts';
import { entryCommand } from '../../self.ts';
import type { GatewayArguments, WatchChoice } from '../command.ts';
import { print, printError } from '../print.ts';
import { withProgress } from '../progress.ts';
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
      print(showGateway(planGateway(wanted).rules, wanted.as));
      return 0;
    case 'doctor':
      return doctor(wanted);
  }
}

async function run(wanted: GatewayArguments, watch: WatchChoice): Promise<number> {
  needRoot();
  const plan = planGateway(wanted);
  refuseSecond(readState());
  const config = gatewayConfig(wanted, plan);
  const surround = (observe: Observe): Scaffold =>
    new Scaffold({
      plan,
      changesUser: config.global.setuid !== undefined,
      downCommand: entryCommand('main', 'gateway', 'down'),
      tell: (event) => observe(event, { id: 'main', service: undefined }),
    });
  return serveCommand(config, watch, surround);
}

async function up(wanted: GatewayArguments): Promise<number> {
  needRoot();
  const plan = await installUntilDown(planGateway(wanted));
  for (const port of untakenTargets(plan.portMap, plan.rules.ports)) printError(untakenText(port));
  print(`Connections are handed to port ${plan.rules.listenPort} until \`overcoat gateway down\` or a reboot.\n`);
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
  const failed = await removeGateway();
  for (const text of failed) printError(text);
  return failed.length === 0 ? 0 : 1;
}

/** The exit code tells a script whether a fault was found. */
async function doctor(wanted: GatewayArguments): Promise<number> {
  const { examine, findingText } = await import('../../gateway/doctor/doctor.ts');
  const state = readState();
  const plan = state ?? (wanted.ports.length + wanted.portMap.length > 0 ? planGateway(wanted) : undefined);
  const patient = { rules: plan?.rules, portMap: plan?.portMap ?? [], state };
  const examining = examine(patient, (finding) => print(`${findingText(finding)}\n`));
  const findings = await withProgress('Looking at the network', examining);
  const count = (health: string): number => findings.filter((finding) => finding.health === health).length;
  print(`${count('fault')} fault(s), ${count('warning')} warning(s)\n`);
  return count('fault') === 0 ? 0 : 1;
}

function needRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new OvercoatError(
    'start_privilege',
    'The gateway changes routes and firewall rules: run it as root (to wrap one command without root: overcoat exec)',
  );
}
