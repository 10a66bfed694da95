/** Client certificates, application protocols, and clients that come back. */
import type { RawSession } from './client.ts';
import { ALERT, MESSAGE, RECORD } from './client.ts';
import type { Hello } from './hello.ts';
import { EXTENSION, message, number16, P256, u8, u16, u24, withExtension, withoutExtension, X25519 } from './hello.ts';
import type { Hold, Identities } from './row.ts';
import { BOTH, extended, met, NEW, OLD, rowsFor } from './row.ts';

const NOTHING = Buffer.alloc(0);
const asking = rowsFor('asking');
const protocols = rowsFor('protocols');
const tickets = rowsFor('tickets');
const ids = rowsFor('plain');

// ---- client certificates ----

/** Says these messages where the certificate is due, and hears what is said to them. */
function shows(say: (tls: Parameters<Hold>[0], who: Identities) => void): Hold {
  return met(async (tls, { who }) => {
    say(tls, who);
    if (tls.version === 'TLSv1.3') {
      tls.say(tls.finished());
      tls.useApplicationKeys();
    } else {
      tls.changeCipher();
      tls.say(tls.finished());
      await tls.meet();
    }
    await tls.carries();
  });
}

/** What stands between a certificate and its proof. */
function exchange(tls: Parameters<Hold>[0]): void {
  if (tls.version === 'TLSv1.2') tls.sayExchange();
}

asking.row(
  BOTH,
  'a good certificate',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der));
    exchange(tls);
    tls.say(tls.proof(good));
  }),
);
asking.row(
  BOTH,
  'a good certificate and its proof in records of 20 bytes',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der), 20);
    exchange(tls);
    tls.say(tls.proof(good), 20);
  }),
);
asking.row(
  BOTH,
  'no certificate',
  shows((tls) => {
    tls.say(tls.certificates());
    exchange(tls);
  }),
);
asking.row(BOTH, 'no message about a certificate', shows(exchange));
asking.row(
  BOTH,
  'a certificate of an unknown authority',
  shows((tls, { stranger }) => {
    tls.say(tls.certificates(stranger.der));
    exchange(tls);
    tls.say(tls.proof(stranger));
  }),
);
asking.row(
  BOTH,
  'a certificate that has expired',
  shows((tls, { expired }) => {
    tls.say(tls.certificates(expired.der));
    exchange(tls);
    tls.say(tls.proof(expired));
  }),
);
asking.row(
  BOTH,
  'a certificate without its proof',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der));
    exchange(tls);
  }),
);
asking.row(
  BOTH,
  'a proof without a certificate',
  shows((tls, { good }) => {
    exchange(tls);
    tls.say(tls.proof(good));
  }),
);
asking.row(
  BOTH,
  'a proof before its certificate',
  shows((tls, { good }) => {
    tls.say(tls.proof(good));
    tls.say(tls.certificates(good.der));
    exchange(tls);
  }),
);
asking.row(
  BOTH,
  'the proof of another key',
  shows((tls, { good, stranger }) => {
    tls.say(tls.certificates(good.der));
    exchange(tls);
    tls.say(tls.proof(stranger));
  }),
);
for (const [what, change, scheme] of [
  ['one bit wrong', (good: Buffer) => Buffer.concat([good.subarray(0, -1), Buffer.of((good.at(-1) ?? 0) ^ 1)]), undefined],
  ['cut short', (good: Buffer) => good.subarray(0, -1), undefined],
  ['empty', () => NOTHING, undefined],
  ['said to be of RSA', (good: Buffer) => good, 0x0804],
  ['said to be of SHA-1', (good: Buffer) => good, 0x0203],
  ['said to be of an unknown kind', (good: Buffer) => good, 0xfafa],
] as const)
  asking.row(
    BOTH,
    `a proof: ${what}`,
    shows((tls, { good }) => {
      tls.say(tls.certificates(good.der));
      exchange(tls);
      tls.say(tls.proof(good, change, scheme));
    }),
  );
