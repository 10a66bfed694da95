/** docs/api.md, docs/openapi.json and docs/record.schema.json, from the tables in src/status/. */
import type { RouteRow } from '../../src/status/routes.ts';
import { ROUTES } from '../../src/status/routes.ts';
import { RECORD_SCHEMA, SCHEMAS } from '../../src/status/schemas.ts';

const HEADER = `# HTTP API

Served by the control socket and, for reading alone, by the status port ([observe.md](observe.md)). Its description for programs is
[openapi.json](openapi.json) (OpenAPI 3.1). Answers are JSON unless said otherwise; a refusal is \`{ "error": "..." }\` with its status code. Times are
RFC 3339 in UTC, durations seconds, sizes bytes. A path takes the method it is listed with, and HEAD beside GET; for any other the answer is 405 with \`Allow\`. Members may be added; none is taken away or changes its meaning within \`v1\`. Made from
\`src/status/routes.ts\` by \`npm run docs\`.

\`\`\`sh
curl --unix-socket /run/overcoat/stunnel-1234.sock http://localhost/api/v1/status
curl http://127.0.0.1:9100/api/v1/connections?service=live
\`\`\``;

const rows = Object.entries<RouteRow>(ROUTES);

export function apiPage(): string {
  return `${[HEADER, '## Everywhere', table(false), '## Over the control socket alone', table(true)].join('\n\n')}\n`;
}

function table(changes: boolean): string {
  const lines = rows
    .filter(([, row]) => (row.changes === true) === changes)
    .map(([, { method, path, summary, parameters = [], also = {}, answer }]) => {
      const asked = parameters.filter(({ in: place }) => place === 'query').map(({ name, help }) => `\`${name}\`: ${help}`);
      const others = Object.entries(also).map(([code, when]) => `${code}: ${when}`);
      const text = [summary, ...asked, ...others].join('; ');
      return `| \`${method.toUpperCase()} ${path}\` | ${text} | ${answer} |`;
    });
  return ['| request | what it does | answer |', '|---|---|---|', ...lines].join('\n');
}

export function openApi(): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, row] of rows) paths[row.path] = { ...paths[row.path], [row.method]: operation(name, row) };
  return json({
    openapi: '3.1.0',
    info: { title: 'Overcoat', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'where `statusToken` asks for one' } },
    },
    security: [{}, { token: [] }],
  });
}

function operation(operationId: string, { summary, parameters = [], body, answer, also = {}, changes }: RouteRow): object {
  const content = answer.includes('/')
    ? { [answer]: { schema: { type: 'string' } } }
    : { 'application/json': { schema: { $ref: `#/components/schemas/${answer}` } } };
  const refused = (description: string): object => ({
    description,
    content: answer === 'text/plain' ? content : { 'application/json': { schema: { $ref: '#/components/schemas/Refused' } } },
  });
  return {
    operationId,
    summary,
    ...(changes === true ? { description: 'Over the control socket alone.' } : {}),
    parameters: parameters.map(({ name, in: place, type, help }) => ({
      name,
      in: place,
      required: place === 'path',
      description: help,
      schema: { type },
    })),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: { $ref: `#/components/schemas/${body}` } } } } }),
    responses: {
      200: { description: 'done', content },
      ...Object.fromEntries(Object.entries(also).map(([code, when]) => [code, refused(when)])),
    },
  };
}

export function recordSchema(): string {
  return json({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'A record of Overcoat', ...RECORD_SCHEMA });
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
