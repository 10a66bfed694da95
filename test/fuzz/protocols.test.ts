/** Conversations and parsers of the protocols on mutated and random input: no exception but our own, no endless loop, no early TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureMessage, parseResponse } from '../../src/protocols/ldap.ts';
import { parseChallenge } from '../../src/protocols/ntlm.ts';
import { measureProxyHeader, parseProxyHeader } from '../../src/protocols/proxy-header.ts';
import { measureVersion4, measureVersion5 } from '../../src/protocols/socks.ts';
import { admitTarget, judgeHost } from '../../src/protocols/target-rules.ts';
import { measureElement, measureStreamHeader } from '../../src/protocols/xml-tags.ts';
import { DIALOGUES } from '../protocols/dialogues.ts';
import { FUZZ_INPUTS, fuzz, mutate } from '../support/fuzz.ts';
import type { Line } from '../support/overcoat/transcript.ts';
import { feed, input } from '../support/overcoat/transcript.ts';

/** What the legs say in a script, before and after the first switch to TLS. */
function saidIn(script: readonly Line[]): { readonly client: Buffer[]; readonly upstream: Buffer[] } {
  const said = { client: [Buffer.alloc(0)], upstream: [Buffer.alloc(0)] };
  for (const line of script) {
    if ('tls' in line) said[line.tls].push(Buffer.alloc(0));
    if ('says' in line) said[line.says].push(Buffer.concat([said[line.says].pop() ?? Buffer.alloc(0), line.bytes]));
  }
  return said;
}

for (const [index, { name, start, script }] of DIALOGUES.entries()) {
  test(`${name}: mutated dialogues`, () => {
    const good = saidIn(script);
    const all = [...good.client, ...good.upstream].filter((bytes) => bytes.length > 0);
    let secured = 0;
    fuzz(
      1000 + index,
      FUZZ_INPUTS,
      (random) => mutate(random, all),
      (bytes, random) => {
        const leg = random.pick(['client', 'upstream'] as const);
        const part = random.below(good[leg].length);
        const said = { ...good, [leg]: good[leg].map((original, at) => (at === part ? bytes : original)) };
        secured += feed(start(), said).secured.length;
      },
    );
    assert.ok(secured > 0 || !script.some((line) => 'tls' in line), 'some inputs are still good, so the mutations reach every part');
  });

  test(`${name}: random bytes`, () => {
    fuzz(
      2000 + index,
      FUZZ_INPUTS,
      (random) => random.bytes(random.below(random.below(20) === 0 ? 70_000 : 200)),
      (bytes) => {
        feed(start(), { client: [bytes, bytes], upstream: [bytes, bytes] });
      },
    );
  });
}

const MEASURES = {
  ldap: measureMessage,
  'proxy header': measureProxyHeader,
  'socks 4': measureVersion4,
  'socks 5': measureVersion5,
  'stream header': measureStreamHeader(4096),
  element: measureElement(16_384),
};

test('measures: never beyond the bytes, the same answer for any tail, and more bytes never take a message back', () => {
  const seeds = DIALOGUES.flatMap(({ script }) => script.flatMap((line) => ('says' in line ? [line.bytes] : [])));
  fuzz(
    3000,
    FUZZ_INPUTS,
    (random) => mutate(random, seeds),
    (bytes, random) => {
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
  );
});

test('parsers: any bytes at all', () => {
  const seeds = [
    Buffer.from('0d0a0d0a000d0a515549540a21110013c0000201c63364019c4101bb0400040000000c', 'hex'),
    Buffer.from('300c02010178070a010004000400', 'hex'),
  ];
  fuzz(
    4000,
    FUZZ_INPUTS,
    (random) => (random.below(2) === 0 ? mutate(random, seeds) : random.bytes(random.below(100))),
    (bytes) => {
      parseProxyHeader(bytes);
      parseResponse(bytes);
      parseChallenge(Buffer.concat([Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1'), bytes]));
    },
  );
});

test('hosts: whatever is admitted is an address outside of the refused blocks, or was resolved', () => {
  const seeds = [
    '127.0.0.1',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    'localhost.',
    '2130706433',
    'example.org',
    '64:ff9b::7f00:1',
    '169.254.169.254',
  ].map((text) => Buffer.from(text));
  const { rules } = input();
  fuzz(
    5000,
    FUZZ_INPUTS,
    (random) => mutate(random, seeds),
    (bytes) => {
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
  );
});