asking.row(
  BOTH,
  'a proof twice',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der));
    exchange(tls);
    tls.say(tls.proof(good));
    tls.say(tls.proof(good));
  }),
);
asking.row(
  BOTH,
  'a proof with something behind it',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der));
    exchange(tls);
    tls.say(message(MESSAGE.certificateVerify, Buffer.concat([tls.proof(good).subarray(4), Buffer.of(0)])));
  }),
);
asking.row(
  BOTH,
  'a certificate twice',
  shows((tls, { good }) => {
    tls.say(tls.certificates(good.der));
    tls.say(tls.certificates(good.der));
    exchange(tls);
  }),
);
for (const [what, change] of [
  ['no DER', () => Buffer.from('no certificate at all')],
  ['cut short', (good: Buffer) => good.subarray(0, -9)],
  ['something behind it', (good: Buffer) => Buffer.concat([good, Buffer.of(0)])],
  ['empty', () => NOTHING],
] as const)
  asking.row(
    BOTH,
    `a certificate: ${what}`,
    shows((tls, { good }) => {
      tls.say(tls.certificates(change(good.der)));
      exchange(tls);
    }),
  );
for (const [what, make] of [
  ['an empty message', () => NOTHING],
  ['a list longer than the message', (front: Buffer) => Buffer.concat([front, Buffer.of(0, 9, 9, 1)])],
  ['a certificate longer than the list', (front: Buffer) => Buffer.concat([front, u24(Buffer.of(0, 9, 9, 1))])],
  ['something behind the list', (front: Buffer, good: Buffer) => Buffer.concat([front, u24(u24(good)), Buffer.of(0)])],
  ['a list of 17 megabytes', (front: Buffer) => Buffer.concat([front, Buffer.of(255, 255, 255), Buffer.alloc(20)])],
] as const)
  asking.row(
    BOTH,
    `certificates: ${what}`,
    shows((tls, { good }) => {
      tls.say(message(MESSAGE.certificate, make(tls.version === 'TLSv1.3' ? u8(NOTHING) : NOTHING, good.der)));
      exchange(tls);
    }),
  );
asking.row(
  NEW,
  'certificates: in answer to another question',
  shows((tls, { good }) => {
    const entry = Buffer.concat([u24(good.der), u16(NOTHING)]);
    tls.say(message(MESSAGE.certificate, Buffer.concat([u8(Buffer.of(1, 2)), u24(entry)])));
  }),
);
asking.row(
  NEW,
  'certificates: with an extension nobody asked for',
  shows((tls, { good }) => {
    const staple = Buffer.concat([number16(EXTENSION.statusRequest), u16(Buffer.of(1, 0, 0, 1, 0))]);
    tls.say(message(MESSAGE.certificate, Buffer.concat([u8(NOTHING), u24(Buffer.concat([u24(good.der), u16(staple)]))])));
  }),
);
asking.row(NEW, 'another certificate after the handshake', async (tls, { who: { good } }) => {
  await tls.shake(tls.hello(), good);
  await tls.carries();
  tls.send(RECORD.handshake, tls.certificates(good.der));
  await tls.rest();
});

// ---- application protocols: the server speaks h2 and mqtt ----

const list = (...names: string[]): Buffer => u16(Buffer.concat(names.map((one) => u8(Buffer.from(one)))));
protocols.row(BOTH, 'one of ours', extended('alpn', list('mqtt')));
protocols.row(BOTH, 'one of ours behind others', extended('alpn', list('http/1.1', 'h2')));
protocols.row(BOTH, 'none of ours', extended('alpn', list('http/1.1')));
protocols.row(BOTH, 'the beginning of ours', extended('alpn', list('h')));
protocols.row(BOTH, 'an empty list of protocols', extended('alpn', u16(NOTHING)));
protocols.row(BOTH, 'an empty protocol among ours', extended('alpn', list('h2', '')));
protocols.row(BOTH, 'a list of protocols that ends too soon', extended('alpn', Buffer.of(0, 4, 2, 104, 50, 9)));

