/** `acme` of a section, and what has to be said besides. */
import { acmeConfig } from '../acme-config.ts';
import type { AcmeConfig, ServiceConfig } from '../config.ts';
import type { Draft } from '../read/draft.ts';
import type { Report } from './report.ts';

export function resolveAcme(draft: Draft): AcmeConfig | undefined {
  const names = draft.one('acme');
  if (names === undefined || names.length === 0 || draft.one('client') === true) return undefined;
  const [kid, keyFile] = [draft.one('acmeBindingId'), draft.one('acmeBindingFile')];
  return acmeConfig({
    names,
    directory: draft.one('acmeDirectory'),
    email: draft.one('acmeEmail'),
    binding: kid === undefined || keyFile === undefined ? undefined : { kid, keyFile },
    keyType: draft.one('acmeKeyType'),
    profile: draft.one('acmeProfile'),
    caFile: draft.one('acmeCA'),
    http: draft.one('acmeHttp'),
    store: draft.one('acmeStore'),
  });
}

export function checkAcme(
  draft: Draft,
  service: ServiceConfig,
  { inetd, jailed }: { readonly inetd: boolean; readonly jailed: boolean },
  report: Report,
): void {
  if (!draft.isWritten('acme')) return;
  if (draft.one('client') === true) report.error('acme', 'only a server (client = no) has a certificate for names', 'acme needs a server');
  else if (jailed)
    report.error(
      'acme',
      'it cannot be used with chroot, since certificates are asked for outside of the jail; take setuid alone, or an ACME client that writes files',
      'acme and chroot exclude each other',
    );
  else if (inetd) report.error('acme', 'a program of inetd does not live long enough; name a cert', 'acme needs a daemon');
  if (draft.isWritten('cert') || draft.isWritten('key'))
    report.error('acme', 'it takes the place of cert and key; say one or the other', 'acme and cert exclude each other');
  if (draft.one('acmeAgree') !== true)
    report.error('acme', 'read the terms of service of the directory, and say acmeAgree = yes', 'acme needs acmeAgree = yes');
  if (draft.isWritten('acmeBindingId') !== draft.isWritten('acmeBindingFile'))
    report.error('acme', 'acmeBindingId and acmeBindingFile go together', 'acmeBindingId and acmeBindingFile go together');
  if (service.acme !== undefined && service.acme.http === undefined && service.protocol.name !== undefined)
    report.error(
      'acme',
      `the authority speaks TLS at once and not ${service.protocol.name}; say where HTTP-01 is answered: acmeHttp = 80`,
      'acme needs acmeHttp where there is a protocol',
    );
}
