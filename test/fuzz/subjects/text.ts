/** Files an administrator writes, and spellings of names and addresses from anywhere: read to their end, each mistake with its line. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isToken, tokenOf } from '../../../src/acme/challenge-answers.ts';
import { parseAuthority, parseHostPort, splitHostPort } from '../../../src/address/authority.ts';
import { parsePrefix } from '../../../src/address/block.ts';
import { hostName, isHostName, parseHost } from '../../../src/address/host-name.ts';
import { ipBytes, ipKey, ipText, ipVersion, numericIpv4 } from '../../../src/address/ip.ts';
import { OPTION_LIST } from '../../../src/config/option-table.ts';
import { parseConfig } from '../../../src/config/read/parse.ts';
import { formatProblems } from '../../../src/config/read/report-text.ts';
import { resolveConfig } from '../../../src/config/resolve/resolve-config.ts';
import { parseAccessRules } from '../../../src/connection/access/rules.ts';
import { parseHosts } from '../../../src/names/hosts-file.ts';
import { parseNameMap } from '../../../src/names/name-map.ts';
import { formatPin, parsePinFile } from '../../../src/names/pins/pin-file.ts';
import { entryOf } from '../../../src/observe/journal-sink.ts';
import { cutBytes, MAX_FIELD_CHARACTERS, MAX_LINE_BYTES, printable } from '../../../src/text/printable.ts';
import { matchHost } from '../../../src/tls/certificate/certificate-names.ts';
import type { Subject } from '../../support/fuzz.ts';

/** As UTF-16, which keeps halves of pairs as they are. */
const spelt = (...texts: string[]): readonly Buffer[] => texts.map((text) => Buffer.from(text, 'utf16le'));
const SPELLINGS = spelt(
  ...['pay.example.com', 'bücher.example', 'xn--bcher-kva.example', 'a。b．c', 'attacker/?#\\@:', 'a_b-.c*', '\u00ad\ud800'],
  ...['127.0.0.1', '0x7f.1', '2130706433', '::ffff:127.0.0.1', 'fe80::1%lo', '[::1]:443', '10.0.0.0/8', '::/0', 'host:443', ' a\t\n\0'],
);

const FIXTURES = join(import.meta.dirname, '../../config/fixtures');
/** Names with these ends would be looked up by the tools of the system, one process each. */
const SLOW = /set[ug]id/i;
const OPTIONS = OPTION_LIST.filter(({ name }) => !SLOW.test(name));

/** Each of the fixtures, and every option once with a value that may make sense. */
function configurations(): Buffer[] {
  return [
    ...['valid', 'invalid'].flatMap((folder) =>
      readdirSync(join(FIXTURES, folder)).map((name) => readFileSync(join(FIXTURES, folder, name))),
    ),
    Buffer.from(OPTIONS.map(({ name, default: value }) => `${name} = ${value}`).join('\n')),
    Buffer.from(`[s]\n${OPTIONS.map(({ name, value }) => `${name} = ${value}`).join('\n')}`),
  ].filter((seed) => !SLOW.test(seed.toString('latin1')));
}

const lines = (...texts: string[]): readonly Buffer[] => texts.map((text) => Buffer.from(text));

