/** The client's closing flight, and what may not stand in it; then everything that may come after a handshake. */
import { ALERT, MESSAGE, RECORD } from './client.ts';
import { message, record, u8 } from './hello.ts';
import type { Hold } from './row.ts';
import { afterwards, BOTH, met, NEW, OLD, rowsFor } from './row.ts';

const { rows, row } = rowsFor('plain');
const NOTHING = Buffer.alloc(0);
const KEY_UPDATE = message(MESSAGE.keyUpdate, Buffer.of(0));

/** These messages as they would be sent at that moment, and what is said to them. */
function says(make: (tls: Parameters<Hold>[0]) => Buffer): Hold {
  return async (tls) => {
    tls.send(RECORD.handshake, make(tls));
    await tls.rest();
  };
}

// ---- TLS 1.2: ClientKeyExchange, ChangeCipherSpec, Finished ----

row(
  OLD,
  'the flight in records of one byte',
  met(async (tls) => {
    tls.sayExchange(undefined, 1);
    tls.changeCipher();
    tls.say(tls.finished(), 1);
    await tls.meet();
    await tls.carries();
  }),
);
row(
  OLD,
  'the flight in one piece of TCP',
  met(async (tls) => {
    const exchange = message(MESSAGE.clientKeyExchange, u8(tls.share.subarray(4)));
    tls.counts(exchange);
    tls.agree();
    const first = Buffer.concat([record(RECORD.handshake, exchange), record(RECORD.changeCipher, Buffer.of(1))]);
    tls.useKeys();
    const finished = tls.finished();
    tls.counts(finished);
    tls.raw(first, tls.sealed(RECORD.handshake, finished));
    await tls.meet();
    await tls.carries();
  }),
);
row(
  OLD,
  'application data right behind the Finished',
  met(async (tls) => {
    tls.sayExchange();
    tls.changeCipher();
    const finished = tls.finished();
    tls.counts(finished);
    tls.raw(tls.sealed(RECORD.handshake, finished), tls.sealed(RECORD.data, Buffer.from('raw\n')));
    await tls.meet();
    await tls.replies();
  }),
);
for (const [what, body] of [
  ['an empty one', NOTHING],
  ['no point', Buffer.of(0)],
  ['a point of 31 bytes', u8(Buffer.alloc(31, 9))],
  ['a point of zeros', u8(Buffer.alloc(32))],
  ['a point longer than the message', Buffer.of(99, 1, 2)],
  ['something behind the point', Buffer.concat([u8(Buffer.alloc(32, 9)), Buffer.of(0)])],
] as const)
  row(OLD, `ClientKeyExchange: ${what}`, met(says(() => message(MESSAGE.clientKeyExchange, body))));
row(
  OLD,
  'ChangeCipherSpec in place of the ClientKeyExchange',
  met(async (tls) => {
    tls.raw(record(RECORD.changeCipher, Buffer.of(1)));
    await tls.rest();
  }),
);
for (const [what, body] of [
  ['empty', NOTHING],
  ['of two bytes', Buffer.of(1, 1)],
  ['of another value', Buffer.of(2)],
] as const)
  row(
    OLD,
    `ChangeCipherSpec: ${what}`,
    met(async (tls) => {
      tls.sayExchange();
      tls.raw(record(RECORD.changeCipher, body));
      tls.end();
      await tls.rest();
    }),
  );
