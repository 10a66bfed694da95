/**
 * docs/tutorial.md, executed: each fenced block that names a machine is carried out there, in the order of the page. `sh HOST` runs to
 * its end, `sh HOST running` stays (and replaces what ran before by the same program), `... HOST /path` is a file, `text HOST log` is
 * what the Overcoat of that machine must log next. Paths are moved to a temporary folder; nothing else is changed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { within } from '../support/eventually.ts';
import type { Host } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

interface Block {
  readonly line: number;
  readonly language: string;
  readonly host: string;
  /** `running`, `log`, a path, or '' for a script that runs to its end. */
  readonly what: string;
  readonly text: string;
}

const packages = ['ffmpeg', 'nginx', 'libnginx-mod-rtmp', 'iptables', 'netcat-openbsd', 'openssl', 'iproute2'];

test('the tutorial works as written', { skip: requires({ netns: true, packages }) }, async (t) => {
  const blocks = blocksOf(readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8'));
  assert.ok(blocks.length > 20 && blocks.some(({ what }) => what === 'log'), 'the page has its blocks');
  const reader = new Reader(t);
  for (const block of blocks) {
    try {
      await reader.follow(block);
    } catch (error) {
      throw new Error(`docs/tutorial.md:${block.line}: ${(error as Error).message}\n${reader.outputs()}`, { cause: error });
    }
  }
  await reader.finish();
});

/** Does what the page says, on three machines. */
class Reader {
  readonly #hosts: Readonly<Record<string, Host>>;
  readonly #folder: string;
  /** `host program` to what runs there. */
  readonly #running = new Map<string, Program>();
  /** How much of a machine's log has been compared already. */
  readonly #read = new Map<Program, number>();

  constructor(t: TestContext) {
    const net = openThreeHosts();
    t.after(() => net.close());
    const { sender, gateway, receiver } = net;
    sender.ip('route', 'del', 'default'); // the tutorial sets it
    gateway.sysctl({ 'net.ipv4.ip_forward': 0 }); // and this
    const receivers = { 'www.example.org': net.wan.right.v4, 'live.example.org': net.wan.right.v4 };
    for (const host of [sender, gateway]) host.names(receivers);
    this.#hosts = { sender, gateway, receiver };
    this.#folder = tempFolder(t);
    for (const folder of ['etc/overcoat', 'srv', 'run']) mkdirSync(join(this.#folder, folder), { recursive: true });
  }

  async follow({ host: name, what, text, language }: Block): Promise<void> {
    const host = this.#hosts[name];
    assert.ok(host !== undefined, `no machine is called ${name}`);
    if (what === '') await host.shell(this.#moved(text), { env: environment() });
    else if (what === 'running') await this.#start(host, this.#moved(text));
    else if (what === 'log') await this.#compare(host, text);
    else {
      assert.ok(what.startsWith('/') && language !== 'sh', `unknown kind of block: ${what}`);
      writeFiles(this.#folder, { [what.slice(1)]: this.#moved(text) });
    }
  }

  /** What the programs that still run have said. */
  outputs(): string {
    return [...this.#running].map(([name, program]) => `--- ${name}\n${program.output}`).join('\n');
  }

  /** Everything that runs ends well when asked to. */
  async finish(): Promise<void> {
    for (const program of this.#running.values()) await stop(program);
  }

  #moved(text: string): string {
    return text.replaceAll(/(\/etc\/overcoat|\/srv|\/run)(?=\/)/g, `${this.#folder}$1`);
  }

  async #start(host: Host, script: string): Promise<void> {
    const command = /^exec (\S+)/m.exec(script)?.[1];
    assert.ok(command !== undefined, 'a running block ends in `exec PROGRAM`');
    const key = `${host.name} ${command}`;
    const before = this.#running.get(key);
    if (before !== undefined) await stop(before);
    const program = host.start(['sh', '-euc', script], { env: environment() });
    this.#running.set(key, program);
    await program.saw(command === 'overcoat' ? /Configuration successful/ : /start worker process/);
    this.#read.set(program, program.output.length);
  }

  async #compare(host: Host, expected: string): Promise<void> {
    const program = this.#running.get(`${host.name} overcoat`);
    assert.ok(program !== undefined, `no Overcoat runs on ${host.name}`);
    for (const line of expected.trimEnd().split('\n')) {
      const from: number = this.#read.get(program) ?? 0;
      const pattern = generalised(line);
      const found: number | undefined = await program.until((output) => endOfMatch(output.slice(from), pattern));
      assert.ok(found !== undefined, `the log does not go on with "${line}" but with\n${program.output.slice(from)}`);
      this.#read.set(program, from + found);
    }
  }
}

/** The line as it stands, but for what differs each time (ports and sizes: numbers of four digits and more) and what `[…]` leaves out. */
function generalised(line: string): RegExp {
  const parts = line.split('[…]').map((part) => RegExp.escape(part.replaceAll(/\d{4,}/g, '#')).replaceAll(/\\x23|#/g, String.raw`\d+`));
  return new RegExp(`${parts.join('.*')}\n`);
}

function endOfMatch(text: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(text);
  return match === null ? undefined : match.index + match[0].length;
}

/** Ctrl-C. */
async function stop(program: Program): Promise<void> {
  program.kill('SIGINT');
  const { code } = await within('a program ends after Ctrl-C', program.finished);
  assert.equal(code, 0, program.output);
}

/** `overcoat` is on the PATH, as the page says. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(ROOT, 'bin')}:${process.env['PATH']}` };
}

/** Fenced blocks whose first line names more than a language. */
function blocksOf(page: string): Block[] {
  const found = page.matchAll(/^```(\w+) (\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm);
  return [...found].map((match) => {
    const [, language = '', host = '', what = '', text = ''] = match;
    return { line: page.slice(0, match.index).split('\n').length, language, host, what, text };
  });
}