export const TEXT_SUBJECTS: readonly Subject[] = [
  {
    name: 'host-names',
    seeds: () => SPELLINGS,
    run: (bytes) => {
      const text = bytes.toString('utf16le');
      const name = hostName(text);
      const host = parseHost(text);
      assert.equal(host?.kind === 'dns' ? host.name : undefined, name);
      if (name === undefined) return;
      assert.equal(isHostName(name), true);
      assert.equal(hostName(`${name}.`), name);
      assert.equal(new URL(`http://${name}/`).hostname, name, 'a browser goes to no other host');
      assert.equal(
        [...text].some((character) => character <= '\u007f' && !/[\w.-]/.test(character)),
        false,
        JSON.stringify(text),
      );
      assert.equal(matchHost({ dns: [Buffer.from(name)], addresses: [], emails: [], uris: [] }, text), name);
    },
  },
  {
    name: 'addresses',
    seeds: () => SPELLINGS,
    run: (bytes) => {
      const text = bytes.toString('utf16le');
      assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
      const key = ipKey(text);
      numericIpv4(text);
      const prefix = parsePrefix(text);
      if (!('why' in prefix)) assert.equal(isIP(prefix.address), prefix.family);
      if (key === undefined) return;
      assert.equal(ipKey(key), key);
      assert.equal(ipText(ipBytes(key) ?? Buffer.alloc(0)), key);
      assert.equal(hostName(text), undefined);
    },
  },
  {
    name: 'host-port',
    seeds: () => SPELLINGS,
    run: (bytes) => {
      const text = bytes.toString('utf16le');
      const { host, port } = splitHostPort(text);
      assert.equal(port === undefined ? host : `${host}:${port}`, text);
      parseHostPort(text);
      parseAuthority(text);
    },
  },
  {
    name: 'configuration',
    seeds: configurations,
    run: (bytes) => {
      if (SLOW.test(bytes.toString('latin1'))) return;
      const parsed = parseConfig({ file: 'f', text: bytes.toString('utf8') }, () => ({ error: 'none' }));
      const { config, problems } = resolveConfig(parsed, { strict: false, drainMs: 0, control: undefined, source: '/f', file: 'f' });
      assert.ok(config.services.length > 0);
      for (const { line, text, stunnelText } of problems) assert.ok(line >= 0 && text !== '' && stunnelText !== '');
      for (const line of formatProblems(problems)) assert.ok(!line.includes('\n') && line.length <= 1027);
    },
  },
  {
    name: 'hosts-file',
    seeds: () => lines('127.0.0.1 localhost\n::1 ip6-localhost # a\n192.0.2.1\ta.example b.example\n'),
    run: (bytes) => void parseHosts(bytes.toString('utf8')),
  },
  {
    name: 'name-map',
    seeds: () => lines('# map\n192.0.2.1 a.example\n192.0.2.0/24 b.example\n[2001:db8::1]:443 c.example\n'),
    run: (bytes) => {
      for (const { line } of parseNameMap(bytes.toString('utf8')).problems) assert.ok(line >= 1);
    },
  },
  {
    name: 'pin-file',
    seeds: () =>
      lines(
        `# pins\n${formatPin({ destination: 'a.example:443', digest: `${'A'.repeat(43)}=`, first: '2026-01-01', until: '2027-01-01' })}\n`,
      ),
    run: (bytes) => {
      const file = parsePinFile(bytes.toString('utf8'));
      if ('badLine' in file) assert.ok(file.badLine >= 1);
    },
  },
  {
    name: 'access-rules',
    seeds: () => lines('ALL: ALL EXCEPT 10.0.0.0/8 : deny\nstunnel, svc : .example.org [2001:db8::]/32 \\\n : allow\n'),
    run: (bytes) => {
      for (const { line } of parseAccessRules(bytes.toString('utf8'))) assert.ok(line >= 1);
    },
  },
  {
    name: 'challenge-tokens',
    seeds: () => lines('/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA'),
    run: (bytes) => {
      const token = tokenOf(bytes.toString('latin1'));
      if (token !== undefined) assert.ok(isToken(token) && !/[^\w-]/.test(token), 'it becomes the name of a file');
    },
  },
  {
    name: 'printable',
    seeds: () => SPELLINGS,
    run: (bytes) => {
      const text = printable(bytes.toString('utf16le'));
      assert.ok(!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), JSON.stringify(text));
      assert.ok(text.length <= 10 * MAX_FIELD_CHARACTERS);
      assert.ok(Buffer.byteLength(cutBytes(bytes.toString('utf16le'))) <= MAX_LINE_BYTES + 3);
    },
  },
  {
    name: 'journal-entries',
    seeds: () => lines('{"text":"a","nameSource":"map","tls":{"version":"TLSv1.3"}}', '{"constructor":1,"__proto__":{"a":2}}'),
    run: (bytes) => {
      let facts: unknown;
      try {
        facts = JSON.parse(bytes.toString('utf8'));
      } catch {
        return;
      }
      if (typeof facts !== 'object' || facts === null) return;
      for (const [name, value] of entryOf({ level: 5, stamp: '', text: 'x', facts })) {
        assert.equal(typeof value, 'string', name);
      }
    },
  },
];
