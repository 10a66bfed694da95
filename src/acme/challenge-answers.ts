/**
 * Answers HTTP-01 (RFC 8555 section 8.3) on a socket that listens: the key authorization for a token that is asked for at this moment, by
 * us or by another host that shares the folder; everything else is not found.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';

const PLACE = '/.well-known/acme-challenge/';
const MOST_TOKEN = 128;
const TOKEN_BYTES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BOUNDS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAlive: false,
  connectionsCheckingInterval: 5000,
} as const;
const MOST_CONNECTIONS = 64;

/** Of tokens that are asked for; each stands in a file of its name, too. */
export const TOKEN_FOLDER = 'http-01';

/**
 * @param descriptor of a TCP socket that listens; it is this function's from here on
 * @param folders where tokens stand in files
 * @returns ends it
 */
export async function answerChallenges(descriptor: number, folders: () => readonly string[]): Promise<() => void> {
  const server: Server = createServer(BOUNDS, (request, response) => {
    const token = request.method === 'GET' || request.method === 'HEAD' ? tokenOf(request.url ?? '') : undefined;
    response.setHeader('connection', 'close');
    void answerFor(token, folders()).then((answer) => {
      response.statusCode = answer === undefined ? 404 : 200;
      response.setHeader('content-type', answer === undefined ? 'text/plain' : 'application/octet-stream');
      response.end(answer ?? 'not found\n');
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd: descriptor }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', () => undefined); // a connection that was gone before it was accepted
  server.unref();
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** @returns undefined for what is no token: it becomes the name of a file */
export function tokenOf(url: string): string | undefined {
  if (!url.startsWith(PLACE) || url.length > PLACE.length + MOST_TOKEN) return undefined;
  const token = url.slice(PLACE.length);
  return isToken(token) ? token : undefined;
}

/** Letters of base64url alone (RFC 8555 section 8.3). */
export function isToken(text: string): boolean {
  return text !== '' && text.length <= MOST_TOKEN && [...text].every((letter) => TOKEN_BYTES.includes(letter));
}

async function answerFor(token: string | undefined, folders: readonly string[]): Promise<string | undefined> {
  if (token === undefined) return undefined;
  for (const folder of folders) {
    try {
      return await readFile(join(folder, TOKEN_FOLDER, token), 'utf8');
    } catch {
      // not there
    }
  }
  return undefined;
}
