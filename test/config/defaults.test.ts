/**
 * What the option table says of a default is what holds: a file that writes it means the same as a file that says nothing, `none` is
 * nothing, and a remark about services without a file is what those have.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { acmeConfig } from '../../src/config/acme-config.ts';
import { buildTransparentService } from '../../src/config/commands.ts';
import type { Config, PortRange } from '../../src/config/config.ts';
import { COMMAND_SERVICE, defaultPinStore, FILE_SERVICE } from '../../src/config/defaults.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { NamedOption, OptionName } from '../../src/config/option-table.ts';
import { findOption, OPTION_LIST } from '../../src/config/option-table.ts';
import { SOCKET_DEFAULTS } from '../../src/config/values/socket-options.ts';
import { goodValue } from '../support/overcoat/option-values.ts';
import { clientService, resolveText, serverService, serviceOf } from '../support/overcoat/resolve-text.ts';

/** Defaults that are no value one could write, or that would be another value if one did, each with a check of its own. */
const DESCRIBED: Partial<Record<OptionName, (text: string) => void>> = {
  acme: () => assert.equal(FILE_SERVICE.acme, undefined), // with it the certificate and its renewal are others, too
  acmeAgree: () => assert.equal(FILE_SERVICE.acme, undefined),
  acmeBindingFile: () => assert.equal(acmeConfig({ names: ['a'] }).binding, undefined),
  acmeBindingId: () => assert.equal(acmeConfig({ names: ['a'] }).binding, undefined),
  acmeCA: () => assert.equal(acmeConfig({ names: ['a'] }).caFile, undefined),
  acmeDirectory: () => assert.match(acmeConfig({ names: ['a'] }).directory, /letsencrypt/),
  acmeEmail: () => assert.equal(acmeConfig({ names: ['a'] }).email, undefined),
  acmeHttp: () => assert.equal(acmeConfig({ names: ['a'] }).http, undefined),
  acmeKeyType: (text) => assert.equal(acmeConfig({ names: ['a'] }).keyType, text),
  acmeProfile: () => assert.equal(acmeConfig({ names: ['a'] }).profile, undefined),
  acmeStore: (text) => assert.equal(acmeConfig({ names: ['a'] }).store, text),
  clientFirstPorts: (text) => assertPorts(text, FILE_SERVICE.names.clientFirstPorts),
  serverFirstPorts: (text) => assertPorts(text, FILE_SERVICE.names.serverFirstPorts),
  control: (text) => {
    const of = (launcher: 'overcoat' | 'stunnel') =>
      loadConfig({ text: clientService(), name: 'a.conf' }, { strict: false, launcher }).config?.global.watch.control;
    assert.equal(text, `${of('overcoat')}; ${of('stunnel') ?? 'no'} under overcoat-stunnel`);
  },
  execArgs: () => assert.deepEqual(serviceOf('[s]\naccept = 1\ncert = x\nexec = /bin/a').exec?.args, ['/bin/a']),
  key: () => assert.equal(serviceOf(serverService()).tls.key, 'server.pem'),
  options: () => assert.equal(FILE_SERVICE.tls.minVersion, 'TLSv1'), // which leaves both out
  pgsqlCancel: () => assert.equal(FILE_SERVICE.protocol.cancelInClear, undefined), // the rest of the service decides
  pinStore: (text) => {
    assert.equal(text.split('; ')[0], defaultPinStore(true, {}));
    assert.equal(text.split(' $XDG_STATE_HOME')[1], defaultPinStore(false, { XDG_STATE_HOME: '/s' }).slice('/s'.length));
  },
  protocolAuthentication: (text) => {
    const of = (protocol: string) => serviceOf(clientService(`protocol = ${protocol}`, 'protocolHost = a:1')).protocol.authentication;
    assert.equal(text, `${of('connect')} (${of('smtp')} for smtp)`);
  },
  providerParameter: () => {
    const [provider] = resolveText(`provider = legacy\n${clientService()}`).config.global.providers;
    assert.deepEqual(provider, { name: 'legacy', parameters: [] });
  },
  PSKidentity: () => assert.equal(FILE_SERVICE.psk, undefined),
  pty: (text) => assert.equal(serviceOf('[s]\naccept = 1\ncert = x\nexec = /bin/a').exec?.pty, text === 'yes'),
  sni: () => assert.deepEqual(serviceOf(clientService()).serverName, { kind: 'fixed', name: 'example.org' }),
  socket: (text) => {
    const defaults = [...SOCKET_DEFAULTS].flatMap(([name, sockets]) => sockets.map((socket) => `${socket[0]}:${name}=yes`));
    assert.deepEqual(text.split(', '), defaults.sort());
  },
  statusKey: () => assert.equal(resolveText(`statusCert = c\n${clientService()}`).config.global.watch.statusKey, 'c'),
  ticketKeySecret: () => assert.equal(FILE_SERVICE.sessions.ticketKeys, undefined),
  ticketMacSecret: () => assert.equal(FILE_SERVICE.sessions.ticketKeys, undefined),
};

