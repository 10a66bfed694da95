/** Raw conversations of a server's with a client: what it says is malformed, in pieces, interleaved or out of order. */
import type { RawIdentity } from './client.ts';
import { ALERT, MESSAGE, RECORD } from './client.ts';
import { EXTENSION, extensionsOf, keyShare, message, number16, P256, record, u8, u16, u24, X25519 } from './hello.ts';
import type { Version } from './keys.ts';
import type { Identities } from './row.ts';
import { BOTH, NEW, OLD } from './row.ts';
import type { RawServer, ServerHello } from './server.ts';

export type HoldServer = (server: RawServer, who: Identities) => Promise<void>;

export interface ServerRow {
  readonly name: string;
  readonly version: Version;
  readonly hold: HoldServer;
}

const NOTHING = Buffer.alloc(0);
const P384 = 24;
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const DOWNGRADE = Buffer.from('444f574e47524401', 'hex');

export const serverRows: ServerRow[] = [];

function row(versions: readonly Version[], name: string, hold: HoldServer): void {
  for (const version of versions) serverRows.push({ name, version, hold });
}

/** Bytes in place of the hello. */
function first(versions: readonly Version[], name: string, bytes: Uint8Array, then: 'ended' | 'open' = 'open'): void {
  row(versions, name, async (server) => {
    server.raw(bytes);
    if (then === 'ended') server.end();
    await server.rest();
  });
}

/** A changed hello, and the end: who takes it would wait for more. */
function hello(versions: readonly Version[], name: string, change: (good: ServerHello, server: RawServer) => ServerHello): void {
  row(versions, `hello: ${name}`, async (server) => {
    server.say(server.serverHello((good) => change(good, server)));
    server.end();
    await server.rest();
  });
}

/** Messages behind our hello, where the next would be EncryptedExtensions or Certificate. */
function behindHello(versions: readonly Version[], name: string, say: HoldServer): void {
  row(versions, name, async (server, who) => {
    server.sayHello();
    await say(server, who);
    await server.rest();
  });
}

/** After a good handshake and the client's line. */
function afterwards(versions: readonly Version[], name: string, say: HoldServer): void {
  row(versions, `afterwards: ${name}`, async (server, who) => {
    await server.shake();
    await server.carries();
    await say(server, who);
    await server.rest();
  });
}

/** In place of our Finished; in TLS 1.2 behind the client's flight. */
function lastly(versions: readonly Version[], name: string, say: HoldServer): void {
  row(versions, name, async (server, who) => {
    server.sayFlight();
    if (!server.isNew) await server.hear();
    await say(server, who);
    await server.rest();
  });
}

const without = (good: ServerHello, type: number): ServerHello => ({
  ...good,
  extensions: good.extensions?.filter(([one]) => one !== type),
});
const withBody = (good: ServerHello, type: number, body: Buffer): ServerHello => ({
  ...without(good, type),
  extensions: [...(without(good, type).extensions ?? []), [type, body]],
});

row(BOTH, 'a good handshake', async (server) => {
  await server.shake();
  await server.carries();
});
for (const length of [1, 3, 50]) {
  row(BOTH, `everything in records of ${length}`, async (server) => {
    await server.shake(length);
    await server.carries();
  });
}

