/** `host:port` as protocols write it, with brackets around IPv6 (RFC 3986 section 3.2.2). */

export interface Authority {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @returns undefined without a host, or without a port of 1 to 65535 in decimal digits */
export function parseAuthority(text: string): Authority | undefined {
  const colon = text.lastIndexOf(':');
  if (colon <= 0) return undefined;
  const port = parsePort(text.slice(colon + 1));
  const host = withoutBrackets(text.slice(0, colon));
  return port === undefined || host === '' ? undefined : { host, port };
}

/** `::1:443` becomes `[::1]:443`; everything else stays as it is. */
export function withBrackets(text: string): string {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(0, colon));
  return host.includes(':') && !host.startsWith('[') ? `[${host}]${text.slice(colon)}` : text;
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function parsePort(text: string): number | undefined {
  for (const character of text) if (character < '0' || character > '9') return undefined;
  const port = Number(text);
  return text === '' || text.length > 5 || port < 1 || port > 65_535 ? undefined : port;
}
