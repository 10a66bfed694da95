/** Options that would have no effect: said, never silently passed over. */

import type { OptionName } from '../option-table.ts';
import { isProxy } from '../protocol-names.ts';
import type { Draft } from '../read/draft.ts';
import type { Report } from './report.ts';

interface Need {
  readonly options: readonly OptionName[];
  readonly holds: (draft: Draft) => boolean;
  readonly without: string;
  /** True where the user believes in a protection that is not there. */
  readonly protects?: true;
}

const isClient = (draft: Draft): boolean => draft.one('client') === true;
const verifiesChain = (draft: Draft): boolean => draft.one('verifyChain') === true || [1, 2, 3].includes(draft.one('verify') ?? 0);
const learnsNames = (draft: Draft): boolean => isClient(draft) && draft.one('sni')?.toLowerCase() === 'auto';

const NEEDS: readonly Need[] = [
  { options: ['execArgs', 'pty'], holds: (draft) => draft.isWritten('exec'), without: 'without exec' },
  { options: ['retry'], holds: (draft) => draft.isWritten('exec') && draft.isWritten('connect'), without: 'without exec and connect' },
  { options: ['portMap'], holds: (draft) => draft.one('transparent')?.destination === true, without: 'without transparent = destination' },
  {
    options: [
      'nameMap',
      'hostsFile',
      'nameMissing',
      'nameSources',
      'pinStore',
      'TIMEOUTsniff',
      'clientFirstPorts',
      'serverFirstPorts',
      'dnsAmbiguous',
    ],
    holds: learnsNames,
    without: 'without sni = auto in client mode',
  },
  { options: ['rtmpRewrite', 'alreadyTls'], holds: isClient, without: 'in server mode' },
  {
    options: ['protocolAuthentication', 'protocolDomain', 'protocolHeader', 'protocolHost', 'protocolPassword', 'protocolUsername'],
    holds: (draft) => draft.isWritten('protocol') && isClient(draft),
    without: 'without protocol in client mode',
  },
  {
    options: ['allowTargets'],
    holds: (draft) => !isClient(draft) && isProxy(draft.one('protocol')),
    without: 'without protocol = socks or connect in server mode',
  },
  {
    options: ['pgsqlCancel'],
    holds: (draft) => !isClient(draft) && draft.one('protocol') === 'pgsql',
    without: 'without protocol = pgsql in server mode',
  },
  {
    options: ['redial'],
    holds: (draft) => !draft.isWritten('exec') || draft.isWritten('connect'),
    without: 'where a program is the upstream',
  },
  {
    options: ['clientsPerAddress', 'handshakesPerSecond'],
    holds: (draft) => draft.isWritten('accept'),
    without: 'without accept: a virtual service has the limits of the one that accepts',
  },
  { options: ['PSKidentity'], holds: (draft) => draft.isWritten('PSKsecrets'), without: 'without PSKsecrets' },
  { options: ['key'], holds: (draft) => draft.isWritten('cert'), without: 'without cert' },
  {
    options: ['OCSP', 'OCSPaia'],
    holds: verifiesChain,
    without: 'without verifyChain',
    protects: true,
  },
  {
    options: ['CRLfile', 'CRLpath'],
    holds: (draft) => verifiesChain(draft) || draft.one('verifyPeer') === true || draft.one('verify') === 4 || draft.isWritten('pin'),
    without: 'without verifyChain or verifyPeer',
    protects: true,
  },
  {
    options: ['crlCheck'],
    holds: (draft) => draft.isWritten('CRLfile') || draft.isWritten('CRLpath'),
    without: 'without CRLfile or CRLpath',
  },
  { options: ['certProfile'], holds: verifiesChain, without: 'without verifyChain' },
  {
    options: ['OCSPflag', 'OCSPnonce', 'OCSPrequire', 'TIMEOUTocsp'],
    holds: (draft) => draft.isWritten('OCSP') || draft.one('OCSPaia') === true,
    without: 'without OCSP or OCSPaia',
  },
];

export function warnAboutEffects(draft: Draft, name: string, report: Report): void {
  for (const need of NEEDS) {
    if (need.holds(draft)) continue;
    for (const option of need.options) {
      const entry = draft.last(option);
      if (entry === undefined || entry.value === false || entry.value === undefined) continue;
      const line = `Service [${name}]: "${option}" has no effect ${need.without}`;
      if (need.protects) report.unsafe(option, `it has no effect ${need.without}; add that or remove the line`, line);
      else report.warn(option, `it has no effect ${need.without}`, line);
    }
  }
}
