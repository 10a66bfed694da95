/** What a row of the table of raw conversations is made of. */
import type { RawIdentity, RawTls } from './client.ts';
import type { Hello } from './hello.ts';
import { EXTENSION, withExtension } from './hello.ts';
import type { Version } from './keys.ts';

/** Which of the services it is held with: they differ in what they ask for. */
export type ServiceName = 'plain' | 'asking' | 'protocols' | 'tickets';

/** Who shows what where a certificate is asked for. */
export interface Identities {
  readonly good: RawIdentity;
  readonly stranger: RawIdentity;
  readonly expired: RawIdentity;
}

export interface Talk {
  readonly who: Identities;
  /** Another connection, up to its end. */
  again(hold: (tls: RawTls) => Promise<void>): Promise<void>;
}

/** One side of a conversation, with the last word it wants an answer to. */
export type Hold = (tls: RawTls, talk: Talk) => Promise<void>;

export interface Row {
  readonly name: string;
  readonly version: Version;
  readonly service: ServiceName;
  readonly hold: Hold;
}

export const OLD = ['TLSv1.2'] as const;
export const NEW = ['TLSv1.3'] as const;
export const BOTH = ['TLSv1.2', 'TLSv1.3'] as const;

/** A list of rows that are held with the same service. */
export function rowsFor(service: ServiceName): {
  readonly rows: Row[];
  row(versions: readonly Version[], name: string, hold: Hold): void;
} {
  const rows: Row[] = [];
  return {
    rows,
    row: (versions, name, hold) => {
      for (const version of versions) rows.push({ name, version, service, hold });
    },
  };
}

/** The conversation of a changed hello: whatever is said to that, and a line if nobody minds. */
export function changed(change: (hello: Hello, version: Version) => Hello): Hold {
  return async (tls) => {
    await tls.shake(tls.hello((hello) => change(hello, tls.version)));
    await tls.carries();
  };
}

export function extended(type: keyof typeof EXTENSION | number, body: Buffer): Hold {
  return changed((hello) => withExtension(hello, typeof type === 'number' ? type : EXTENSION[type], body));
}

/** Bytes, and what is said to them. @param then the connection is half-closed behind them, so that nobody waits for more */
export function bytes(make: (tls: RawTls) => Buffer, then: 'ended' | 'open' = 'open'): Hold {
  return async (tls) => {
    tls.raw(make(tls));
    if (then === 'ended') tls.end();
    await tls.rest();
  };
}

/** After a handshake as it should be. */
export function afterwards(hold: Hold): Hold {
  return async (tls, talk) => {
    await tls.shake();
    await tls.carries();
    await hold(tls, talk);
  };
}

/** Instead of, or before, our closing flight. */
export function met(hold: Hold): Hold {
  return async (tls, talk) => {
    tls.say(tls.hello());
    await tls.meet();
    await hold(tls, talk);
  };
}
