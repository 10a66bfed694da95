/**
 * Runs inputs and ends with 0: `node test/fuzz/search/run-one.ts SUBJECT BASE64...`, or `--batch FILE` with those of a batch file, which
 * is how main.ts finds the one that ends or blocks a process.
 */
import { SUBJECTS } from '../subjects/index.ts';
import { readBatch } from './batch-file.ts';

const [which = '', ...rest] = process.argv.slice(2);
const batch = which === '--batch' ? readBatch(rest[0] ?? '') : undefined;
const subject = batch === undefined ? SUBJECTS.find(({ name }) => name === which) : SUBJECTS[batch.subject];
if (subject === undefined) throw new Error(`no subject ${which}; there are ${SUBJECTS.map(({ name }) => name).join(', ')}`);
for (const input of batch?.inputs ?? rest.map((text) => Buffer.from(text, 'base64'))) await subject.run(Buffer.from(input));
await subject.close?.();