first(BOTH, 'nothing, and the end', NOTHING, 'ended');
first(BOTH, 'an answer of HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
first(BOTH, 'a greeting of SMTP', Buffer.from('220 mail.example.org ESMTP\r\n'));
first(BOTH, 'zeros', Buffer.alloc(64));
first(BOTH, 'half of a record, and the end', record(RECORD.handshake, Buffer.alloc(100)).subarray(0, 50), 'ended');
first(BOTH, 'application data first', record(RECORD.data, Buffer.from('hello')));
first(BOTH, 'a change of cipher first', record(RECORD.changeCipher, Buffer.of(1)));
first(BOTH, 'a record of an unknown type', record(99, Buffer.alloc(10)));
first(BOTH, 'a record that is longer than may be', Buffer.concat([Buffer.of(22, 3, 3), number16(0x5000), Buffer.alloc(0x5000)]));
for (const version of [0, 0x0200, 0x0400]) first(BOTH, `a record of version ${version}`, record(22, Buffer.alloc(40, 2), version));
first(BOTH, 'close_notify first, and the end', record(RECORD.alert, Buffer.of(1, 0)), 'ended');
first(BOTH, 'handshake_failure first', record(RECORD.alert, Buffer.of(2, 40)));
first(BOTH, 'an alert of one byte', record(RECORD.alert, Buffer.of(2)));
first(BOTH, 'an alert of an unknown level', record(RECORD.alert, Buffer.of(7, 40)));
first(BOTH, 'six warnings', Buffer.concat(Array.from({ length: 6 }, () => record(RECORD.alert, Buffer.of(1, 90)))));
for (const [name, type] of Object.entries(MESSAGE))
  if (type !== MESSAGE.serverHello && type !== MESSAGE.helloRequest)
    first(BOTH, `first of all: ${name}`, record(RECORD.handshake, message(type, Buffer.alloc(8))));
first(BOTH, 'first of all: an unknown message', record(RECORD.handshake, message(77, Buffer.alloc(8))));
first(BOTH, 'an empty hello', record(RECORD.handshake, message(MESSAGE.serverHello, NOTHING)));
first(BOTH, 'a hello of 16 megabytes', record(RECORD.handshake, Buffer.of(2, 255, 255, 255, 3, 3)));

hello(BOTH, 'of TLS 1.1', (good) => ({ ...without(good, EXTENSION.versions), version: 0x0302 }));
hello(BOTH, 'of SSL 3.0', (good) => ({ ...without(good, EXTENSION.versions), version: 0x0300 }));
hello(BOTH, 'of version 0305', (good) => ({ ...without(good, EXTENSION.versions), version: 0x0305 }));
hello(BOTH, 'a suite that nobody offered', (good) => ({ ...good, suite: 0x1a1a }));
hello(BOTH, 'a suite of the other version', (good, { isNew }) => ({ ...good, suite: isNew ? 0xc02b : 0x1301 }));
hello(BOTH, 'a suite without encryption', (good) => ({ ...good, suite: 0x0001 }));
hello(BOTH, 'compression', (good) => ({ ...good, compression: 1 }));
hello(BOTH, 'a session id of 33 bytes', (good) => ({ ...good, sessionId: Buffer.alloc(33) }));
hello(NEW, 'another session id', (good) => ({ ...good, sessionId: Buffer.alloc(32, 1) }));
hello(BOTH, 'an extension nobody offered', (good) => withBody(good, 0x1234, NOTHING));
hello(BOTH, 'an answer to ALPN nobody offered', (good) => withBody(good, EXTENSION.alpn, u16(u8(Buffer.from('h2')))));
hello(BOTH, 'an extension twice', (good) => ({ ...good, extensions: [...(good.extensions ?? []), ...(good.extensions ?? [])] }));
hello(BOTH, 'a name with text', (good) => withBody(good, EXTENSION.serverName, Buffer.from('text')));
hello(NEW, 'no key share', (good) => without(good, EXTENSION.keyShare));
for (const [name, group] of [
  ['that was not offered', P384],
  ['it has sent no share of', P256],
] as const)
  hello(NEW, `a share of a group ${name}`, (good) => withBody(good, EXTENSION.keyShare, keyShare(group, Buffer.alloc(65, 4))));
hello(NEW, 'a share of zeros', (good) => withBody(good, EXTENSION.keyShare, keyShare(X25519, Buffer.alloc(32))));
hello(NEW, 'a share of 31 bytes', (good) => withBody(good, EXTENSION.keyShare, keyShare(X25519, Buffer.alloc(31, 9))));
hello(NEW, 'an empty share', (good) => withBody(good, EXTENSION.keyShare, NOTHING));
hello(NEW, 'TLS 1.2 among the versions', (good) => withBody(good, EXTENSION.versions, number16(0x0303)));
hello(NEW, 'an unknown version among them', (good) => withBody(good, EXTENSION.versions, number16(0x0399)));
hello(NEW, 'a pre-shared key nobody offered', (good) => withBody(good, EXTENSION.preSharedKey, number16(0)));
hello(NEW, 'another hello is wanted, for the group it had', (good) => ({
  ...withBody(good, EXTENSION.keyShare, number16(X25519)),
  random: RETRY,
}));
hello(NEW, 'another hello is wanted, for an unknown group', (good) => ({
  ...withBody(good, EXTENSION.keyShare, number16(999)),
  random: RETRY,
}));
hello(NEW, 'another hello is wanted, for nothing', (good) => ({ ...without(good, EXTENSION.keyShare), random: RETRY }));
hello(OLD, 'a random that says it was pushed down', (good) => ({
  ...good,
  random: Buffer.concat([good.random.subarray(0, 24), DOWNGRADE]),
}));
hello(OLD, 'data of an earlier handshake', (good) => withBody(good, EXTENSION.renegotiation, u8(Buffer.alloc(12))));
hello(OLD, 'an extended master secret with text', (good) => withBody(good, EXTENSION.extendedMaster, Buffer.of(1)));
for (const [name, cut] of [
  ['one byte short', (whole: Buffer) => message(MESSAGE.serverHello, whole.subarray(4, -1))],
  ['with something behind it', (whole: Buffer) => message(MESSAGE.serverHello, Buffer.concat([whole.subarray(4), Buffer.of(0)]))],
  ['of a version and nothing else', () => message(MESSAGE.serverHello, number16(0x0303))],
] as const)
  row(BOTH, `hello: ${name}`, async (server) => {
    server.say(cut(server.serverHello()));
    await server.rest();
  });
row(BOTH, 'two hellos', async (server) => {
  server.raw(record(RECORD.handshake, Buffer.concat([server.serverHello(), server.serverHello()])));
  await server.rest();
});
row(BOTH, 'half of a hello, then an alert', async (server) => {
  server.raw(record(RECORD.handshake, server.serverHello().subarray(0, 20)));
  server.alert(ALERT.warning, ALERT.userCanceled);
  server.end();
  await server.rest();
});
row(BOTH, 'half of a hello, then application data', async (server) => {
  server.raw(record(RECORD.handshake, server.serverHello().subarray(0, 20)));
  server.send(RECORD.data, Buffer.from('x'));
  await server.rest();
});
row(NEW, 'the rest in the record of the hello', async (server) => {
  server.raw(record(RECORD.handshake, Buffer.concat([server.serverHello(), server.encryptedExtensions()])));
  await server.rest();
});

behindHello(BOTH, 'behind the hello: Finished', async (server) => server.say(message(MESSAGE.finished, Buffer.alloc(32))));
behindHello(BOTH, 'behind the hello: another hello', async (server) => server.say(server.serverHello()));
behindHello(BOTH, 'behind the hello: a proof', async (server) => server.say(server.proof()));
behindHello(BOTH, 'behind the hello: a client hello', async (server) => server.say(message(MESSAGE.clientHello, Buffer.alloc(40))));
behindHello(BOTH, 'behind the hello: a ticket', async (server) => server.say(message(MESSAGE.newTicket, Buffer.alloc(40))));
behindHello(BOTH, 'behind the hello: application data', async (server) => server.send(RECORD.data, Buffer.from('x')));
behindHello(BOTH, 'behind the hello: a fatal alert', async (server) => server.alert(ALERT.fatal, 40));
behindHello(BOTH, 'behind the hello: close_notify, and the end', async (server) => {
  server.alert(ALERT.warning, ALERT.closeNotify);
  server.end();
});
behindHello(BOTH, 'behind the hello: the end of TCP', async (server) => server.end());
behindHello(NEW, 'behind the hello: in clear', async (server) => {
  server.writeInClear();
  server.say(server.encryptedExtensions());
});
behindHello(NEW, 'no EncryptedExtensions', async (server) => server.say(server.certificate(server.identity.der)));
behindHello(NEW, 'EncryptedExtensions twice', async (server) => {
  for (let n = 0; n < 2; n += 1) server.say(server.encryptedExtensions());
});
behindHello(NEW, 'EncryptedExtensions nobody offered, and the end', async (server) => {
  server.say(server.encryptedExtensions([0x1234, NOTHING]));
  server.end();
});
behindHello(NEW, 'EncryptedExtensions with a key share', async (server) =>
  server.say(server.encryptedExtensions([EXTENSION.keyShare, keyShare(X25519, server.share)])),
);
behindHello(NEW, 'EncryptedExtensions longer than they say', async (server) =>
  server.say(message(MESSAGE.encryptedExtensions, Buffer.concat([u16(extensionsOf([])), Buffer.of(1)]))),
);

/** Where the certificate would be. */
function certificateIs(name: string, say: HoldServer): void {
  behindHello(BOTH, `certificate: ${name}`, async (server, who) => {
    if (server.isNew) server.say(server.encryptedExtensions());
    await say(server, who);
  });
}
const signedBy =
  (choose: (who: Identities) => RawIdentity): HoldServer =>
  async (server, who) => {
    server.say(server.certificate(choose(who).der));
    server.say(server.isNew ? server.proof() : server.exchange());
    if (!server.isNew) server.say(message(MESSAGE.serverHelloDone, NOTHING));
  };
certificateIs('none', async (server) => server.say(server.certificate()));
certificateIs('an empty one', async (server) => server.say(server.certificate(NOTHING)));
certificateIs('noise', async (server) => server.say(server.certificate(Buffer.alloc(40, 7))));
certificateIs('one that is cut', async (server) => server.say(server.certificate(server.identity.der.subarray(0, -5))));
certificateIs('an empty message', async (server) => server.say(message(MESSAGE.certificate, NOTHING)));
certificateIs('a list longer than the message', async (server) =>
  server.say(message(MESSAGE.certificate, u24(Buffer.alloc(9)).subarray(0, -2))),
);
certificateIs('twice', async (server) => {
  for (let n = 0; n < 2; n += 1) server.say(server.certificate(server.identity.der));
});
certificateIs('missing', async (server) => server.say(server.isNew ? server.proof() : server.exchange()));
certificateIs(
  "a stranger's",
  signedBy((who) => who.stranger),
);
certificateIs(
  'an expired one',
  signedBy((who) => who.expired),
);
certificateIs(
  "another's, without its key",
  signedBy((who) => who.good),
);

/** Where the proof of the key would be. */
function proofIs(versions: readonly Version[], name: string, make: (server: RawServer) => Buffer): void {
  row(versions, `proof: ${name}`, async (server) => {
    server.sayHello();
    if (server.isNew) server.say(server.encryptedExtensions());
    server.say(server.certificate(server.identity.der));
    server.say(make(server));
    if (!server.isNew) server.say(message(MESSAGE.serverHelloDone, NOTHING));
    await server.rest();
  });
}
const oneBitWrong = (good: Buffer): Buffer => Buffer.concat([good.subarray(0, -1), Buffer.of((good.at(-1) ?? 0) ^ 1)]);
proofIs(NEW, 'one bit wrong', (server) => server.proof(oneBitWrong));
proofIs(NEW, 'empty', (server) => server.proof(() => NOTHING));
proofIs(NEW, 'of RSA', (server) => server.proof((good) => good, 0x0804));
proofIs(NEW, 'of an unknown kind', (server) => server.proof((good) => good, 0x1a1a));
proofIs(NEW, 'of SHA-1', (server) => server.proof((good) => good, 0x0203));
proofIs(NEW, 'an empty message', () => message(MESSAGE.certificateVerify, NOTHING));
proofIs(NEW, 'a Finished in its place', (server) => server.finished());
proofIs(OLD, 'one bit wrong', (server) => server.exchange({ change: oneBitWrong }));
proofIs(OLD, 'of RSA', (server) => server.exchange({ scheme: 0x0804 }));
proofIs(OLD, 'of an unknown kind', (server) => server.exchange({ scheme: 0x1a1a }));
proofIs(OLD, 'a group that was not offered', (server) => server.exchange({ group: P384, share: Buffer.alloc(97, 4) }));
proofIs(OLD, 'a point that is on no curve', (server) => server.exchange({ group: P256, share: Buffer.alloc(65, 4) }));
proofIs(OLD, 'a curve spelt out', (server) => server.exchange({ kind: 1 }));
proofIs(OLD, 'a share of zeros', (server) => server.exchange({ share: Buffer.alloc(32) }));
proofIs(OLD, 'a share of 31 bytes', (server) => server.exchange({ share: Buffer.alloc(31, 9) }));
proofIs(OLD, 'an empty message', () => message(MESSAGE.serverKeyExchange, NOTHING));
row(OLD, 'no key exchange', async (server) => {
  server.sayHello();
  server.say(server.certificate(server.identity.der));
  server.say(message(MESSAGE.serverHelloDone, NOTHING));
  await server.rest();
});
row(OLD, 'a ServerHelloDone with text', async (server) => {
  server.sayHello();
  server.say(server.certificate(server.identity.der));
  server.say(server.exchange());
  server.say(message(MESSAGE.serverHelloDone, Buffer.of(1)));
  await server.rest();
});

lastly(BOTH, 'Finished: another hash', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.say(oneBitWrong(server.finished()));
});
lastly(BOTH, 'Finished: too short', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.say(message(MESSAGE.finished, server.finished().subarray(4, -1)));
});
lastly(BOTH, 'Finished: empty', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.say(message(MESSAGE.finished, NOTHING));
});
lastly(BOTH, 'Finished: in a record whose tag is wrong', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.raw(oneBitWrong(server.sealed(RECORD.handshake, server.finished())));
});
lastly(BOTH, 'Finished: half of it, then application data', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.send(RECORD.handshake, server.finished().subarray(0, 8));
  server.send(RECORD.data, Buffer.from('x'));
});
lastly(BOTH, 'Finished: another message behind it in the same record', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.send(RECORD.handshake, Buffer.concat([server.finished(), message(MESSAGE.certificate, NOTHING)]));
});
lastly(BOTH, 'application data in its place', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.send(RECORD.data, Buffer.from('x'));
});
lastly(BOTH, 'a certificate in its place', async (server) => {
  if (!server.isNew) server.changeCipher();
  server.say(server.certificate(server.identity.der));
});
lastly(BOTH, 'a fatal alert in its place', async (server) => server.alert(ALERT.fatal, 51));
lastly(BOTH, 'close_notify in its place, and the end', async (server) => {
  server.alert(ALERT.warning, ALERT.closeNotify);
  server.end();
});
lastly(BOTH, 'the end of TCP in its place', async (server) => server.end());
lastly(OLD, 'a Finished without ChangeCipherSpec', async (server) => server.say(server.finished()));
lastly(OLD, 'ChangeCipherSpec of another value', async (server) => server.raw(record(RECORD.changeCipher, Buffer.of(2))));
lastly(OLD, 'ChangeCipherSpec twice', async (server) => {
  for (let n = 0; n < 2; n += 1) server.raw(record(RECORD.changeCipher, Buffer.of(1)));
});

