/** `overcoat gateway doctor`: every link of the chain in words or as JSON, and a real server where one is named. */

import { examine, findingText } from '../../gateway/doctor/doctor.ts';
import type { Finding, Patient } from '../../gateway/doctor/finding.ts';
import { readState } from '../../gateway/machine/state.ts';
import { planGateway } from '../../gateway/plan.ts';
import { printableJson } from '../../text/printable.ts';
import type { GatewayArguments } from '../args/command.ts';
import { print } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';

/** @returns the exit code, which tells a script whether a fault was found */
export async function doctor(wanted: GatewayArguments): Promise<number> {
  const state = readState();
  const plan = state ?? (wanted.ports.length + wanted.portMap.length > 0 ? planGateway(wanted) : undefined);
  const patient = { rules: plan?.rules, portMap: plan?.portMap ?? [], state };
  const say = (finding: Finding): void => {
    if (!wanted.json) print(`${findingText(finding)}\n`);
  };
  const found = [...(await withProgress('Looking at the network', examine(patient, say))), ...(await ofTarget(wanted, patient, say))];
  const count = (health: string): number => found.filter((finding) => finding.health === health).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  if (wanted.json) print(`${printableJson({ findings: found, faults, warnings }, 2)}\n`);
  else print(`${faults} fault(s), ${warnings} warning(s)\n`);
  return faults === 0 ? 0 : 1;
}

async function ofTarget(wanted: GatewayArguments, patient: Patient, say: (finding: Finding) => void): Promise<readonly Finding[]> {
  const { to } = wanted;
  if (to === undefined) return [];
  const { targetFindings } = await import('../gateway-target.ts');
  const said = wanted.ca !== undefined || wanted.pins.length > 0;
  const trust = said ? wanted : { ...wanted, ...patient.state?.asked.trust };
  const found = await withProgress(`Connecting to ${to.host}:${to.port}`, targetFindings(to, trust, patient));
  for (const finding of found) say(finding);
  return found;
}
