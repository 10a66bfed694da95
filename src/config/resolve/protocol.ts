/** `protocol` and what belongs to it. */
import { existsIn, factsOf } from '../../protocols/facts.ts';
import { Secret } from '../../secret.ts';
import type { ProtocolConfig } from '../config.ts';
import type { Draft } from '../read/draft.ts';
import type { Report } from './report.ts';

export function resolveProtocol(draft: Draft): ProtocolConfig {
  const name = draft.one('protocol');
  const password = draft.one('protocolPassword');
  return {
    name,
    host: draft.one('protocolHost'),
    headers: draft.all('protocolHeader').filter((header) => header !== ''),
    authentication: authentication(draft, name),
    domain: draft.one('protocolDomain'),
    username: draft.one('protocolUsername'),
    password: password === undefined ? undefined : new Secret(password),
    cancelInClear: draft.one('pgsqlCancel'),
  };
}

/** connect knows basic and ntlm, smtp plain and login; another word means the first of the two, as in stunnel. */
function authentication(draft: Draft, name: ProtocolConfig['name']): ProtocolConfig['authentication'] {
  const written = draft.one('protocolAuthentication') ?? 'basic';
  if (name === 'smtp' || name === 'lmtp') return written === 'login' ? 'login' : 'plain';
  return written === 'ntlm' ? 'ntlm' : 'basic';
}

export function checkProtocol(draft: Draft, report: Report): void {
  const name = draft.one('protocol');
  if (name === undefined) return;
  const mode = draft.one('client') === true ? 'client' : 'server';
  if (!existsIn(mode, name)) {
    const text = `protocol ${name} does not exist in ${mode} mode`;
    report.error('protocol', text, `The '${name}' protocol is not supported in the ${mode} mode`);
  }
}

export function checkRedirect(draft: Draft, verifies: boolean, report: Report): void {
  if (!draft.isWritten('redirect')) return;
  const protocol = draft.one('protocol');
  if (draft.one('client') === true) {
    report.error('redirect', 'only servers can redirect their clients; remove the line', '"redirect" is unsupported in client sections');
  } else if (factsOf(protocol)?.server?.plainFirst === true) {
    const text = `with protocol = ${protocol} the plain server speaks before the client's certificate is known`;
    report.error('redirect', text, '"redirect" is incompatible with the specified protocol negotiation');
  } else if (!verifies) {
    const reason = 'Either "verifyChain" or "verifyPeer" has to be enabled for "redirect" to work';
    report.error('redirect', 'it needs verifyChain = yes, verifyPeer = yes or pin: whom to redirect is decided by them', reason);
  }
}