afterwards(BOTH, 'close_notify', async (server) => server.alert(ALERT.warning, ALERT.closeNotify));
afterwards(BOTH, 'a fatal alert', async (server) => server.alert(ALERT.fatal, 80));
afterwards(BOTH, 'six warnings', async (server) => {
  for (let n = 0; n < 6; n += 1) server.alert(ALERT.warning, ALERT.userCanceled);
});
afterwards(BOTH, 'a warning, then close_notify', async (server) => {
  server.alert(ALERT.warning, ALERT.userCanceled);
  server.alert(ALERT.warning, ALERT.closeNotify);
});
afterwards(BOTH, 'an alert of one byte', async (server) => server.send(RECORD.alert, Buffer.of(2)));
afterwards(BOTH, 'a record whose tag is wrong', async (server) => server.raw(oneBitWrong(server.sealed(RECORD.data, Buffer.from('x')))));
afterwards(BOTH, 'a record in clear', async (server) => {
  server.writeInClear();
  server.send(RECORD.data, Buffer.from('x'));
});
afterwards(BOTH, 'a record that is too long', async (server) =>
  server.raw(Buffer.concat([Buffer.of(23, 3, 3), number16(0x5000), Buffer.alloc(0x5000)])),
);
afterwards(BOTH, 'a ChangeCipherSpec', async (server) => server.send(RECORD.changeCipher, Buffer.of(1)));
afterwards(BOTH, 'empty data, then close_notify', async (server) => {
  server.send(RECORD.data, NOTHING);
  server.alert(ALERT.warning, ALERT.closeNotify);
});
for (const name of ['serverHello', 'certificate', 'clientKeyExchange', 'finished', 'encryptedExtensions', 'certificateRequest'] as const)
  afterwards(BOTH, name, async (server) => server.send(RECORD.handshake, message(MESSAGE[name], Buffer.alloc(12))));
