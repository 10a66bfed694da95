/**
 * Configuration text, written from options. A test whose subject is the text itself (a parser, a message with a line number) spells it out.
 *
 *     clientSection('wrap', { connect: server.port, ...verified() })
 *
 *     [wrap]
 *     client = yes
 *     accept = 127.0.0.1:0
 *     connect = 127.0.0.1:34567
 *     verifyChain = yes
 *     ...
 */
import { authority, certificate } from '../data/certificates.ts';

/** `true` and `false` are written `yes` and `no`. */
export type Value = string | number | boolean;

/** Options in the order in which they are written. A list is the option once for each value; undefined leaves it out. */
export type Options = Readonly<Record<string, Value | readonly Value[] | undefined>>;

/** Options whose number is a port of 127.0.0.1. The bare `accept = 443` of all addresses is the string `'443'`. */
const ENDPOINTS: ReadonlySet<string> = new Set(['accept', 'connect', 'redirect']);

interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** One line for each option: what stands before the first section, or an inetd service. */
export function optionLines(options: Options): string {
  let text = '';
  for (const [name, values] of Object.entries(options))
    for (const value of [values].flat()) if (value !== undefined) text += `${name} = ${written(name, value)}\n`;
  return text;
}

/** `[name]` with its options. @param lines further lines, word for word */
export function section(name: string, options: Options, lines = ''): string {
  return `[${name}]\n${optionLines(options)}${lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`}`;
}

/** A client service, on a free port of 127.0.0.1 unless the options name another `accept`. */
export function clientSection(name: string, options: Options, lines = ''): string {
  return section(name, { client: true, accept: 0, ...options }, lines);
}

/** A server service, on a free port of 127.0.0.1 unless the options name another `accept`, and with the certificate `server` unless the options name a `cert` (undefined: none). */
export function serverSection(name: string, options: Options, lines = ''): string {
  return section(name, { accept: 0, ...options, ...('cert' in options ? {} : identity()) }, lines);
}

/** The options of a certificate and its key. */
export function identity({ certFile, keyFile }: Pair = certificate('server')): { readonly cert: string; readonly key: string } {
  return { cert: certFile, key: keyFile };
}

/** Verification against the authority of the tests. @param name whom the certificate must name */
export function verified(name = 'localhost'): Options {
  return { verifyChain: true, CAfile: authority().certFile, checkHost: name };
}

function written(name: string, value: Value): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' && ENDPOINTS.has(name) ? `127.0.0.1:${value}` : String(value);
}
