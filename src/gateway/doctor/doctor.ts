/**
 * Walks the chain an intercepted connection takes, from "may we at all" to a connection of our own through all of it, and says of
 * each link in words whether it holds and what to do if not.
 */

import type { Check, Finding, Patient } from './finding.ts';
import { skipped } from './finding.ts';
import { checkGateway, checkGuard, checkInterception, checkListeners } from './installed.ts';
import {
  checkForwarding,
  checkIpv6,
  checkPolicyRoute,
  checkRedirectMessages,
  checkReversePath,
  checkRouteLocalnet,
  checkTracking,
} from './kernel.ts';
import { checkLanTraffic, checkRefused, checkUnwrapped } from './lan.ts';
import { checkPlace, checkPrivileges, checkPrograms } from './machine.ts';
import { checkDevices, checkUplink } from './network.ts';
import { checkOtherTables } from './other-tables.ts';
import { checkTestConnection } from './test-connection.ts';

const NEEDED_FIRST: readonly Check[] = [checkPrivileges, checkPlace, checkPrograms];

const CHAIN: readonly Check[] = [
  checkGateway,
  checkDevices,
  checkUplink,
  checkTracking,
  checkForwarding,
  checkReversePath,
  checkRouteLocalnet,
  checkRedirectMessages,
  checkPolicyRoute,
  checkInterception,
  checkGuard,
  checkOtherTables,
  checkListeners,
  checkIpv6,
  checkLanTraffic,
  checkUnwrapped,
  checkRefused,
  checkTestConnection,
];

/** Findings in the order of the chain; `found` is called with each as soon as it is there. */
export async function examine(patient: Patient, found: (finding: Finding) => void): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const run = async (check: Check): Promise<void> => {
    for (const finding of await check(patient)) {
      findings.push(finding);
      found(finding);
    }
  };
  for (const check of NEEDED_FIRST) await run(check);
  if (findings.some(({ health }) => health === 'fault')) {
    await run(() => [skipped('everything else', 'needs the above first')]);
    return findings;
  }
  for (const check of CHAIN) await run(check);
  return findings;
}

/** One finding as the terminal shows it: a mark, the link, what was found, and below it what to do. */
export function findingText({ link, health, text, fix }: Finding): string {
  const mark = { ok: 'ok     ', warning: 'WARNING', fault: 'FAULT  ', skipped: 'skipped' }[health];
  return `${mark}  ${link}: ${text}${fix === undefined || health === 'ok' ? '' : `\n         -> ${fix}`}`;
}
