/** A certificate that signed itself: not an authority, trusted only by pin or by being in the store. */
import type { CertificateRequest, Issued } from '../../../src/demo/throwaway-authority.ts';
import { createAuthority } from '../../../src/demo/throwaway-authority.ts';

export function createSelfSigned(request: CertificateRequest = {}): Issued {
  const subject = request.subject ?? `CN=${request.dnsNames?.[0] ?? request.ipAddresses?.[0] ?? 'throwaway'}`;
  const { key = 'ec' } = request;
  const signer = createAuthority({ subject, key });
  return signer.issue({ ...request, subject, key: signer.privateKey });
}
