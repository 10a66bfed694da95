/** Certificates that are asked for and renewed by themselves (ACME, RFC 8555). */
import { last } from '../option.ts';
import { directoryUrl, mailAddress, provableName } from '../values/acme-values.ts';
import { tcpAddress } from '../values/address-values.ts';
import { commaList, oneOf, text, yesNo } from '../values/values.ts';

export const ACME_OPTIONS = {
  acme: last(commaList(provableName), {
    scope: 'service',
    value: 'NAME[,NAME...]',
    default: 'none',
    doc: 'Server mode: the certificate for these names is asked for at acmeDirectory, renewed and taken by itself; in place of cert.',
    status: 'works',
    ours: true,
  }),
  acmeAgree: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'no',
    doc: 'You agree to the terms of service of the directory; acme needs it.',
    status: 'works',
    ours: true,
  }),
  acmeBindingFile: last(text, {
    scope: 'service',
    value: 'file',
    default: 'none',
    doc: 'External account binding: the file that holds the key your authority gave you, base64url.',
    status: 'works',
    ours: true,
    bytes: true,
  }),
  acmeBindingId: last(text, {
    scope: 'service',
    value: 'identifier',
    default: 'none',
    doc: 'External account binding: the identifier of that key.',
    status: 'works',
    ours: true,
  }),
  acmeCA: last(text, {
    scope: 'service',
    value: 'PEM file',
    default: 'those Node.js trusts',
    doc: 'Whom the certificate of the directory itself is verified against.',
    status: 'works',
    ours: true,
    bytes: true,
  }),
  acmeDirectory: last(directoryUrl, {
    scope: 'service',
    value: 'https URL',
    default: "that of Let's Encrypt",
    doc: 'The directory of the authority that issues.',
    status: 'works',
    ours: true,
  }),
  acmeEmail: last(mailAddress, {
    scope: 'service',
    value: 'address',
    default: 'none',
    doc: 'Where the authority may write to about the account.',
    status: 'works',
    ours: true,
  }),
  acmeHttp: last(tcpAddress('', 'acmeHttp'), {
    scope: 'service',
    value: '[host:]port',
    default: 'none',
    doc: 'Prove names by HTTP-01, answered here; port 80 has to lead to it. Without it TLS-ALPN-01 is answered where the service listens.',
    status: 'works',
    ours: true,
  }),
  acmeKeyType: last(oneOf({ ec256: 'ec256', ec384: 'ec384', rsa2048: 'rsa2048', rsa4096: 'rsa4096' } as const), {
    scope: 'service',
    value: 'ec256 | ec384 | rsa2048 | rsa4096',
    default: 'ec256',
    doc: 'The kind of key made for each new certificate.',
    status: 'works',
    ours: true,
  }),
  acmeProfile: last(text, {
    scope: 'service',
    value: 'name',
    default: "the directory's choice",
    doc: "A profile of the directory's, such as shortlived for certificates of six days.",
    status: 'works',
    ours: true,
  }),
  acmeStore: last(text, {
    scope: 'service',
    value: 'folder',
    default: '/var/lib/overcoat/acme',
    doc: 'Where account and certificates are kept, mode 0700; processes and hosts may share it.',
    status: 'works',
    ours: true,
  }),
};
