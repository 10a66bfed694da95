/** Conversations before TLS and the parsers they use: no exception but our own, no endless loop, no early TLS. */
import assert from 'node:assert/strict';
import { measureMessage, parseResponse } from '../../../src/protocols/ldap.ts';
import { parseChallenge } from '../../../src/protocols/ntlm.ts';
import { measureProxyHeader, parseProxyHeader } from '../../../src/protocols/proxy-header.ts';
import { measureVersion4, measureVersion5 } from '../../../src/protocols/socks.ts';
import { admitTarget, judgeHost } from '../../../src/protocols/target-rules.ts';
import { measureElement, measureStreamHeader } from '../../../src/protocols/xml-tags.ts';
import type { Dialogue } from '../../protocols/dialogues.ts';
import { DIALOGUES } from '../../protocols/dialogues.ts';
import type { Subject } from '../../support/fuzz.ts';
import { randomOf } from '../../support/fuzz.ts';
import type { Line } from '../../support/overcoat/transcript.ts';
import { feed, input } from '../../support/overcoat/transcript.ts';

export interface SaidByBoth {
  readonly client: Buffer[];
  readonly upstream: Buffer[];
}

/** What the legs say in a script, before and after each switch to TLS. */
export function saidIn(script: readonly Line[]): SaidByBoth {
  const said = { client: [Buffer.alloc(0)], upstream: [Buffer.alloc(0)] };
  for (const line of script) {
    if ('tls' in line) said[line.tls].push(Buffer.alloc(0));
    if ('says' in line) said[line.says].push(Buffer.concat([said[line.says].pop() ?? Buffer.alloc(0), line.bytes]));
  }
  return said;
}

/** The first byte of an input says which part of a good dialogue the rest takes the place of. */
function dialogueSubject({ name, start, script }: Dialogue): Subject {
  const good = saidIn(script);
  const parts = (['client', 'upstream'] as const).flatMap((leg) => good[leg].map((bytes, at) => ({ leg, at, bytes })));
  return {
    name: `dialogue-${name.replaceAll(/[^a-z0-9]+/gi, '-')}`,
    seeds: () => parts.map(({ bytes }, number) => Buffer.concat([Buffer.of(number), bytes])),
    run: (bytes) => {
      const chosen = parts[(bytes[0] ?? 0) % parts.length];
      if (chosen === undefined) return;
      const changed = bytes.subarray(1);
      feed(start(), { ...good, [chosen.leg]: good[chosen.leg].map((original, at) => (at === chosen.at ? changed : original)) });
    },
  };
}

const MEASURES = {
  ldap: measureMessage,
  'proxy header': measureProxyHeader,
  'socks 4': measureVersion4,
  'socks 5': measureVersion5,
  'stream header': measureStreamHeader(4096),
  element: measureElement(16_384),
};

export const PROTOCOL_SUBJECTS: readonly Subject[] = [
  ...DIALOGUES.map(dialogueSubject),
  {
    name: 'measures',
    seeds: () => DIALOGUES.flatMap(({ script }) => script.flatMap((line) => ('says' in line ? [line.bytes] : []))),
    run: (bytes) => {
      const random = randomOf(bytes);
      for (const [name, measure] of Object.entries(MEASURES)) {
        const measured = measure(bytes);
        const cut = bytes.subarray(0, random.below(bytes.length + 1));
        if (measured.kind === 'whole') {
          assert.ok(measured.length <= bytes.length, name);
          assert.deepEqual(measure(bytes.subarray(0, measured.length)), measured, name);
          assert.deepEqual(measure(Buffer.concat([bytes, Buffer.from('tail')])), measured, name);
        } else if (measured.kind === 'need-more') {
          assert.equal(measure(cut).kind, 'need-more', name);
        }
      }
    },
  },
  {
    name: 'proxy-header',
    seeds: () => [
      Buffer.from('0d0a0d0a000d0a515549540a21110013c0000201c63364019c4101bb0400040000000c', 'hex'),
      Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 40001 443\r\n'),
    ],
    run: (bytes) => void parseProxyHeader(bytes),
  },
  { name: 'ldap-response', seeds: () => [Buffer.from('300c02010178070a010004000400', 'hex')], run: (bytes) => void parseResponse(bytes) },
  {
    name: 'ntlm-challenge',
    seeds: () => [
      Buffer.from(
        '4e544c4d53535000020000000c000c003000000001028100' + '0123456789abcdef0000000000000000' + '62006200' + '3c000000' + '44004f004d00',
        'hex',
      ),
    ],
    from: 12,
    run: (bytes) => void parseChallenge(bytes),
  },
  {
    name: 'target-hosts',
    seeds: () =>
      ['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost.', '2130706433', 'example.org', '64:ff9b::7f00:1', '169.254.169.254'].map(
        (text) => Buffer.from(text),
      ),
    run: (bytes) => {
      const { rules } = input();
      const host = bytes.toString('latin1');
      const judged = judgeHost(host, rules);
      assert.ok(
        judged.kind !== 'address' ||
          new URL(`http://${judged.address.includes(':') ? `[${judged.address.split('%', 1)[0]}]` : judged.address}/`).hostname !==
            '127.0.0.1',
        host,
      );
      const admission = admitTarget(host, 80, rules).next();
      if (judged.kind === 'refused') assert.ok(admission.done && admission.value.kind === 'refused', host);
    },
  },
];
