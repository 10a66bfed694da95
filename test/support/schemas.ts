/** Holds what the API and the records say against their schemas. */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { SchemaName } from '../../src/status/schemas.ts';
import { RECORD_SCHEMA, SCHEMAS } from '../../src/status/schemas.ts';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
formats.default(ajv);
ajv.addVocabulary(['components']); // of OpenAPI, which is around the schemas
ajv.addSchema({ $id: 'all', components: { schemas: SCHEMAS } });

export function assertSchema(name: SchemaName, value: unknown): void {
  // A reference within the page stays within it.
  const valid = ajv.validate({ $ref: `all#/components/schemas/${name}` }, value);
  assert.ok(valid, `${name}: ${ajv.errorsText()}\n${JSON.stringify(value, null, 1)}`);
}

export function assertRecord(value: unknown): void {
  assert.ok(ajv.validate(RECORD_SCHEMA, value), `${ajv.errorsText()}\n${JSON.stringify(value, null, 1)}`);
}
