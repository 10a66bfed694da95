/**
 * `docs/benchmarks.md`: the introduction below and one section for each scenario, in the order of the scenarios. A section is
 * replaced when its scenario is measured again; the others stay as they are.
 */

export interface Section {
  /** Found again by it. */
  readonly name: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\` (all of it) or \`npm run bench -- bulk\` (one scenario, in three to five minutes). Needs the packages gcc,
libc6-dev and libssl-dev, and for the gateway root; measures what is installed of stunnel4, haproxy, nginx with libnginx-mod-stream, and
hitch. \`npm test\` installs all of them. ghostunnel is not among them: Debian 12 has no package of it.

**What is compared.** Every proxy runs with its packaged defaults, one worker, verification of chain and name on in client mode,
TLS 1.3, an ECDSA P-256 certificate, and X25519 (the load generator offers no post-quantum group, which only Overcoat has). The
proxies take turns within each round. "up" is from the client to the backend.

**How to read it.** Figures are medians of the rounds, the bracket is half their range. Ratios are ours divided by the peer's: below 1
Overcoat costs less; of MB/s and connections/s more is better. CPU is that of the proxy's whole process tree. Memory counts the pages of
programs and libraries as if nothing else used them. Compare within a table only, since a machine is not always equally fast.

**Who is the bottleneck.** The load generator (\`bench/load\`, in C) plays the clients and the backend, in two processes with blocking
sockets and a thread for each connection. What it sends in TLS it has encrypted before the measurement begins, and what it receives the
kernel drops unread. That the data arrives unchanged is shown before each measurement: 32 MB each way, which both ends hash. The first
section says what the generator reaches alone; the tables of bulk transfers say what it cost beside each proxy. \`CPU s/GB\` times
\`MB/s\` divided by 1000 is the number of cores a party kept busy: where a proxy of one thread comes near 1 and the generator stays
well below, the proxy was the bottleneck.`;

const BEGIN = (name: string): string => `<!-- begin ${name} -->`;
const END = (name: string): string => `<!-- end ${name} -->`;

/**
 * @param page its text before, or nothing
 * @param order names of all sections there may be; what the page has under another name goes
 * @returns the page with that section in its place and the introduction as it is now
 */
export function withSection(page: string, { name, title, body }: Section, order: readonly string[]): string {
  const fresh = `${BEGIN(name)}\n## ${title}\n\n${body}\n${END(name)}`;
  const sections = order.map((each) => (each === name ? fresh : sectionOf(page, each))).filter((text) => text !== undefined);
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function sectionOf(page: string, name: string): string | undefined {
  const from = page.indexOf(BEGIN(name));
  const to = page.indexOf(END(name), from);
  return from < 0 || to < 0 ? undefined : page.slice(from, to + END(name).length);
}