afterwards(BOTH, 'a client hello', async (server) => server.send(RECORD.handshake, message(MESSAGE.clientHello, Buffer.alloc(60))));
afterwards(BOTH, 'an unknown message', async (server) => server.send(RECORD.handshake, message(77, Buffer.alloc(12))));
afterwards(NEW, 'an empty ticket', async (server) => server.send(RECORD.handshake, message(MESSAGE.newTicket, NOTHING)));
afterwards(NEW, 'a ticket that is cut', async (server) => server.send(RECORD.handshake, message(MESSAGE.newTicket, Buffer.alloc(9, 1))));
for (const [name, body] of [
  ['of another value', Buffer.of(7)],
  ['an empty one', NOTHING],
  ['of two bytes', Buffer.of(0, 0)],
] as const)
  afterwards(NEW, `a key update ${name}`, async (server) => server.send(RECORD.handshake, message(MESSAGE.keyUpdate, body)));
for (const [name, wanted] of [
  ['a key update', 0],
  ['a key update that wants one back', 1],
] as const)
  afterwards(NEW, `${name}, then close_notify`, async (server) => {
    server.send(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(wanted)));
    server.renewWriting();
    server.alert(ALERT.warning, ALERT.closeNotify);
  });
afterwards(NEW, 'a key update, and data under the old keys', async (server) => {
  server.send(RECORD.handshake, message(MESSAGE.keyUpdate, Buffer.of(0)));
  server.send(RECORD.data, Buffer.from('x'));
});
