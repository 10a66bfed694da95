/** One end of an IP connection. */
import { unmapped } from './ip.ts';

/** An address and port without a family: the text says which it is. A link-local IPv6 address carries its `%zone`. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** From what a socket says of an end; undefined where it has none (Unix sockets, and sockets that are gone). Never a mapped address. */
export function endpoint(address: string | undefined, port: number | undefined): Endpoint | undefined {
  return address === undefined || port === undefined ? undefined : { address: unmapped(address), port };
}

/** `ADDRESS:PORT` as logs have it, also stunnel's: no brackets. */
export function endpointText({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
