/**
 * Asks the process this page is from. Where it wants a token (`statusToken`) that stays in this tab alone (sessionStorage), and goes out
 * in a header: no address and no cookie ever holds it.
 */

const TOKEN = 'overcoat-token';

/** The process answered that it will not. `status` is that of HTTP. */
export class Refused extends Error {
  readonly status: number;
  /** A token went with the question. */
  readonly withToken: boolean;

  constructor(status: number, text: string, withToken: boolean) {
    super(text);
    this.status = status;
    this.withToken = withToken;
  }
}

/** @throws Refused, TypeError where nobody answers */
export function ask<Answer>(path: string): Promise<Answer> {
  return request<Answer>(path, 'GET');
}

/** Something that changes what runs. @throws as `ask` */
export async function order<Answer = unknown>(path: string): Promise<Answer> {
  return request<Answer>(path, 'POST');
}

export function rememberToken(token: string): void {
  try {
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // Without storage it is asked for again when the page is loaded again.
  }
  current = token;
}

let current = storedToken();

function storedToken(): string {
  try {
    return sessionStorage.getItem(TOKEN) ?? '';
  } catch {
    return '';
  }
}

async function request<Answer>(path: string, method: 'GET' | 'POST'): Promise<Answer> {
  const token = current;
  const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
  const answer = await fetch(path, { method, headers, cache: 'no-store', credentials: 'omit' });
  const body = (await answer.json()) as Answer & { readonly error?: string };
  if (!answer.ok) throw new Refused(answer.status, body.error ?? `it answered ${answer.status}`, token !== '');
  return body;
}
