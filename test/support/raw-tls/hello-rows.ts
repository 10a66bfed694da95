/** ClientHellos: as bytes, as records, and every part of them wrong in its own way. */
import { randomBytes } from 'node:crypto';
import { ALERT, MESSAGE, RECORD } from './client.ts';
import { bodyOf, EXTENSION, keyShare, message, number16, P256, record, u8, u16, withExtension, withoutExtension, X25519 } from './hello.ts';
import { BOTH, bytes, changed, extended, NEW, OLD, rowsFor } from './row.ts';

const { rows, row } = rowsFor('plain');
const NOTHING = Buffer.alloc(0);
const name = (type: number, host: Buffer): Buffer => u16(Buffer.concat([Buffer.of(type), u16(host)]));

// ---- as it should be, in any pieces ----

row(
  BOTH,
  'a good hello',
  changed((hello) => hello),
);
row(BOTH, 'TCP brings a byte at a time', async (tls) => {
  const hello = tls.hello();
  tls.counts(hello);
  await tls.rawInPieces(record(RECORD.handshake, hello, 0x0301), 1);
  await tls.meet();
  await tls.finish();
  await tls.carries();
});
for (const length of [1, 3, 4, 5, 50, 100])
  row(BOTH, `the hello in records of ${length}`, async (tls) => {
    tls.say(tls.hello(), length);
    await tls.meet();
    await tls.finish();
    await tls.carries();
  });
row(BOTH, 'a hello of 12,000 bytes', extended(21, Buffer.alloc(12_000)));
row(BOTH, 'a hello of 40,000 bytes in three records', async (tls) => {
  tls.say(
    tls.hello((hello) => withExtension(withExtension(hello, 21, Buffer.alloc(20_000)), 0x5a5a, Buffer.alloc(20_000))),
    14_000,
  );
  await tls.meet();
  await tls.finish();
  await tls.carries();
});
row(
  BOTH,
  'made-up suites, groups and extensions beside the real ones (GREASE)',
  changed((hello) => {
    const groups = withExtension(hello, EXTENSION.groups, u16(number16(0x4a4a, X25519, P256)));
    const extra = withExtension(withExtension(groups, 0x8a8a, NOTHING), 0xcaca, Buffer.alloc(1));
    return { ...extra, suites: Buffer.concat([number16(0x2a2a), hello.suites]) };
  }),
);

// ---- no hello at all ----

row(
  BOTH,
  'nothing, and the end',
  bytes(() => NOTHING, 'ended'),
);
row(
  BOTH,
  'a request of HTTP',
  bytes(() => Buffer.from('GET / HTTP/1.1\r\n\r\n')),
);
row(
  BOTH,
  'a CONNECT of HTTP',
  bytes(() => Buffer.from('CONNECT a:1 HTTP/1.1\r\n\r\n')),
);
row(
  BOTH,
  'a line of text',
  bytes(() => Buffer.from('EHLO localhost\r\n')),
);
row(
  BOTH,
  'zeros',
  bytes(() => Buffer.alloc(64)),
);
row(
  BOTH,
  'a hello of SSLv2',
  bytes(() => Buffer.from('802b0100020012000000100100800700c0030080060040020080040080000000000000000000000000000000ff', 'hex')),
);
row(
  BOTH,
  'application data first',
  bytes(() => record(RECORD.data, Buffer.alloc(30))),
);
row(
  BOTH,
  'a change of cipher first',
  bytes(() => record(RECORD.changeCipher, Buffer.of(1))),
);
row(
  BOTH,
  'a change of cipher, then the hello',
  bytes((tls) => Buffer.concat([record(RECORD.changeCipher, Buffer.of(1)), record(RECORD.handshake, tls.hello())])),
);
row(
  BOTH,
  'a record of an unknown type',
  bytes(() => record(99, Buffer.alloc(30))),
);
row(
  BOTH,
  'a heartbeat',
  bytes(() => record(24, Buffer.of(1, 0x40, 0))),
);
row(
  BOTH,
  'close_notify first',
  bytes(() => record(RECORD.alert, Buffer.of(ALERT.warning, ALERT.closeNotify))),
);
row(
  BOTH,
  'a fatal alert first',
  bytes(() => record(RECORD.alert, Buffer.of(ALERT.fatal, ALERT.unexpectedMessage))),
);
row(BOTH, 'a warning, then the hello', async (tls) => {
  tls.alert(ALERT.warning, ALERT.userCanceled);
  await tls.shake();
  await tls.carries();
});
row(
  BOTH,
  'six warnings',
  bytes(() => Buffer.concat(Array.from({ length: 6 }, () => record(RECORD.alert, Buffer.of(ALERT.warning, ALERT.userCanceled))))),
);
row(
  BOTH,
  'an alert of an unknown level',
  bytes(() => record(RECORD.alert, Buffer.of(3, ALERT.userCanceled))),
);
row(
  BOTH,
  'an alert of one byte',
  bytes(() => record(RECORD.alert, Buffer.of(1))),
);
row(
  BOTH,
  'an alert of three bytes',
  bytes(() => record(RECORD.alert, Buffer.of(1, 90, 0))),
);
row(
  BOTH,
  'an empty alert',
  bytes(() => record(RECORD.alert, NOTHING)),
);
for (const [type, number] of [...Object.entries(MESSAGE), ['an unknown message', 99] as const])
  if (number !== MESSAGE.clientHello)
    row(
      BOTH,
      `first of all: ${type}`,
      bytes(() => record(RECORD.handshake, message(number, Buffer.alloc(36)))),
    );

