/**
 * The two places where it is served: a Unix socket of our own, and a TCP port. Both are bounded in clients, in bytes of a request and
 * in time, whoever is at the other end. The HTTP server and everything behind it is loaded by the first client of the Unix socket,
 * unless files will be out of reach by then.
 */
import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import type { Server as HttpServer, RequestListener, ServerOptions } from 'node:http';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { giveSocketFile, peerProcess } from '../../linux/sockets/unix-socket.ts';
import type { AppOptions } from './app.ts';

/** One listening place. */
export interface Served {
  close(): void;
}

/** The certificate that TLS is served with; `clientCa`: whoever has none of these authorities is refused. All PEM. */
export interface Secured {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | undefined;
}

/** Modes that the file of a Unix socket is made without. */
const OWNER_ALONE = 0o177;
const OWNER_AND_GROUP = 0o117;
const MAX_CLIENTS = 64;
const LEAVE_WITHIN_MS = 1000;
const LOOK_AGAIN_MS = 10;
const BACKLOG = 16;

const BOUNDS: ServerOptions = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  insecureHTTPParser: false,
};
/** What a request is for that names no host, as HTTP/1.0 may. */
const UNNAMED = 'localhost';
/** Longer than an event stream is silent. */
const SOCKET_IDLE_MS = 60_000;
const MAX_REQUESTS_A_SOCKET = 1000;
/** Answers that a client waits for at once: the one, and the next that was sent behind it. More are kept in memory for nobody. */
const MAX_UNANSWERED = 2;

/** @param tls undefined: in clear */
async function createHttpServer(options: AppOptions, tls?: Secured): Promise<HttpServer> {
  const [{ createApp }, { getRequestListener }] = await Promise.all([import('./app.ts'), import('@hono/node-server')]);
  const listener = oneByOne(getRequestListener(createApp(options).fetch, { overrideGlobalObjects: false, hostname: UNNAMED }));
  const server = tls === undefined ? (await import('node:http')).createServer(BOUNDS, listener) : await createSecure(tls, listener);
  server.maxConnections = MAX_CLIENTS;
  server.maxRequestsPerSocket = MAX_REQUESTS_A_SOCKET;
  server.timeout = SOCKET_IDLE_MS;
  return server;
}

/** Node answers all requests that were sent in one go at the same time, each with memory of its own: whoever sends so many is cut off. */
function oneByOne(listener: RequestListener): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    listener(request, response);
  };
}

async function createSecure({ cert, key, clientCa }: Secured, listener: RequestListener): Promise<HttpServer> {
  const { createServer: createHttps } = await import('node:https');
  const asked = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createHttps({ ...BOUNDS, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: 5000, ...asked }, listener) as unknown as HttpServer;
}

/** Serves on a TCP socket that listens already. @param fd this server's from here on */
export async function serveDescriptor(fd: number, options: AppOptions, tls?: Secured): Promise<Served> {
  const server = await createHttpServer(options, tls);
  await listening(server, { fd });
  return { close: () => closeAll(server) };
}

/** Who may use a Unix socket: its owner alone, and its group where one is given. */
export interface SocketOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export interface UnixOptions {
  readonly options: AppOptions;
  /** Load everything now. */
  readonly early: boolean;
  /** Whoever serves at this path does so until `appear`, which takes its place. */
  readonly replace: boolean;
  /** Whether a process may ask (undefined: it cannot be told which); who may not is cut off before it is read from. By default everybody may who can connect. */
  readonly admits?: ((pid: number | undefined) => boolean) | undefined;
}

export interface UnixServed extends Served {
  /** Takes the place of the socket at the path, where it is to be replaced. @throws NodeJS.ErrnoException */
  appear(): void;
  /** A process that was to take this place has ended without: what it may have left beside it goes. */
  clearBeside(pid: number): Promise<void>;
  /** Another process has the place now: nobody new is answered. Resolves when those who have asked are, or have had their time. */
  leave(): Promise<void>;
}

