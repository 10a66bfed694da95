/** The check* options and the learnt server name, answered from a certificate's names. One match of all listed is enough. */
import { ipVersion } from '../../address/ip.ts';
import type { VerifyConfig } from '../../config/tls-config.ts';
import type { SubjectNames } from '../certificate/certificate-facts.ts';
import { matchAddress, matchEmail, matchHost, matchUri } from '../certificate/certificate-names.ts';

export interface SubjectMatch {
  readonly matched: boolean;
  /** What stunnel writes after `CERT: ` about it. */
  readonly text: string;
}

export function hasSubjectChecks(verify: VerifyConfig): boolean {
  return verify.checkHost.length + verify.checkIp.length + verify.checkEmail.length + verify.checkUri.length > 0;
}

/** checkHost, checkEmail, checkIP, checkURI: at least one of all values must be in the certificate; none configured is a match. */
export function matchSubject(verify: VerifyConfig, names: SubjectNames): SubjectMatch {
  if (!hasSubjectChecks(verify)) return { matched: true, text: 'No subject checks configured' };
  for (const host of verify.checkHost) {
    const found = matchHost(names, host);
    if (found !== undefined) return { matched: true, text: `Host name "${host}" matched with "${found}"` };
  }
  for (const email of verify.checkEmail) {
    if (matchEmail(names, email) !== undefined) return { matched: true, text: `Email address "${email}" matched` };
  }
  for (const address of verify.checkIp) {
    if (matchAddress(names, address) !== undefined) return { matched: true, text: `IP address "${address}" matched` };
  }
  for (const uri of verify.checkUri) {
    const found = matchUri(names, uri);
    if (found !== undefined) return { matched: true, text: `URI "${uri}" matched with "${found}"` };
  }
  return { matched: false, text: 'Subject checks failed' };
}

/** The name the connection was made for: a host name, or an address where that is all there is. Nothing known is no match. */
export function matchServerName(
  names: SubjectNames,
  peer: { readonly serverName: string | undefined; readonly address: string | undefined },
): boolean {
  const name = peer.serverName ?? peer.address;
  if (name === undefined) return false;
  return (ipVersion(name) === 0 ? matchHost(names, name) : matchAddress(names, name)) !== undefined;
}