// ---- records and lengths ----

row(BOTH, 'an empty record of the handshake before the hello', async (tls) => {
  tls.raw(record(RECORD.handshake, NOTHING));
  await tls.shake();
  await tls.carries();
});
row(
  BOTH,
  'forty empty records',
  bytes(() => Buffer.concat(Array.from({ length: 40 }, () => record(RECORD.handshake, NOTHING)))),
);
row(
  BOTH,
  'a record that is longer than may be',
  bytes(() => Buffer.concat([Buffer.of(22, 3, 1), number16(16_384 + 2_049), Buffer.alloc(18_433)])),
);
row(
  BOTH,
  'a record of 65,535 bytes',
  bytes(() => Buffer.from('160301ffff', 'hex'), 'ended'),
);
row(
  BOTH,
  'half of a hello, and the end',
  bytes((tls) => record(RECORD.handshake, tls.hello()).subarray(0, 60), 'ended'),
);
row(
  BOTH,
  'half of a hello in a whole record, then application data',
  bytes((tls) => Buffer.concat([record(RECORD.handshake, tls.hello().subarray(0, 60)), record(RECORD.data, Buffer.alloc(9))])),
);
row(
  BOTH,
  'half of a hello in a whole record, then a warning',
  bytes(
    (tls) =>
      Buffer.concat([
        record(RECORD.handshake, tls.hello().subarray(0, 60)),
        record(RECORD.alert, Buffer.of(1, 90)),
        record(RECORD.handshake, tls.hello().subarray(60)),
      ]),
    'ended',
  ),
);
row(
  BOTH,
  'a hello of 16 megabytes',
  bytes(() => record(RECORD.handshake, Buffer.concat([Buffer.from('01ffffff0303', 'hex'), Buffer.alloc(100)]))),
);
row(
  BOTH,
  'a hello that is shorter than it says',
  bytes((tls) => record(RECORD.handshake, message(MESSAGE.clientHello, tls.hello().subarray(4, -5)))),
);
row(
  BOTH,
  'a hello with something behind it',
  bytes((tls) => record(RECORD.handshake, message(MESSAGE.clientHello, Buffer.concat([tls.hello().subarray(4), Buffer.alloc(2)])))),
);
row(
  BOTH,
  'an empty hello',
  bytes(() => record(RECORD.handshake, message(MESSAGE.clientHello, NOTHING))),
);
row(
  BOTH,
  'a hello of a version and nothing else',
  bytes(() => record(RECORD.handshake, message(MESSAGE.clientHello, Buffer.of(3, 3)))),
);
row(
  BOTH,
  'two hellos in one record',
  bytes((tls) => record(RECORD.handshake, Buffer.concat([tls.hello(), tls.hello()]))),
);
row(BOTH, 'two hellos in two records', async (tls) => {
  const second = tls.hello();
  tls.say(tls.hello());
  tls.raw(record(RECORD.handshake, second));
  await tls.meet();
  await tls.rest();
});
row(
  BOTH,
  'a hello and a Finished in one record',
  bytes((tls) => record(RECORD.handshake, Buffer.concat([tls.hello(), message(MESSAGE.finished, Buffer.alloc(32))]))),
);
for (const version of [0x0000, 0x0200, 0x0300, 0x0304, 0x03ff, 0x0400, 0xffff])
  row(
    BOTH,
    `a record of version ${version.toString(16).padStart(4, '0')}`,
    bytes((tls) => record(RECORD.handshake, tls.hello(), version), 'ended'),
  );

