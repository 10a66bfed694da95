/**
 * `overcoat pin HOST:PORT`: what a server presents, in PEM and in words, without trusting it. Standard output can be used as a CAfile as
 * it is, since PEM readers skip the words; `--save` writes only what `verify = 4` needs, `--check` compares by its rule.
 */

import { hostName } from '../../address/host-name.ts';
import { buildClientConfig } from '../../config/commands.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { FILE_SERVICE } from '../../config/defaults.ts';
import { OvercoatError } from '../../errors.ts';
import { MaterialError } from '../../tls/material/material-file.ts';
import type { ServiceTls } from '../../tls/service-tls.ts';
import { prepareServiceTls } from '../../tls/service-tls.ts';
import type { PinArguments } from '../args/command.ts';
import { explainCertificate, explainFailure, explainVerdict } from '../pin/explain.ts';
import type { Presented } from '../pin/probe.ts';
import { probe } from '../pin/probe.ts';
import { placeOf, refreshPins, writeWhole } from '../pin/refresh.ts';
import { confirm } from '../terminal/confirm.ts';
import { print, printError } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';

/** @returns the exit code: 0, or 1 when nothing was saved or the server does not match */
export async function pin(request: PinArguments): Promise<number> {
  const { action } = request;
  if (action.kind === 'check') return report(await look(request, savedAs(action.file, request)), action.file, request);
  if (action.kind === 'refresh') return refreshPins(request, action, trusting(request));
  const service = withStore(trusting(request));
  const presented = await look(request, service);
  show(presented, service, request);
  return action.kind === 'save' ? save(presented, action.file, action.yes, request) : 0;
}

/** The service that `overcoat client` would run for this server. */
function trusting({ target, name, protocol }: PinArguments): ServiceConfig {
  const nothing = { ca: undefined, pins: [], cert: undefined, key: undefined };
  const accept = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const [service] = buildClientConfig({ ...nothing, accept, connect: target, name, protocol, debug: 6 }).services;
  if (service === undefined) throw new OvercoatError('internal', 'no service was built');
  return service;
}

/** On a machine without a store of trusted certificates a server can still be looked at; the verdict says that nothing was verified. */
function withStore(service: ServiceConfig): ServiceConfig {
  try {
    prepareServiceTls(service, () => undefined);
    return service;
  } catch (cause) {
    if (!(cause instanceof OvercoatError) || cause.code !== 'config_key_material') throw cause;
    printError(cause.message);
    return { ...service, trust: FILE_SERVICE.trust, verify: FILE_SERVICE.verify };
  }
}

/** The service with `verify = 4` and this CAfile. */
function savedAs(file: string, request: PinArguments): ServiceConfig {
  const trust = { system: false, caFile: file, caPath: undefined, caStore: undefined };
  const verify = { ...FILE_SERVICE.verify, request: true, require: true, peer: true };
  return { ...trusting(request), trust, verify };
}

async function look(request: PinArguments, service: ServiceConfig): Promise<Presented> {
  const tls = load(service);
  try {
    const looking = probe({ target: request.target, protocol: request.protocol, serverName: nameOf(request), service, tls });
    return await withProgress(`Looking at ${placeOf(request)}`, looking);
  } catch (cause) {
    if (!(cause instanceof OvercoatError)) throw cause;
    throw explainFailure(cause, placeOf(request), service);
  }
}

/** The only file a user has named is that of --check. */
function load(service: ServiceConfig): ServiceTls {
  try {
    return prepareServiceTls(service, () => undefined);
  } catch (cause) {
    throw cause instanceof MaterialError ? new OvercoatError(cause.code, `--check ${cause.problem}`, cause) : cause;
  }
}

function nameOf({ name, target }: PinArguments): string | undefined {
  return name ?? hostName(target.host);
}

function show({ chain, verdict, version, negotiated }: Presented, service: ServiceConfig, request: PinArguments): void {
  const now = new Date();
  const spoken = negotiated === undefined ? '' : ` after ${negotiated}`;
  print(
    `${placeOf(request)} presents ${chain.length === 1 ? 'one certificate' : `${chain.length} certificates`} (${version}${spoken})\n\n`,
  );
  for (const [depth, certificate] of chain.entries()) {
    print(
      `${depth === 0 ? "The server's own" : `Sent with it, ${depth}`}\n${explainCertificate(certificate, now).join('\n')}\n${certificate.toString()}\n`,
    );
  }
  print(`${explainVerdict(verdict, service, nameOf(request) ?? request.target.host).join('\n')}\n`);
  if (!verdict.accepted && request.action.kind === 'show')
    print('To trust this very server all the same, compare the pin with its owner, then use --save FILE.\n');
}

/** The leaf alone: the rule of verify = 4 looks at nothing else. */
function save({ chain }: Presented, file: string, yes: boolean, request: PinArguments): number {
  const [leaf] = chain;
  if (leaf === undefined) throw new OvercoatError('internal', 'a server without a certificate was accepted');
  const agreed = yes ? true : confirm(`Save this certificate as ${file}, to be trusted for ${placeOf(request)} from now on?`);
  if (agreed !== true) {
    printError(agreed === undefined ? 'there is no terminal to ask on; say --yes to save without being asked' : 'nothing was saved');
    return 1;
  }
  const text = `# ${placeOf(request)}, looked at on ${new Date().toISOString()}; for CAfile with verify = 4\n${leaf.toString()}`;
  writeWhole(file, text);
  print(`\nSaved. In a configuration:\n  verify = 4\n  CAfile = ${file}\n`);
  return 0;
}

function report({ chain, verdict }: Presented, file: string, request: PinArguments): number {
  const [leaf] = chain;
  if (verdict.accepted) {
    print(`${placeOf(request)} matches ${file}\n`);
    return 0;
  }
  const lines = explainVerdict(verdict, savedAs(file, request), request.target.host).slice(1);
  printError(`${placeOf(request)} does not match ${file}`);
  print(`${[...lines, 'It presents:', ...(leaf === undefined ? [] : explainCertificate(leaf, new Date()))].join('\n')}\n`);
  return 1;
}
