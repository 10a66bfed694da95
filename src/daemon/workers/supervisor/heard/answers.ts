/** What a process of ours answers to an order: of the kind that was asked for and in its form, or that it failed. It may have been taken over. */
import { isIP } from 'node:net';
import { ERROR_CATALOGUE } from '../../../../errors.ts';
import type { ServiceAnswer } from '../../../service-process/messages.ts';
import type { Answer, Order } from '../../messages.ts';
import type { ShapeOf } from './plain-data.ts';
import { list, record, refuseOtherThan, refuseUnlessPlain } from './plain-data.ts';

const MOST_CONNECTIONS = 1_048_576;
/** As a lookup gives. */
const MOST_ADDRESSES = 64;
const MOST_CHARACTERS = 4096;
/** A name that was told, a certificate with its chain, a revocation list. */
const SERVICE_ANSWER = { values: 1024, characters: 67_108_864 } as const;

type KindOf = { readonly [Kind in Order['kind']]?: Answer['kind'] };
/** The others are answered with `done`. */
const ANSWERED_WITH: KindOf = {
  vitals: 'vitals',
  'find-addresses': 'found',
  'ask-service': 'service-answer',
  list: 'listed',
  'read-files': 'files-read',
  'close-one': 'closed-one',
};

const VITALS = { process: 'string', pid: 'number', cpuSeconds: 'number', delaySeconds: 'number' } as const;
type Listed = Extract<Answer, { readonly kind: 'listed' }>['connections'][number];
const CONNECTION: ShapeOf<Listed> = {
  connection: 'number',
  id: 'string',
  service: 'string',
  toTls: 'number',
  toPlain: 'number',
  ms: 'number',
  stage: 'string',
};

/** @param order the kind of what was asked. @throws TypeError */
export function checkedAnswer(order: Order['kind'], answer: unknown): Answer {
  const { kind } = record(answer);
  if (kind !== 'failed' && kind !== (ANSWERED_WITH[order] ?? 'done'))
    throw new TypeError(`an answer of another kind: ${String(kind).slice(0, 40)}`);
  const said = answer as Answer;
  switch (said.kind) {
    case 'done':
      break;
    case 'failed':
      refuseOtherThan({ text: 'string' }, said);
      if (!Object.hasOwn(ERROR_CATALOGUE, said.code)) throw new TypeError('no code');
      return { ...said, text: said.text.slice(0, MOST_CHARACTERS) };
    case 'vitals': {
      refuseOtherThan(VITALS, said.vitals);
      const { memoryBytes, descriptors } = said.vitals;
      for (const each of [memoryBytes, descriptors]) if (each !== undefined) refuseOtherThan('number', each);
      break;
    }
    case 'listed':
      for (const each of list(said.connections, MOST_CONNECTIONS)) refuseOtherThan(CONNECTION, each);
      break;
    case 'closed-one':
      refuseOtherThan({ found: 'boolean' }, said);
      break;
    case 'found':
      refuseOtherFinding(said.result);
      break;
    case 'files-read':
      if (!(said.files instanceof Map)) throw new TypeError('no files');
      break;
    case 'service-answer':
      refuseUnlessPlain(said.answer, { ...SERVICE_ANSWER });
      refuseOtherService(said.answer);
  }
  return said;
}

function refuseOtherFinding(result: unknown): void {
  const { addresses, error } = record(result);
  if (addresses === undefined) {
    refuseOtherThan('string', error);
    return;
  }
  for (const each of list(addresses, MOST_ADDRESSES)) {
    const { address, family } = record(each);
    if (typeof address !== 'string' || isIP(address) === 0 || isIP(address) !== family) throw new TypeError('no address');
  }
}

function refuseOtherService(answer: ServiceAnswer): void {
  switch (answer.kind) {
    case 'name':
      refuseOtherThan({ kind: 'string' }, answer.name);
      if (answer.name.kind === 'one') refuseOtherThan({ name: 'string' }, answer.name);
      else if (answer.name.kind === 'several') for (const each of list(answer.name.names, MOST_CHARACTERS)) refuseOtherThan('string', each);
      return;
    case 'list':
      if (typeof answer.list === 'string') return;
      refuseOtherThan({ pem: 'string' }, answer.list);
      if (answer.list.expires !== undefined) refuseOtherThan('number', answer.list.expires);
      return;
    case 'window':
      if (answer.window !== undefined) refuseOtherThan({ start: 'number', end: 'number', askAgainAt: 'number' }, answer.window);
      return;
    case 'order':
      refuseOtherStep(answer.step);
      return;
    default:
      throw new TypeError('an answer of no kind');
  }
}

function refuseOtherStep(step: Extract<ServiceAnswer, { readonly kind: 'order' }>['step']): void {
  switch (step.kind) {
    case 'challenges':
      refuseOtherThan({ order: 'string' }, step);
      if (step.pem !== undefined) refuseOtherThan('string', step.pem);
      return;
    case 'certificate':
      refuseOtherThan({ pem: 'string' }, step);
      return;
    case 'busy':
      refuseOtherThan({ holder: 'string' }, step);
      return;
    case 'failed':
      refuseOtherThan({ text: 'string' }, step);
      return;
    default:
      throw new TypeError('a step of no kind');
  }
}