// ---- versions ----

for (const version of [0x0002, 0x0300, 0x0301, 0x0302, 0x0304, 0x0305, 0x0400, 0xfefd, 0xffff])
  row(
    BOTH,
    `a hello of version ${version.toString(16).padStart(4, '0')}`,
    changed((hello) => ({ ...hello, version })),
  );
const versions = (...list: number[]): Buffer => u8(number16(...list));
row(NEW, 'TLS 1.1 is all it offers', extended('versions', versions(0x0302)));
row(NEW, 'SSL 3.0 is all it offers', extended('versions', versions(0x0300)));
row(NEW, 'an unknown version is all it offers', extended('versions', versions(0x0a0a)));
row(NEW, 'a draft of TLS 1.3 and made-up versions beside the real one', extended('versions', versions(0x7a7a, 0x7f1c, 0x0304, 0x0305)));
row(NEW, 'an empty list of versions', extended('versions', u8(NOTHING)));
row(NEW, 'a list of versions of three bytes', extended('versions', u8(Buffer.of(3, 4, 3))));
row(NEW, 'a list of versions that is longer than its extension', extended('versions', Buffer.of(9, 3, 4)));
row(NEW, 'something behind the list of versions', extended('versions', Buffer.concat([versions(0x0304), Buffer.of(0)])));
row(
  NEW,
  'no list of versions, with a share',
  bytes(
    (tls) =>
      record(
        RECORD.handshake,
        tls.hello((hello) => withoutExtension(hello, EXTENSION.versions)),
      ),
    'ended',
  ),
);
row(
  OLD,
  'a fallback that nobody needs (TLS_FALLBACK_SCSV)',
  changed((hello) => ({ ...hello, suites: Buffer.concat([hello.suites, number16(0x5600)]) })),
);
row(
  NEW,
  'TLS_FALLBACK_SCSV beside the newest version',
  changed((hello) => ({ ...hello, suites: Buffer.concat([hello.suites, number16(0x5600)]) })),
);

// ---- session id, suites, compression ----

row(
  BOTH,
  'a session id of 33 bytes',
  changed((hello) => ({ ...hello, sessionId: Buffer.alloc(33) })),
);
row(
  BOTH,
  'a session id nobody gave it',
  changed((hello) => ({ ...hello, sessionId: randomBytes(32) })),
);
row(
  BOTH,
  'no suites',
  changed((hello) => ({ ...hello, suites: NOTHING })),
);
row(
  BOTH,
  'suites of three bytes',
  changed((hello) => ({ ...hello, suites: Buffer.of(0x13, 1, 0xc0) })),
);
row(
  BOTH,
  'unknown suites alone',
  changed((hello) => ({ ...hello, suites: number16(0x1a1a, 0xfefe) })),
);
row(
  BOTH,
  'suites without encryption',
  changed((hello) => ({ ...hello, suites: number16(0xc006, 0x003b, 0x0000) })),
);
row(
  BOTH,
  'suites of RSA where the server has ECDSA',
  changed((hello) => ({ ...hello, suites: number16(0xc02f, 0xc030) })),
);
row(
  BOTH,
  'anonymous suites',
  changed((hello) => ({ ...hello, suites: number16(0xc018, 0x0034) })),
);
row(
  BOTH,
  'TLS_EMPTY_RENEGOTIATION_INFO_SCSV in place of the extension',
  changed((hello) => ({ ...withoutExtension(hello, EXTENSION.renegotiation), suites: Buffer.concat([hello.suites, number16(0x00ff)]) })),
);
row(
  BOTH,
  'no compression list',
  changed((hello) => ({ ...hello, compression: NOTHING })),
);
row(
  BOTH,
  'compression without "none"',
  changed((hello) => ({ ...hello, compression: Buffer.of(1) })),
);
row(
  BOTH,
  'compression beside "none"',
  changed((hello) => ({ ...hello, compression: Buffer.of(1, 0) })),
);

// ---- extensions ----