// ---- coming back ----

/** A first visit, whose session is then shown with a changed hello. */
function returns(
  change: (hello: Hello) => Hello,
  binder?: (good: Buffer) => Buffer,
  twist: (session: RawSession) => RawSession = (one) => one,
): Hold {
  return async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    tls.leave();
    const session = twist(tls.session);
    await again(async (second) => {
      await second.shake(second.resuming(session, change, binder));
      await second.carries();
    });
  };
}

const AES = { 'TLSv1.2': 0xc02b, 'TLSv1.3': 0x1301 };
const CHACHA = { 'TLSv1.2': 0xcca9, 'TLSv1.3': 0x1303 };
const only =
  (...numbers: number[]) =>
  (hello: Hello): Hello => ({ ...hello, suites: number16(...numbers) });
const host = (text: string): Buffer => u16(Buffer.concat([Buffer.of(0), u16(Buffer.from(text))]));

for (const [where, { row }] of [
  ['id', ids],
  ['ticket', tickets],
] as const) {
  row(
    BOTH,
    `by ${where}: again`,
    returns((hello) => hello),
  );
  row(BOTH, `by ${where}: three times the same`, async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    tls.leave();
    const { session } = tls;
    for (let n = 0; n < 2; n += 1)
      await again(async (second) => {
        await second.shake(second.resuming(session));
        await second.carries();
        second.leave();
      });
  });
  row(
    BOTH,
    `by ${where}: for another name`,
    returns((hello) => withExtension(hello, EXTENSION.serverName, host('other.test'))),
  );
  row(
    BOTH,
    `by ${where}: for no name`,
    returns((hello) => withoutExtension(hello, EXTENSION.serverName)),
  );
  row(
    BOTH,
    `by ${where}: with the other group first`,
    returns((hello) => withExtension(hello, EXTENSION.groups, u16(number16(P256, X25519)))),
  );
  row(
    BOTH,
    `by ${where}: with the other suite first`,
    returns((hello) => ({ ...hello, suites: number16(...(hello.suites.includes(0x13) ? [0x1303, 0x1301] : []), 0xcca9, 0xc02b) })),
  );
  row(OLD, `by ${where}: with the other suite alone`, returns(only(CHACHA['TLSv1.2'])));
  row(NEW, `by ${where}: with the other suite alone`, returns(only(CHACHA['TLSv1.3'])));
  row(NEW, `by ${where}: with suites of another hash alone`, returns(only(0x1302)));
  row(OLD, `by ${where}: with unknown suites alone`, returns(only(0x1a1a)));
  row(OLD, `by ${where}: with a suite of RSA beside`, returns(only(0xc02f, AES['TLSv1.2'])));
  row(
    OLD,
    `by ${where}: without the extended master secret it had`,
    returns((hello) => withoutExtension(hello, EXTENSION.extendedMaster)),
  );
  row(OLD, `by ${where}: with an extended master secret it had not`, async (tls, { again }) => {
    await tls.shake(tls.hello((hello) => withoutExtension(hello, EXTENSION.extendedMaster)));
    await tls.carries();
    tls.leave();
    const { session } = tls;
    await again(async (second) => {
      await second.shake(second.resuming(session));
      await second.carries();
    });
  });
  row(
    OLD,
    `by ${where}: in a hello of TLS 1.3`,
    returns((hello) => withExtension(hello, EXTENSION.versions, u8(number16(0x0303)))),
  );
  row(OLD, `by ${where}: with a Finished that is wrong`, async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    tls.leave();
    const { session } = tls;
    await again(async (second) => {
      second.say(second.resuming(session));
      await second.meet();
      second.changeCipher();
      second.send(RECORD.handshake, message(MESSAGE.finished, Buffer.alloc(12)));
      await second.rest();
    });
    await again(async (third) => {
      await third.shake(third.resuming(session));
      await third.carries();
    });
  });
  row(BOTH, `by ${where}: after a connection that ended in a fatal alert`, async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    const { session } = tls;
    tls.alert(ALERT.fatal, ALERT.unexpectedMessage);
    await tls.rest().catch(() => undefined);
    await again(async (second) => {
      await second.shake(second.resuming(session));
      await second.carries();
    });
  });
  row(BOTH, `by ${where}: after a connection that was cut`, async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    const { session } = tls;
    tls.end();
    await tls.rest().catch(() => undefined);
    await again(async (second) => {
      await second.shake(second.resuming(session));
      await second.carries();
    });
  });
  row(
    OLD,
    `by ${where}: somebody else's`,
    returns(
      (hello) => hello,
      undefined,
      (session) => ({ ...session, id: Buffer.alloc(32, 3), ticket: session.ticket && Buffer.alloc(session.ticket.length, 3) }),
    ),
  );
  row(
    OLD,
    `by ${where}: without the secret`,
    returns(
      (hello) => hello,
      undefined,
      (session) => ({ ...session, secret: Buffer.alloc(48, 1) }),
    ),
  );
  row(
    NEW,
    `by ${where}: a proof one bit wrong`,
    returns(
      (hello) => hello,
      (good) => Buffer.concat([good.subarray(0, -1), Buffer.of((good.at(-1) ?? 0) ^ 1)]),
    ),
  );
  row(
    NEW,
    `by ${where}: somebody else's`,
    returns(
      (hello) => hello,
      undefined,
      (session) => ({ ...session, ticket: Buffer.alloc(session.ticket?.length ?? 32, 3) }),
    ),
  );
  row(
    NEW,
    `by ${where}: one bit wrong`,
    returns(
      (hello) => hello,
      undefined,
      (session) => {
        const ticket = Buffer.from(session.ticket ?? NOTHING);
        ticket[ticket.length - 1] = (ticket.at(-1) ?? 0) ^ 1;
        return { ...session, ticket };
      },
    ),
  );
  row(
    NEW,
    `by ${where}: without the secret`,
    returns(
      (hello) => hello,
      undefined,
      (session) => ({ ...session, secret: Buffer.alloc(32, 1) }),
    ),
  );
  row(
    NEW,
    `by ${where}: with an age that is wrong`,
    returns(
      (hello) => hello,
      undefined,
      (session) => ({ ...session, ageAdd: 99 }),
    ),
  );
  row(
    NEW,
    `by ${where}: with the key alone, without a new exchange`,
    returns((hello) => withExtension(hello, EXTENSION.keyExchangeModes, u8(Buffer.of(0)))),
  );
  row(
    NEW,
    `by ${where}: without modes of key exchange`,
    returns((hello) => withoutExtension(hello, EXTENSION.keyExchangeModes)),
  );
  row(NEW, `by ${where}: with a second hello`, async (tls, { again }) => {
    await tls.shake();
    await tls.carries();
    tls.leave();
    const { session } = tls;
    await again(async (second) => {
      let first: Hello | undefined;
      second.say(
        second.resuming(session, (hello) => {
          first = hello;
          return withExtension(
            withoutExtension(withExtension(hello, EXTENSION.keyShare, u16(NOTHING)), EXTENSION.preSharedKey),
            EXTENSION.preSharedKey,
            pskOf(hello),
          );
        }),
      );
      await second.meet();
      second.trace.push(`retry ${second.retry}`);
      await second.shake(
        second.resuming(session, (hello) => ({
          ...hello,
          random: first?.random ?? hello.random,
          sessionId: first?.sessionId ?? hello.sessionId,
        })),
      );
      await second.carries();
    });
  });
}

function pskOf({ extensions = [] }: Hello): Buffer {
  return extensions.find(([type]) => type === EXTENSION.preSharedKey)?.[1] ?? NOTHING;
}

export const laterRows = [...asking.rows, ...protocols.rows, ...ids.rows, ...tickets.rows];