row(
  OLD,
  'ChangeCipherSpec twice',
  met(async (tls) => {
    tls.sayExchange();
    tls.raw(record(RECORD.changeCipher, Buffer.of(1)), record(RECORD.changeCipher, Buffer.of(1)));
    await tls.rest();
  }),
);
row(
  OLD,
  'ChangeCipherSpec within the ClientKeyExchange',
  met(async (tls) => {
    const exchange = message(MESSAGE.clientKeyExchange, u8(tls.share.subarray(4)));
    tls.raw(
      record(RECORD.handshake, exchange.subarray(0, 9)),
      record(RECORD.changeCipher, Buffer.of(1)),
      record(RECORD.handshake, exchange.subarray(9)),
    );
    await tls.rest();
  }),
);
row(
  OLD,
  'a warning within the ClientKeyExchange',
  met(async (tls) => {
    const exchange = message(MESSAGE.clientKeyExchange, u8(tls.share.subarray(4)));
    tls.counts(exchange);
    tls.agree();
    tls.raw(
      record(RECORD.handshake, exchange.subarray(0, 9)),
      record(RECORD.alert, Buffer.of(ALERT.warning, ALERT.userCanceled)),
      record(RECORD.handshake, exchange.subarray(9)),
    );
    tls.changeCipher();
    tls.say(tls.finished());
    await tls.meet();
    await tls.carries();
  }),
);
row(
  OLD,
  'a Finished without ChangeCipherSpec',
  met(async (tls) => {
    tls.sayExchange();
    tls.send(RECORD.handshake, tls.finished());
    await tls.rest();
  }),
);
row(
  OLD,
  'a Finished in clear behind ChangeCipherSpec',
  met(async (tls) => {
    tls.sayExchange();
    tls.raw(record(RECORD.changeCipher, Buffer.of(1)), record(RECORD.handshake, tls.finished()));
    await tls.rest();
  }),
);
row(
  OLD,
  'application data in clear in place of the Finished',
  met(async (tls) => {
    tls.sayExchange();
    tls.raw(record(RECORD.data, Buffer.from('GET / HTTP/1.1\r\n')));
    await tls.rest();
  }),
);
row(
  OLD,
  'application data under the new keys in place of the Finished',
  met(async (tls) => {
    tls.sayExchange();
    tls.changeCipher();
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);

// ---- both: the Finished itself ----

/** Up to where the Finished is due. */
function due(hold: Hold): Hold {
  return met(async (tls, talk) => {
    if (tls.version === 'TLSv1.2') {
      tls.sayExchange();
      tls.changeCipher();
    }
    await hold(tls, talk);
  });
}
const flipped = (bytes: Buffer, at: number): Buffer =>
  Buffer.from(bytes).fill((bytes.at(at) ?? 0) ^ 1, at < 0 ? bytes.length + at : at, at < 0 ? bytes.length + at + 1 : at + 1);

row(BOTH, 'Finished: another hash', due(says((tls) => flipped(tls.finished(), -1))));
row(BOTH, 'Finished: too short', due(says((tls) => message(MESSAGE.finished, tls.finished().subarray(4, -1)))));
row(BOTH, 'Finished: too long', due(says((tls) => message(MESSAGE.finished, Buffer.concat([tls.finished().subarray(4), Buffer.of(0)])))));
row(BOTH, 'Finished: empty', due(says(() => message(MESSAGE.finished, NOTHING))));
row(
  BOTH,
  'Finished: in records of one byte',
  due(async (tls) => {
    tls.say(tls.finished(), 1);
    if (tls.version === 'TLSv1.2') await tls.meet();
    else tls.useApplicationKeys();
    await tls.carries();
  }),
);
row(
  BOTH,
  'Finished: in a record whose tag is wrong',
  due(async (tls) => {
    tls.raw(flipped(tls.sealed(RECORD.handshake, tls.finished()), -1));
    await tls.rest();
  }),
);
row(
  BOTH,
  'Finished: in a record without room for a tag',
  due(async (tls) => {
    tls.raw(record(tls.version === 'TLSv1.3' ? RECORD.data : RECORD.handshake, Buffer.alloc(7)));
    await tls.rest();
  }),
);
row(BOTH, 'Finished: another message behind it in the same record', due(says((tls) => Buffer.concat([tls.finished(), KEY_UPDATE]))));
row(
  BOTH,
  'Finished: half of it, then an alert',
  due(async (tls) => {
    tls.send(RECORD.handshake, tls.finished().subarray(0, 9));
    tls.alert(ALERT.warning, ALERT.userCanceled);
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'Finished: half of it, then application data',
  due(async (tls) => {
    tls.send(RECORD.handshake, tls.finished().subarray(0, 9));
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  BOTH,
  'in place of the Finished: close_notify',
  due(async (tls) => {
    tls.alert(ALERT.warning, ALERT.closeNotify);
    await tls.rest();
  }),
);
row(
  BOTH,
  'in place of the Finished: a fatal alert',
  due(async (tls) => {
    tls.alert(ALERT.fatal, 48);
    await tls.rest();
  }),
);
row(
  BOTH,
  'in place of the Finished: the end of TCP',
  due(async (tls) => {
    tls.end();
    await tls.rest();
  }),
);
for (const [type, number] of [...Object.entries(MESSAGE), ['an unknown message', 99] as const])
  if (number !== MESSAGE.finished) {
    row(BOTH, `in place of the Finished: ${type}`, due(says(() => message(number, Buffer.alloc(36)))));
    row(
      OLD,
      `in place of the ClientKeyExchange: ${type}`,
      met(async (tls) => {
        tls.send(RECORD.handshake, message(number, Buffer.alloc(36)));
        tls.end();
        await tls.rest();
      }),
    );
  }
row(OLD, 'the hello again, in place of the ClientKeyExchange', met(says((tls) => tls.hello())));
row(
  NEW,
  'Finished: in clear',
  due(async (tls) => {
    tls.raw(record(RECORD.handshake, tls.finished()));
    await tls.rest();
  }),
);
row(
  NEW,
  'Finished: behind a ChangeCipherSpec, as middleboxes like it',
  due(async (tls) => {
    tls.raw(record(RECORD.changeCipher, Buffer.of(1)));
    await tls.finish();
    await tls.carries();
  }),
);
for (const [what, body] of [
  ['empty', NOTHING],
  ['of two bytes', Buffer.of(1, 1)],
  ['of another value', Buffer.of(2)],
] as const)
  row(
    NEW,
    `ChangeCipherSpec before the Finished: ${what}`,
    due(async (tls) => {
      tls.raw(record(RECORD.changeCipher, body));
      await tls.rest();
    }),
  );
row(
  NEW,
  'ChangeCipherSpec before the Finished: three times',
  due(async (tls) => {
    for (let n = 0; n < 3; n += 1) tls.raw(record(RECORD.changeCipher, Buffer.of(1)));
    await tls.finish();
    await tls.carries();
  }),
);
row(
  NEW,
  'ChangeCipherSpec before the Finished: encrypted',
  due(async (tls) => {
    tls.send(RECORD.changeCipher, Buffer.of(1));
    await tls.rest();
  }),
);
row(
  NEW,
  'ChangeCipherSpec within the Finished',
  due(async (tls) => {
    const finished = tls.finished();
    tls.counts(finished);
    tls.send(RECORD.handshake, finished.subarray(0, 9));
    tls.raw(record(RECORD.changeCipher, Buffer.of(1)));
    tls.send(RECORD.handshake, finished.subarray(9));
    tls.useApplicationKeys();
    await tls.carries();
  }),
);
row(
  NEW,
  'Finished: with a thousand zeros behind it',
  due(async (tls) => {
    const finished = tls.finished();
    tls.counts(finished);
    tls.send(RECORD.handshake, finished, { padding: 1000 });
    tls.useApplicationKeys();
    await tls.carries();
  }),
);
row(
  NEW,
  'Finished: in a record of the type 22 outside',
  due(async (tls) => {
    tls.send(RECORD.handshake, tls.finished(), { outer: 22 });
    await tls.rest();
  }),
);
row(
  NEW,
  'Finished: in a record of version 0301',
  due(async (tls) => {
    tls.send(RECORD.handshake, tls.finished(), { version: 0x0301 });
    await tls.rest();
  }),
);
row(
  NEW,
  'in place of the Finished: application data under the same keys',
  due(async (tls) => {
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  NEW,
  'in place of the Finished: application data under the later keys',
  due(async (tls) => {
    tls.finished();
    tls.useApplicationKeys();
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  NEW,
  'in place of the Finished: a record of nothing',
  due(async (tls) => {
    tls.send(0, NOTHING);
    await tls.rest();
  }),
);

// ---- after the handshake ----

const data = (tls: Parameters<Hold>[0], length: number): void => tls.send(RECORD.data, Buffer.alloc(length, 97));

row(
  BOTH,
  'afterwards: a line a byte at a time',
  afterwards(async (tls) => {
    for (const byte of 'raw') tls.send(RECORD.data, Buffer.from(byte));
    await tls.carries('\n');
  }),
);
row(
  BOTH,
  'afterwards: ten empty records, then a line',
  afterwards(async (tls) => {
    for (let n = 0; n < 10; n += 1) data(tls, 0);
    await tls.carries();
  }),
);
row(
  BOTH,
  'afterwards: a hundred empty records',
  afterwards(async (tls) => {
    for (let n = 0; n < 100; n += 1) data(tls, 0);
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a record of one byte too many',
  afterwards(async (tls) => {
    data(tls, 16_385);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a record far too long',
  afterwards(async (tls) => {
    data(tls, 18_500);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a record whose tag is wrong',
  afterwards(async (tls) => {
    tls.raw(flipped(tls.sealed(RECORD.data, Buffer.from('raw\n')), -1));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a record whose first byte is wrong',
  afterwards(async (tls) => {
    tls.raw(flipped(tls.sealed(RECORD.data, Buffer.from('raw\n')), 5));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: the same record twice',
  afterwards(async (tls) => {
    const line = tls.sealed(RECORD.data, Buffer.from('raw\n'));
    tls.raw(line);
    await tls.replies();
    tls.raw(line);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a record of an unknown type',
  afterwards(async (tls) => {
    tls.send(99, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: application data in clear',
  afterwards(async (tls) => {
    tls.writeInClear();
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: an alert in clear',
  afterwards(async (tls) => {
    tls.writeInClear();
    tls.alert(ALERT.fatal, ALERT.unexpectedMessage);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: ChangeCipherSpec',
  afterwards(async (tls) => {
    tls.writeInClear();
    tls.send(RECORD.changeCipher, Buffer.of(1));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: ChangeCipherSpec under the keys',
  afterwards(async (tls) => {
    tls.send(RECORD.changeCipher, Buffer.of(1));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: close_notify',
  afterwards(async (tls) => {
    tls.alert(ALERT.warning, ALERT.closeNotify);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a fatal alert',
  afterwards(async (tls) => {
    tls.alert(ALERT.fatal, 51);
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: the end of TCP',
  afterwards(async (tls) => {
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: user_canceled, then a line',
  afterwards(async (tls) => {
    tls.alert(ALERT.warning, ALERT.userCanceled);
    await tls.carries();
  }),
);
row(
  BOTH,
  'afterwards: no_renegotiation, then a line',
  afterwards(async (tls) => {
    tls.alert(ALERT.warning, ALERT.noRenegotiation);
    await tls.carries();
  }),
);
row(
  BOTH,
  'afterwards: unknown warnings, each before a line',
  afterwards(async (tls) => {
    for (let n = 0; n < 6; n += 1) {
      tls.alert(ALERT.warning, 200);
      await tls.carries();
    }
  }),
);
row(
  BOTH,
  'afterwards: ten warnings',
  afterwards(async (tls) => {
    for (let n = 0; n < 10; n += 1) tls.alert(ALERT.warning, ALERT.userCanceled);
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: an alert of an unknown level',
  afterwards(async (tls) => {
    tls.alert(9, ALERT.userCanceled);
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: an alert of one byte',
  afterwards(async (tls) => {
    tls.send(RECORD.alert, Buffer.of(2));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: two alerts in one record',
  afterwards(async (tls) => {
    tls.send(RECORD.alert, Buffer.of(1, 90, 1, 90));
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: an empty alert',
  afterwards(async (tls) => {
    tls.send(RECORD.alert, NOTHING);
    await tls.rest();
  }),
);
for (const [type, number] of [...Object.entries(MESSAGE), ['an unknown message', 99] as const])
  if (number !== MESSAGE.keyUpdate)
    row(
      BOTH,
      `afterwards: ${type}`,
      afterwards(async (tls) => {
        tls.send(RECORD.handshake, message(number, Buffer.alloc(number === 0 ? 0 : 36)));
        tls.end();
        await tls.rest();
      }),
    );
row(
  BOTH,
  'afterwards: another hello',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, tls.hello());
    tls.end();
    await tls.rest();
  }),
);
row(
  OLD,
  'afterwards: another hello, then a line',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, tls.hello());
    await tls.carries();
  }),
);
row(
  BOTH,
  'afterwards: an empty record of the handshake',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, NOTHING);
    tls.end();
    await tls.rest();
  }),
);
row(
  BOTH,
  'afterwards: a message of 16 megabytes',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, Buffer.of(MESSAGE.clientHello, 255, 255, 255, 3, 3));
    tls.end();
    await tls.rest();
  }),
);
row(
  OLD,
  'afterwards: KeyUpdate',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, KEY_UPDATE);
    tls.end();
    await tls.rest();
  }),
);

// ---- TLS 1.3: new keys ----

row(
  NEW,
  'KeyUpdate, then a line',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, KEY_UPDATE);
    tls.renewWriting();
    await tls.carries();
  }),
);
row(
  NEW,
  'KeyUpdate that asks for one, then a line',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(1)));
    tls.renewWriting();
    await tls.carries();
  }),
);
row(
  NEW,
  'KeyUpdate in records of one byte, then a line',
  afterwards(async (tls) => {
    for (const byte of KEY_UPDATE) tls.send(RECORD.handshake, Buffer.of(byte));
    tls.renewWriting();
    await tls.carries();
  }),
);
row(
  NEW,
  'KeyUpdate three times, then a line',
  afterwards(async (tls) => {
    for (let n = 0; n < 3; n += 1) {
      tls.send(RECORD.handshake, KEY_UPDATE);
      tls.renewWriting();
    }
    await tls.carries();
  }),
);
row(
  NEW,
  'KeyUpdate right behind the Finished',
  met(async (tls) => {
    await tls.finish();
    tls.send(RECORD.handshake, KEY_UPDATE);
    tls.renewWriting();
    await tls.carries();
  }),
);
row(
  NEW,
  'KeyUpdate, and no new keys',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, KEY_UPDATE);
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
for (const [what, body] of [
  ['of another value', Buffer.of(2)],
  ['of two bytes', Buffer.of(0, 0)],
  ['empty', NOTHING],
] as const)
  row(NEW, `KeyUpdate: ${what}`, afterwards(says(() => message(MESSAGE.keyUpdate, body))));
row(NEW, 'KeyUpdate: two in one record', afterwards(says(() => Buffer.concat([KEY_UPDATE, KEY_UPDATE]))));
row(
  NEW,
  'KeyUpdate: half of it, then a line',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, KEY_UPDATE.subarray(0, 3));
    tls.send(RECORD.data, Buffer.from('raw\n'));
    await tls.rest();
  }),
);
row(
  NEW,
  'KeyUpdate: half of it, then a warning',
  afterwards(async (tls) => {
    tls.send(RECORD.handshake, KEY_UPDATE.subarray(0, 3));
    tls.alert(ALERT.warning, ALERT.userCanceled);
    tls.end();
    await tls.rest();
  }),
);
row(
  NEW,
  'KeyUpdate: in clear',
  afterwards(async (tls) => {
    tls.writeInClear();
    tls.send(RECORD.handshake, KEY_UPDATE);
    await tls.rest();
  }),
);
row(
  NEW,
  'a line in a record with ten thousand zeros behind it',
  afterwards(async (tls) => {
    tls.send(RECORD.data, Buffer.from('raw\n'), { padding: 10_000 });
    await tls.replies();
  }),
);
row(
  NEW,
  'a record of zeros alone',
  afterwards(async (tls) => {
    tls.send(0, NOTHING, { padding: 20 });
    await tls.rest();
  }),
);

export const handshakeRows = rows;