row(
  OLD,
  'no extensions at all',
  changed((hello) => ({ ...hello, extensions: undefined })),
);
row(
  BOTH,
  'an empty list of extensions',
  bytes(
    (tls) =>
      record(
        RECORD.handshake,
        tls.hello((hello) => ({ ...hello, extensions: [] })),
      ),
    'ended',
  ),
);
row(
  BOTH,
  'an extension twice',
  changed((hello) => ({ ...hello, extensions: [...(hello.extensions ?? []), [EXTENSION.groups, u16(number16(X25519))]] })),
);
row(
  BOTH,
  'an unknown extension twice',
  changed((hello) => ({ ...hello, extensions: [...(hello.extensions ?? []), [0x5a5a, NOTHING], [0x5a5a, NOTHING]] })),
);
row(
  BOTH,
  'an extension longer than the list',
  bytes((tls) => {
    const body = bodyOf(
      withoutExtension(
        {
          version: 0x0303,
          random: randomBytes(32),
          sessionId: NOTHING,
          suites: number16(0xc02b, 0x1301),
          compression: Buffer.of(0),
          extensions: undefined,
        },
        0,
      ),
    );
    return record(
      RECORD.handshake,
      message(MESSAGE.clientHello, Buffer.concat([body, u16(Buffer.of(0, 10, 0, 9, 0)), NOTHING, tls.share.subarray(0, 0)])),
    );
  }),
);
row(
  BOTH,
  'a list of extensions longer than the hello',
  bytes(() => {
    const body = bodyOf({
      version: 0x0303,
      random: randomBytes(32),
      sessionId: NOTHING,
      suites: number16(0xc02b, 0x1301),
      compression: Buffer.of(0),
      extensions: undefined,
    });
    return record(RECORD.handshake, message(MESSAGE.clientHello, Buffer.concat([body, Buffer.of(0, 99, 0, 10)])));
  }),
);
const SERVER_NAMES: readonly (readonly [what: string, body: Buffer])[] = [
  ['an empty extension', NOTHING],
  ['an empty list', u16(NOTHING)],
  ['an empty name', name(0, NOTHING)],
  ['a name with a NUL', name(0, Buffer.from('local\0host'))],
  ['a name of 255 bytes', name(0, Buffer.alloc(255, 97))],
  ['a name of 256 bytes', name(0, Buffer.alloc(256, 97))],
  ['an unknown kind of name', name(1, Buffer.from('localhost'))],
  ['two names', u16(Buffer.concat([name(0, Buffer.from('localhost')).subarray(2), name(0, Buffer.from('other')).subarray(2)]))],
  ['something behind the list', Buffer.concat([name(0, Buffer.from('localhost')), Buffer.of(0)])],
  ['a list longer than the extension', Buffer.of(0, 20, 0, 0, 1, 97)],
  ['a name longer than the list', Buffer.of(0, 4, 0, 0, 9, 97)],
  ['another name', name(0, Buffer.from('nowhere.test'))],
  ['a name that is no name', name(0, Buffer.from('\u001b[31m ../*'))],
];
for (const [what, body] of SERVER_NAMES) row(BOTH, `server_name: ${what}`, extended('serverName', body));
const GROUPS: readonly (readonly [what: string, body: Buffer])[] = [
  ['an empty extension', NOTHING],
  ['an empty list', u16(NOTHING)],
  ['a list of one byte', u16(Buffer.of(0))],
  ['a list longer than the extension', Buffer.of(0, 9, 0, 29)],
  ['unknown groups alone', u16(number16(0x4a4a))],
];
for (const [what, body] of GROUPS) row(BOTH, `supported_groups: ${what}`, extended('groups', body));
row(
  NEW,
  'supported_groups: missing',
  changed((hello) => withoutExtension(hello, EXTENSION.groups)),
);
const SIGNATURES: readonly (readonly [what: string, body: Buffer])[] = [
  ['an empty extension', NOTHING],
  ['an empty list', u16(NOTHING)],
  ['a list of one byte', u16(Buffer.of(4))],
  ['RSA alone', u16(number16(0x0804, 0x0401))],
  ['SHA-1 alone', u16(number16(0x0203, 0x0201))],
  ['MD5 alone', u16(number16(0x0101))],
  ['unknown ones alone', u16(number16(0xfafa))],
];
for (const [what, body] of SIGNATURES) row(BOTH, `signature_algorithms: ${what}`, extended('signatures', body));
row(
  BOTH,
  'signature_algorithms: missing',
  changed((hello) => withoutExtension(hello, EXTENSION.signatures)),
);
const OTHERS: readonly (readonly [type: keyof typeof EXTENSION, what: string, body: Buffer])[] = [
  ['pointFormats', 'an empty list', u8(NOTHING)],
  ['pointFormats', 'compressed points alone', u8(Buffer.of(1))],
  ['pointFormats', 'a list longer than the extension', Buffer.of(4, 0)],
  ['renegotiation', 'data of an earlier handshake', u8(Buffer.alloc(12))],
  ['renegotiation', 'a list longer than the extension', Buffer.of(12, 0)],
  ['renegotiation', 'an empty extension', NOTHING],
  ['extendedMaster', 'not empty', Buffer.of(0)],
  ['encryptThenMac', 'empty, as it should be', NOTHING],
  ['encryptThenMac', 'not empty', Buffer.of(1)],
  ['maxFragment', '512 bytes', Buffer.of(1)],
  ['maxFragment', 'a size nobody knows', Buffer.of(9)],
  ['maxFragment', 'two bytes', Buffer.of(1, 1)],
  ['alpn', 'an offer, of which the server wants to know nothing', u16(u8(Buffer.from('h2')))],
  ['alpn', 'an empty extension', NOTHING],
  ['alpn', 'an empty list', u16(NOTHING)],
  ['alpn', 'an empty name', u16(u8(NOTHING))],
  ['alpn', 'a name longer than the list', u16(Buffer.of(9, 97))],
  ['alpn', 'a list longer than the extension', Buffer.of(0, 9, 1, 97)],
  ['statusRequest', 'a staple, where there is none', Buffer.of(1, 0, 0, 0, 0)],
  ['statusRequest', 'an empty extension', NOTHING],
  ['statusRequest', 'an unknown kind', Buffer.of(7, 0, 0, 0, 0)],
  ['statusRequest', 'a list longer than the extension', Buffer.of(1, 0, 9, 0, 0)],
  ['ticket', 'a ticket of nobody', Buffer.alloc(100, 7)],
  ['ticket', 'a ticket of one byte', Buffer.of(1)],
];
for (const [type, what, body] of OTHERS) row(BOTH, `${type}: ${what}`, extended(type, body));

