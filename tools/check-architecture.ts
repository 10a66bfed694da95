/**
 * What can be proved of docs/architecture.md and its neighbours: every folder of src/ is named; every path that a page or a comment
 * names exists; connections are ended where MAY_END says and nowhere else; every file of src/ has its test, a mirror in test/ or one
 * that names it in a line `// Tests: src/...` above its imports. That the table of imports is the one that is enforced, gen-docs.ts
 * proves.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding, Source } from './sources.ts';
import { conclude, lineAt, ROOT, sources } from './sources.ts';

const PAGE = 'docs/architecture.md';
/** Pages that lead a reader to files. */
const GUIDES: readonly string[] = [PAGE, 'docs/adding.md', 'docs/debugging.md', 'docs/glossary.md', 'CONTRIBUTING.md'];

/** A path as the guides write it: a file, or a folder with its slash. */
const PATH =
  /(?<![\w./-])(?:bench|bin|docs|examples|src|test|tools)\/(?:[\w.-]+\/)*(?:[\w-]+\.(?:ts|mjs|md|sh|txt|conf|test\.ts))?(?![\w*])/g;
/** A file as comments name it, by its last parts. */
const NAMED_FILE = /(?<![\w./'-])[\w-]+(?:\/[\w-]+)*\.ts\b/g;
const COMMENT = /^\s*(?:\/\*\*|\*|\/\/)|\s\/\/ /;
/** What ends a socket, a stream or a connection, and the order to a leg to end. */
const ENDS = /\.(?:destroy|destroySoon|resetAndDestroy)\(|\babortConnection\(|\.end\((?:'close'|'reset'|howToEnd\()/g;
/**
 * Path prefix -> what of the sort that ends a socket, a stream or a leg it may hold, and whose that is. A connection's two legs end in
 * src/sockets and src/tls/engine alone, and only their life tells them to.
 */
const MAY_END: Readonly<Record<string, string>> = {
  'src/openssl/library/handle.ts': 'frees an object of OpenSSL',
  'src/connection/life/life.ts': 'tells both legs of its connection to end, and how',
  'src/connection/accept/listener.ts': 'tells a leg to end that becomes no connection: too many clients',
  'src/tls/revocation/http-exchange.ts': 'its own HTTP request',
  'src/acme/ask-json.ts': 'its own HTTP request',
  'src/names/dns/': "the forwarder's own sockets",
  'src/gateway/doctor/': 'its own test connection',
  'src/daemon/workers/message-channel.ts': 'the channel to a process of ours',
  'src/observe/': 'a log file',
  'src/status/page/': 'a picture on the page',
  'src/status/http/listen.ts': 'readers of the status port and the control socket',
  'src/cli/': 'a terminal, and the probe of `overcoat pin`',
  'src/demo/': 'sockets of the demonstration',
};
const TESTS = /^\/\/ Tests: (.+)$/gm;
/** Lines of a file that declares types and does nothing; there is nothing to test in it. */
const TYPES_ONLY = /^(?:import type .*|(?:export )?(?:interface|type) .*|[}\])].*|\/\/.*|\/\*.*| .*|)$/;

const code = sources(['src'], ['.ts']);
const tests = sources(['test'], ['.test.ts']);
const known = sources(['.'], ['.ts']).map(({ path }) => `/${path}`);
const guides = sources(['.'], ['.md']);
const findings = [
  ...folderFindings(),
  ...guides.flatMap(pathFindings),
  ...code.flatMap(commentFindings),
  ...code.flatMap(endFindings),
  ...testFindings(),
];
conclude(code.length, findings.length === 0 && existsSync(join(ROOT, 'src/cli/main.ts')) ? unusedPlaces() : findings);

function folderFindings(): Finding[] {
  const page = guides.find(({ path }) => path === PAGE)?.text ?? '';
  const folders = new Set(code.map(({ path }) => `${dirname(path)}/`));
  return [...folders]
    .filter((folder) => folder !== 'src/' && !page.includes(folder))
    .map((folder) => ({ path: PAGE, line: 0, text: `does not name ${folder}` }));
}

function pathFindings({ path, text }: Source): Finding[] {
  if (!GUIDES.includes(path) && !path.startsWith('docs/decisions/')) return [];
  return [...text.matchAll(PATH)]
    .filter(([found]) => !existsSync(join(ROOT, found)))
    .map((match) => ({ path, line: lineAt(text, match.index), text: `there is no ${match[0]}` }));
}

function commentFindings({ path, text }: Source): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const named = COMMENT.test(line) ? [...line.matchAll(NAMED_FILE)].map(([file]) => file) : [];
    const missing = named.filter((file) => !known.some((other) => other.endsWith(`/${file}`)));
    return missing.map((file) => ({ path, line: index + 1, text: `there is no ${file}` }));
  });
}

function endFindings({ path, text }: Source): Finding[] {
  if (placeOf(path) !== undefined) return [];
  return [...text.matchAll(ENDS)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    text: `${match[0]} ends something here: connections are ended by their legs, whose life tells them to (MAY_END of tools/check-architecture.ts)`,
  }));
}

function unusedPlaces(): Finding[] {
  const used = new Set(code.filter(({ text }) => text.search(ENDS) >= 0).map(({ path }) => placeOf(path)));
  return Object.keys(MAY_END)
    .filter((place) => !used.has(place))
    .map((place) => ({ path: 'tools/check-architecture.ts', line: 0, text: `${place} may end something and does not` }));
}

function placeOf(path: string): string | undefined {
  return Object.keys(MAY_END).find((place) => path.startsWith(place));
}

function testFindings(): Finding[] {
  const mirrors = new Set(tests.map(({ path }) => path.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '.ts')));
  const claims = tests.flatMap(claimsOf);
  const wrong = claims.filter(({ claim }) => !existsSync(join(ROOT, claim)));
  const untested = code.filter(({ path, text }) => {
    const claimed = claims.some(({ claim }) => claim === path || (claim.endsWith('/') && path.startsWith(claim)));
    return !claimed && !mirrors.has(path) && !text.split('\n').every((line) => TYPES_ONLY.test(line));
  });
  return [
    ...wrong.map(({ path, line, claim }) => ({ path, line, text: `tests ${claim}, which does not exist` })),
    ...untested.map(({ path }) => ({
      path,
      line: 0,
      text: `has no test: write ${path.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts')}, or \`// Tests: ${path}\` above the imports of the test that shows it`,
    })),
  ];
}

interface Claim {
  readonly path: string;
  readonly line: number;
  /** A file, or a folder with its slash. */
  readonly claim: string;
}

function claimsOf({ path, text }: Source): Claim[] {
  return [...text.matchAll(TESTS)].flatMap((match) =>
    (match[1] ?? '').split(', ').map((claim) => ({ path, line: lineAt(text, match.index), claim })),
  );
}