/**
 * Serves on a Unix socket that only its owner (and `gid`) can reach. Nothing is done to whatever else may stand at the path by then, also
 * where others may write in its folder.
 * @throws NodeJS.ErrnoException
 */
export async function serveUnix(
  path: string,
  { uid, gid }: SocketOwner,
  { options, early, replace, admits }: UnixOptions,
): Promise<UnixServed> {
  let http: Promise<HttpServer> | undefined;
  const load = (): Promise<HttpServer> => {
    http ??= loadHttp(options).catch((cause: unknown) => {
      http = undefined; // the next client tries again
      throw cause;
    });
    return http;
  };
  if (early) await load();
  const clients = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    if (admits !== undefined && !admits(peerOf(socket))) {
      socket.destroy();
      return;
    }
    clients.add(socket);
    socket.once('close', () => clients.delete(socket)).on('error', () => undefined);
    load().then(
      (loaded) => {
        loaded.emit('connection', socket);
        socket.resume();
      },
      () => socket.destroy(),
    );
  });
  server.maxConnections = MAX_CLIENTS;
  const mask = process.umask(gid === undefined ? OWNER_ALONE : OWNER_AND_GROUP);
  const place = replace ? placeBeside(path, process.pid) : path;
  const bound = listening(server, { path: place, backlog: BACKLOG }); // the file is made before this returns
  process.umask(mask);
  try {
    if (server.listening && (uid !== undefined || gid !== undefined)) giveSocketFile(place, uid, gid);
    await bound;
  } catch (cause) {
    server.close();
    throw cause;
  }
  const { ino } = lstatSync(place);
  return {
    appear: () => {
      if (place !== path) renameSync(place, path);
    },
    clearBeside: (pid) => removeDead(placeBeside(path, pid)),
    leave: async () => {
      stopListening(server, { path, place, ino });
      for (const ending = performance.now() + LEAVE_WITHIN_MS; clients.size > 0 && performance.now() < ending; ) await sleep(LOOK_AGAIN_MS);
    },
    close: () => {
      stopListening(server, { path, place, ino });
      for (const socket of clients) socket.destroy();
      http?.then(closeAll, () => undefined);
    },
  };
}

/** The process at the other end, as far as it can be told; Node has no other way to the descriptor. */
function peerOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } };
  return handle?.fd === undefined ? undefined : peerProcess(handle.fd);
}

/** Where a process waits to take the place at `path`: it is no longer than that, as a socket's path has 107 bytes. */
function placeBeside(path: string, pid: number): string {
  return join(dirname(path), `.${pid}`);
}

/** The file goes, before anybody else can have put another there; one that another process has put there stays. */
function stopListening(
  server: Server,
  { path, place, ino }: { readonly path: string; readonly place: string; readonly ino: number },
): void {
  const isOurs = lstatSync(path, { throwIfNoEntry: false })?.ino === ino;
  if (!isOurs && place === path) {
    server.unref(); // closing it would remove what is there under its name; it ends with this process
    return;
  }
  if (isOurs && place !== path) unlinkSync(path);
  server.close(); // removes what is called `place`
}

/** That of `serveUnix`. It listens to nothing itself, and Node looks at the times of requests only from `listening` on. */
async function loadHttp(options: AppOptions): Promise<HttpServer> {
  const server = await createHttpServer(options);
  server.emit('listening');
  return server;
}

/** Takes away the socket of a process that was killed, which stays as a file. Anything else stays, and binding says that it is there. */
export async function removeDead(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket() || (await isAnswered(path))) return;
    unlinkSync(path);
  } catch {
    // There is none, or it is somebody else's.
  }
}

/** Whether a Unix socket may be somebody's: only a refusal says that it is not. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
  });
}

function listening(server: Server, where: Parameters<Server['listen']>[0] & object): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      server.on('error', () => undefined); // a client that is refused is no reason to end
      resolve();
    });
  });
}

function closeAll(server: HttpServer): void {
  server.close();
  server.closeAllConnections();
}
