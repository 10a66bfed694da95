/** The line a failed connection ends with, taken apart: who, where, at which stage, which code, why, what to do. */
import assert from 'node:assert/strict';
import { ERROR_CATALOGUE } from '../../../src/errors.ts';

export interface FailureLine {
  readonly client: string;
  readonly target: string;
  readonly service: string;
  readonly stage: string;
  readonly code: string;
  /** Why and what to do. */
  readonly text: string;
  readonly line: string;
}

const SHAPE = /Connection failed: (.+?) -> (.+?), service \[(.*?)\], stage (\w+), (\w+): (.+)$/;

/** @returns undefined for another line */
export function readFailure(line: string): FailureLine | undefined {
  const [, client = '', target = '', service = '', stage = '', code = '', text = ''] = SHAPE.exec(line) ?? [];
  return code === '' ? undefined : { client, target, service, stage, code, text, line };
}

export interface Expected {
  readonly code: string;
  readonly stage?: string;
  readonly target?: string | RegExp;
  readonly why: RegExp;
  readonly remedy: RegExp;
}

/** Judges who, where, code, why and remedy. @param client the address the test connected from; undefined: a program or a command did */
export function judgeFailure(found: FailureLine, { code, stage, target, why, remedy }: Expected, client: string | undefined): void {
  const { line } = found;
  assert.equal(found.code, code, line);
  assert.ok(found.code in ERROR_CATALOGUE, line);
  if (client !== undefined) assert.equal(found.client, client, line);
  if (stage !== undefined) assert.equal(found.stage, stage, line);
  if (typeof target === 'string') assert.equal(found.target, target, line);
  else if (target !== undefined) assert.match(found.target, target, line);
  assert.match(found.text, why, line);
  assert.match(found.text, remedy, line);
  assert.match(found.text, /\. \S.*\.$/, `why and remedy are sentences: ${line}`);
  assert.ok(Buffer.byteLength(line) <= 1100, `one line of bounded length: ${line}`);
  assert.doesNotMatch(found.text, /undefined|NaN|\[object/, line);
}
