/**
 * Sessions of a server for clients without tickets, so that a client may come back to another process than the one that knows it. The
 * library keeps those of its own context; what it is told of them goes to a shelf that several processes share, and what a client
 * offers is fetched from there while its ClientHello waits. A session on the shelf is what a ticket holds (i2d_SSL_SESSION(3)).
 */
import type { Pointer } from '../native/binding.ts';
import { addressOf, copyOf } from '../native/binding.ts';
import { C } from './library.ts';
import { derOf, Slot } from './memory.ts';
import { expiryOf } from './session.ts';

/** Where they are kept; ids are base64. */
export interface SessionShelf {
  /** @param expires milliseconds of the wall clock */
  put(id: string, session: Uint8Array, expires: number): void;
  get(id: string): Promise<Uint8Array | undefined>;
  drop(id: string): void;
}

const ID_BYTES = 32;
const EXTENSION = { sessionTicket: 35, preSharedKey: 41, supportedVersions: 43 } as const;
const TLS_1_3 = 0x0304;

interface Place {
  readonly shelf: SessionShelf;
  readonly stateful: boolean;
  /** What the library's own cache has, by id, a reference of ours to each: one that has left the shelf opens no connection here either. */
  readonly here: Map<string, Pointer>;
}

/** By context: the library tells of a session that goes without saying on whose connection, and also where there is none. */
const shelves = new Map<Pointer, Place>();

/** @internal @param stateful the context gives no tickets: those of TLS 1.3 are then ids too */
export function openShelf(context: Pointer, shelf: SessionShelf, stateful: boolean): void {
  shelves.set(context, { shelf, stateful, here: new Map() });
}

/** @internal Before the context is freed, which is no reason to forget its sessions elsewhere. */
export function closeShelf(context: Pointer): void {
  const place = shelves.get(context);
  if (place === undefined) return;
  shelves.delete(context);
  C.SSL_CTX_sess_set_remove_cb(context, null);
  for (const session of place.here.values()) C.SSL_SESSION_free(session);
}

/** @internal From within a callback: the library has made a session. */
export function keepSession(context: Pointer, session: Pointer): void {
  const [place, id] = placeOf(context, session) ?? [];
  if (place === undefined || id === undefined) return;
  hold(place, id, session);
  const der = derOf(C.i2d_SSL_SESSION, session);
  const expires = expiryOf(session);
  queueMicrotask(() => place.shelf.put(id, der, expires));
}

/** @internal From within a callback: the library drops a session, since its connection has failed or there is no more room. */
export function dropSession(context: Pointer, session: Pointer): void {
  const [place, id] = placeOf(context, session) ?? [];
  if (place === undefined || id === undefined) return;
  letGo(place, id);
  queueMicrotask(() => place.shelf.drop(id));
}

function hold(place: Place, id: string, session: Pointer): void {
  letGo(place, id);
  C.SSL_SESSION_up_ref(session);
  place.here.set(id, session);
}

function letGo({ here }: Place, id: string): void {
  const session = here.get(id);
  if (session === undefined) return;
  here.delete(id);
  C.SSL_SESSION_free(session);
}

/** Undefined for one that lies in its client's ticket. */
function placeOf(context: Pointer, session: Pointer): readonly [Place, id: string] | undefined {
  const place = shelves.get(context);
  if (place === undefined || (!place.stateful && C.SSL_SESSION_get_protocol_version(session) >= TLS_1_3)) return undefined;
  length.pointer = null;
  const at = C.SSL_SESSION_get_id(session, length.at);
  return length.uint === ID_BYTES ? [place, Buffer.from(copyOf(at, ID_BYTES)).toString('base64')] : undefined;
}

/**
 * @internal From within the client_hello callback: what is on the shelf of this connection's first context, if it must be looked up.
 * @param context whose cache the library looks at; @param tls13 may that version be agreed on?
 * @returns a promise that is kept when the library will find the session; undefined: there is nothing to look for
 */
export function fetchSession(ssl: Pointer, context: Pointer, tls13: boolean): Promise<void> | undefined {
  const place = shelves.get(context);
  if (place === undefined) return undefined;
  const offered = tls13 && offersTls13(ssl) ? (place.stateful ? offeredKey(ssl) : undefined) : offeredSession(ssl);
  if (offered === undefined) return undefined;
  const id = offered.toString('base64');
  return place.shelf.get(id).then((der) => {
    if (!shelves.has(context)) return;
    if (der !== undefined) addSession(context, der);
    else forget(context, place, id);
  });
}

/** Up to TLS 1.2; a client with a ticket makes its id up (RFC 5077 section 3.4). */
function offeredSession(ssl: Pointer): Buffer | undefined {
  if ((extensionOf(ssl, EXTENSION.sessionTicket)?.length ?? 0) > 0) return undefined;
  start.pointer = null;
  const size = Number(C.SSL_client_hello_get0_session_id(ssl, start.at));
  return size === ID_BYTES ? Buffer.from(copyOf(start.pointer, ID_BYTES)) : undefined;
}

/** RFC 8446 section 4.2.11: the first of OfferedPsks, after the length of the list; longer ones are no ids of ours. */
function offeredKey(ssl: Pointer): Buffer | undefined {
  const keys = extensionOf(ssl, EXTENSION.preSharedKey);
  return keys !== undefined && keys.length >= 4 + ID_BYTES && keys.readUInt16BE(2) === ID_BYTES
    ? keys.subarray(4, 4 + ID_BYTES)
    : undefined;
}

/** RFC 8446 section 4.2.1: a byte of length, then two for each version. */
function offersTls13(ssl: Pointer): boolean {
  const versions = extensionOf(ssl, EXTENSION.supportedVersions);
  if (versions === undefined) return false;
  for (let at = 1; at + 2 <= versions.length; at += 2) if (versions.readUInt16BE(at) === TLS_1_3) return true;
  return false;
}

const [start, length, source] = [new Slot(), new Slot(), new Slot()];

function extensionOf(ssl: Pointer, type: number): Buffer | undefined {
  length.pointer = null;
  if (C.SSL_client_hello_get0_ext(ssl, type, start.at, length.at) !== 1) return undefined;
  return Buffer.from(copyOf(start.pointer, length.uint).buffer);
}

/** What cannot be read is no session: the client shakes hands anew. */
function addSession(context: Pointer, der: Uint8Array): void {
  source.pointer = addressOf(der);
  const session = C.d2i_SSL_SESSION(null, source.at, der.length);
  if (session === null) return;
  C.SSL_CTX_add_session(context, session);
  const [place, id] = placeOf(context, session) ?? [];
  if (place !== undefined && id !== undefined) hold(place, id, session);
  C.SSL_SESSION_free(session);
}

/** It ended elsewhere, by a fatal alert or its age: nobody may come back with it (RFC 5246 section 7.2.2). */
function forget(context: Pointer, { here }: Place, id: string): void {
  const session = here.get(id);
  if (session !== undefined) C.SSL_CTX_remove_session(context, session);
}