const NEWER: readonly (readonly [type: keyof typeof EXTENSION, what: string, body: Buffer])[] = [
  ['keyShare', 'an empty extension', NOTHING],
  ['keyShare', 'a share of no bytes', u16(keyShare(X25519, NOTHING))],
  ['keyShare', 'a share of 31 bytes', u16(keyShare(X25519, Buffer.alloc(31, 9)))],
  ['keyShare', 'a share of 33 bytes', u16(keyShare(X25519, Buffer.alloc(33, 9)))],
  ['keyShare', 'a share of zeros', u16(keyShare(X25519, Buffer.alloc(32)))],
  ['keyShare', 'a point that is on no curve', u16(keyShare(P256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)])))],
  ['keyShare', 'a compressed point', u16(keyShare(P256, Buffer.concat([Buffer.of(2), Buffer.alloc(32, 1)])))],
  ['keyShare', 'a group that it does not support itself', u16(keyShare(0x0018, Buffer.alloc(97, 4)))],
  ['keyShare', 'a list longer than the extension', Buffer.of(0, 99, 0, 29)],
  ['keyShare', 'a share longer than the list', u16(Buffer.of(0, 29, 0, 99, 1))],
  ['keyShare', 'a share of an unknown group alone', u16(keyShare(0x4a4a, Buffer.of(0)))],
  ['keyExchangeModes', 'an empty list', u8(NOTHING)],
  ['keyExchangeModes', 'an unknown mode', u8(Buffer.of(7))],
  ['keyExchangeModes', 'a list longer than the extension', Buffer.of(5, 1)],
  ['postHandshake', 'empty, as it should be', NOTHING],
  ['postHandshake', 'not empty', Buffer.of(0)],
  ['cookie', 'a cookie nobody gave it', u16(Buffer.alloc(40, 5))],
  ['cookie', 'an empty cookie', u16(NOTHING)],
  ['earlyData', 'an offer without a ticket', NOTHING],
  ['earlyData', 'not empty', Buffer.of(0)],
  ['preSharedKey', 'an empty extension', NOTHING],
  ['preSharedKey', 'no identities', Buffer.concat([u16(NOTHING), u16(NOTHING)])],
  ['preSharedKey', 'no binders', Buffer.concat([u16(Buffer.concat([u16(Buffer.of(1)), Buffer.alloc(4)])), u16(NOTHING)])],
  [
    'preSharedKey',
    'a ticket of nobody',
    Buffer.concat([u16(Buffer.concat([u16(Buffer.alloc(80, 6)), Buffer.alloc(4)])), u16(u8(Buffer.alloc(32)))]),
  ],
];
for (const [type, what, body] of NEWER)
  row(NEW, `${type}: ${what}`, async (tls) => {
    tls.say(tls.hello((hello) => withExtension(hello, EXTENSION[type], body)));
    await tls.meet();
    if (tls.retry !== undefined) {
      tls.trace.push(`retry ${tls.retry}`);
      tls.end();
      await tls.rest();
    }
    await tls.finish();
    await tls.carries();
  });