/** They set what is there by the default of another option. */
const SET_OTHERS: readonly OptionName[] = ['config', 'protocol', 'sslVersion'];

const USED = OPTION_LIST.filter(({ name, status }) => (status === 'works' || status === 'differs') && name !== 'include');
const {
  described = [],
  unset = [],
  written = [],
} = Object.groupBy(USED, ({ name, default: text }) => {
  if (name in DESCRIBED) return 'described';
  return usualOf(text) === 'none' ? 'unset' : 'written';
});

suite('the default of', () => {
  for (const option of written) {
    test(`${option.name} is ${usualOf(option.default)}`, () => {
      assert.ok(option.parse(usualOf(option.default)).ok, 'it can be written');
      assert.deepEqual(changesBy(option, usualOf(option.default)), []);
      assert.notDeepEqual(changesBy(option, goodValue(option)), [], 'another value makes a difference');
    });
  }

  for (const option of unset) {
    test(`${option.name} is nothing`, () => {
      const changes = changesBy(option, goodValue(option));
      assert.notEqual(changes.length, 0, 'a value makes a difference');
      if (!SET_OTHERS.includes(option.name)) for (const [path, was] of changes) assert.ok(isNothing(was), `${path}: ${String(was)}`);
    });
  }

  for (const { name, default: text } of described) test(`${name} is ${text}`, () => DESCRIBED[name]?.(text));
});

suite('without a file the default of', () => {
  for (const option of USED) {
    const [, value] = / (\S+) in services without a file$/.exec(option.default) ?? [];
    if (value === undefined) continue;
    test(`${option.name} is ${value}`, () => {
      const [service] = configOf(option, value).services;
      const paths = changesBy(option, value).map(([path]) => path.slice(1));
      assert.notEqual(paths.length, 0);
      for (const path of paths.filter((path) => path.startsWith('services.0.')))
        assert.deepEqual(at(COMMAND_SERVICE, path.slice('services.0.'.length)), at(service, path.slice('services.0.'.length)), path);
    });
  }

  test('alreadyTls is another one in gateway and exec', () => {
    const trust = { ca: undefined, pins: [], cert: undefined, key: undefined };
    const { alreadyTls } = buildTransparentService({ ...trust, service: 'x', accept: [], portMap: [], debug: 5 });
    assert.equal(findOption('alreadyTls')?.default, `${FILE_SERVICE.alreadyTls}; ${alreadyTls} in gateway and exec`);
  });
});

/** What a default says before it goes on with a remark. */
function usualOf(text: string): string {
  return text.split(/; |: | \(/)[0] ?? '';
}

/** One client and one server that say `option = value`; of `client` the server alone. */
function configOf({ name, scope }: NamedOption, value: string | undefined): Config {
  const line = value === undefined ? '' : `${name} = ${value}\n`;
  const [before, within] = scope === 'service' ? ['', line] : [line, ''];
  const client = name === 'client' ? '' : `[c]\nclient = yes\naccept = 1\nconnect = a.example:1\n${within}`;
  const { config } = resolveText(`${before}${client}[s]\naccept = 2\nconnect = 3\ncert = x\n${within}`);
  return { ...config, warnings: [], services: config.services.map((service) => ({ ...service, warnings: [] })) };
}

type Change = readonly [path: string, was: unknown];

/** What is another value where `option = value` is written: the path of every leaf, and what stands there without the line. */
function changesBy(option: NamedOption, value: string): readonly Change[] {
  return differences(configOf(option, undefined), configOf(option, value), '');
}

function differences(one: unknown, other: unknown, path: string): readonly Change[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isGroup(one) || !isGroup(other)) return [[path, one]];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) => differences(one[key], other[key], `${path}.${key}`));
}

/** An object whose members are settings of their own; an alternative (`kind`) is one setting. */
function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && !('kind' in value);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, key) => (inner as Readonly<Record<string, unknown>>)[key], value);
}

/** The ports that the text lists are among `ports`. */
function assertPorts(text: string, ports: readonly PortRange[]): void {
  const listed = [...text.matchAll(/\d+/g)].map(([port]) => Number(port));
  assert.notEqual(listed.length, 0);
  for (const port of listed)
    assert.ok(
      ports.some(({ from, to }) => from <= port && port <= to),
      String(port),
    );
}
