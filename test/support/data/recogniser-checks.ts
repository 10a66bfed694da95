/** What every recogniser has to hold on every recording: each prefix, each split, and the same answer however the bytes arrive. */
import assert from 'node:assert/strict';
import type { Recogniser, Recognition } from '../../../src/names/recognition.ts';
import type { Sniffed } from '../../../src/names/sniffer.ts';
import { Sniffer } from '../../../src/names/sniffer.ts';
import type { FirstFlight } from './first-flights.ts';

/** `name host`, `no-name`, ... as one string, for comparisons that read well when they fail. */
export function summary(recognition: Recognition): string {
  switch (recognition.kind) {
    case 'name':
      return `${recognition.protocol} ${hostText(recognition)} ${recognition.alpn.join(',')}`;
    case 'no-name':
      return `${recognition.protocol} no name ${recognition.alpn.join(',')}`;
    default:
      return recognition.kind;
  }
}

export function expected({ protocol, host, alpn }: FirstFlight): string {
  return protocol === undefined ? 'not-mine' : `${protocol} ${host ?? 'no name'} ${alpn.join(',')}`;
}

/**
 * Each prefix says need-more, with a true `atLeast`, until one decides; from there on every longer one says the same.
 */
export function checkPrefixes(recognise: Recogniser, flight: FirstFlight): void {
  let waitsFor = 0;
  let decided = false;
  for (let length = 0; length <= flight.bytes.length; length++) {
    const recognition = recognise(flight.bytes.subarray(0, length));
    if (recognition.kind === 'need-more') {
      assert.equal(decided, false, `${length} bytes undo a decision`);
      assert.ok(recognition.atLeast > length, `${length} bytes: atLeast is ${recognition.atLeast}`);
      assert.ok(recognition.atLeast >= waitsFor || length >= waitsFor, `${length} bytes: atLeast went back`);
      waitsFor = recognition.atLeast;
    } else {
      if (!decided) assert.ok(length >= waitsFor, `decided at ${length} bytes after asking for ${waitsFor}`);
      decided = true;
      assert.equal(summary(recognition), expected(flight), `${length} bytes`);
    }
  }
  assert.equal(decided, true, 'the whole recording decides nothing');
}

/** In two pieces cut anywhere, and byte by byte. */
export function checkSplits(recognise: Recogniser, flight: FirstFlight): void {
  for (let cut = 0; cut <= flight.bytes.length; cut++) {
    const sniffed = sniff(recognise, [flight.bytes.subarray(0, cut), flight.bytes.subarray(cut)]);
    checkSniffed(sniffed, flight, `cut at ${cut}`);
  }
  const single = Array.from(flight.bytes, (_, index) => flight.bytes.subarray(index, index + 1));
  checkSniffed(sniff(recognise, single), flight, 'byte by byte');
}

function sniff(recognise: Recogniser, chunks: readonly Uint8Array[]): Sniffed {
  const sniffer = new Sniffer([recognise]);
  let sniffed: Sniffed | undefined;
  let answers = 0;
  for (const chunk of chunks) {
    if (sniffed !== undefined || chunk.length === 0) continue;
    const step = sniffer.push(chunk);
    if (step.kind === 'decided') sniffed = step.sniffed;
    if (step.kind === 'answer') answers++;
  }
  assert.ok(sniffed !== undefined, 'nothing was decided');
  assert.equal(answers, sniffed.exchange === undefined ? 0 : 1);
  return sniffed;
}

function checkSniffed(sniffed: Sniffed, flight: FirstFlight, where: string): void {
  const host = sniffed.host === undefined ? undefined : hostText({ host: sniffed.host });
  assert.equal(host, flight.host, where);
  assert.equal(sniffed.protocol, flight.protocol, where);
  assert.deepEqual(Buffer.from(sniffed.bytes), flight.bytes.subarray(0, sniffed.bytes.length), where);
}

function hostText({ host }: Pick<Recognition & { kind: 'name' }, 'host'>): string {
  return host.kind === 'dns' ? host.name : host.address;
}