row(
  NEW,
  'key_share: missing',
  changed((hello) => withoutExtension(hello, EXTENSION.keyShare)),
);
row(
  NEW,
  'psk_key_exchange_modes: missing',
  changed((hello) => withoutExtension(hello, EXTENSION.keyExchangeModes)),
);
row(NEW, 'key_share: the same group twice', async (tls) => {
  await tls.shake(tls.hello((hello) => withExtension(hello, EXTENSION.keyShare, u16(Buffer.concat([tls.share, tls.share])))));
  await tls.carries();
});
row(
  NEW,
  'pre_shared_key: not the last extension',
  changed((hello) => {
    const key = Buffer.concat([u16(Buffer.concat([u16(Buffer.alloc(80, 6)), Buffer.alloc(4)])), u16(u8(Buffer.alloc(32)))]);
    return withExtension(withExtension(hello, EXTENSION.preSharedKey, key), 0x5a5a, NOTHING);
  }),
);
row(
  NEW,
  'pre_shared_key: without modes of key exchange',
  changed((hello) => {
    const key = Buffer.concat([u16(Buffer.concat([u16(Buffer.alloc(80, 6)), Buffer.alloc(4)])), u16(u8(Buffer.alloc(32)))]);
    return withExtension(withoutExtension(hello, EXTENSION.keyExchangeModes), EXTENSION.preSharedKey, key);
  }),
);
row(NEW, 'early data that nobody takes is passed over', async (tls) => {
  tls.say(tls.hello((hello) => withExtension(hello, EXTENSION.earlyData, NOTHING)));
  tls.raw(record(RECORD.data, Buffer.alloc(200, 1)));
  await tls.meet();
  await tls.finish();
  await tls.carries();
});
row(NEW, 'more early data than anybody passes over', async (tls) => {
  tls.say(tls.hello((hello) => withExtension(hello, EXTENSION.earlyData, NOTHING)));
  for (let n = 0; n < 3; n += 1) tls.raw(record(RECORD.data, Buffer.alloc(16_000, 1)));
  await tls.meet();
  await tls.rest();
});

// ---- another hello, please ----

for (const [what, change] of [
  ['and it comes', (hello) => hello],
  ['and it comes without the share', (hello) => withExtension(hello, EXTENSION.keyShare, u16(NOTHING))],
  [
    'and it comes with a share of another group',
    (hello) => withExtension(hello, EXTENSION.keyShare, u16(keyShare(0x0018, Buffer.alloc(97, 4)))),
  ],
  ['and it comes with other suites', (hello) => ({ ...hello, suites: number16(0x1303) })],
  ['and it comes as TLS 1.2', (hello) => withExtension(hello, EXTENSION.versions, versions(0x0303))],
  ['and it comes with another session id', (hello) => ({ ...hello, sessionId: randomBytes(32) })],
] as const satisfies readonly (readonly [string, Parameters<typeof changed>[0]])[])
  row(NEW, `no share, so a second hello is wanted, ${what}`, async (tls) => {
    let first: Parameters<typeof change>[0] | undefined;
    tls.say(
      tls.hello((hello) => {
        first = hello;
        return withExtension(hello, EXTENSION.keyShare, u16(NOTHING));
      }),
    );
    await tls.meet();
    tls.trace.push(`retry ${tls.retry}`);
    await tls.shake(tls.hello((hello) => change(first ?? hello)));
    await tls.carries();
  });
row(NEW, 'a second hello is wanted, and a Finished comes', async (tls) => {
  tls.say(tls.hello((hello) => withExtension(hello, EXTENSION.keyShare, u16(NOTHING))));
  await tls.meet();
  tls.send(RECORD.handshake, message(MESSAGE.finished, Buffer.alloc(32)));
  await tls.rest();
});

export const helloRows = rows;
