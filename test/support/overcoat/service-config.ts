/**
 * A whole service configuration for tests of single parts: the defaults of a file with nothing that looks for names or keeps anything,
 * everything logged, changed where the test says.
 */
import type { ServiceConfig } from '../../../src/config/config.ts';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import type { TlsConfig, TrustConfig, VerifyConfig } from '../../../src/config/tls-config.ts';

/** What tests of TLS change; everything else can be given in `service`. */
export interface Changes {
  readonly mode?: 'client' | 'server';
  readonly tls?: Partial<TlsConfig>;
  readonly trust?: Partial<TrustConfig>;
  readonly verify?: Partial<VerifyConfig>;
  readonly service?: Partial<ServiceConfig>;
}

export function serviceConfig({ mode = 'client', tls, trust, verify, service }: Changes = {}): ServiceConfig {
  const verifies = verify?.chain === true || verify?.peer === true;
  return {
    ...FILE_SERVICE,
    name: 'svc',
    mode,
    names: {
      ...FILE_SERVICE.names,
      sources: [],
      pinStore: '',
      dnsAmbiguous: 'last',
      sniffMs: 0,
      clientFirstPorts: [],
      serverFirstPorts: [],
    },
    tls: { ...FILE_SERVICE.tls, minVersion: 'TLSv1.2', honorCipherOrder: true, ...tls },
    trust: { ...FILE_SERVICE.trust, ...trust },
    verify: { ...FILE_SERVICE.verify, request: verifies, require: verifies, ...verify },
    logLevel: 7,
    ...service,
  };
}
