/** What a service knows about names before any client comes: its map, and the address its RTMP clients are given. */
import type { Address, ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { readStartFile } from '../start-files.ts';
import { describeSystemError } from '../text/system-error.ts';
import { valueHint } from '../text/value-hint.ts';
import type { NameMap } from './name-map.ts';
import { parseNameMap } from './name-map.ts';
import type { RtmpTarget } from './rtmp/rewrite.ts';
import { parseRtmpTarget } from './rtmp/rewrite.ts';

export interface ServiceNames {
  readonly map: NameMap | undefined;
  /** Undefined: nothing is rewritten. */
  readonly rtmpTarget: RtmpTarget | undefined;
}

/** Ports a URL of either RTMP scheme leaves out. */
const USUAL_RTMP_PORTS: ReadonlySet<number> = new Set([443, 1935]);

/**
 * @param mapOption what the user named the map with: `nameMap =`, `--name-map`
 * @throws OvercoatError `config_unreadable` or `config_syntax`, naming the map and the line
 */
export function prepareNames(config: ServiceConfig, mapOption: string): ServiceNames {
  const wantsMap = config.serverName.kind === 'auto' && config.names.sources.includes('map');
  return { map: wantsMap ? loadMap(config.names.mapFile, mapOption) : undefined, rtmpTarget: rtmpTargetOf(config) };
}

function loadMap(file: string | undefined, option: string): NameMap | undefined {
  if (file === undefined) return undefined;
  const { map, problems } = parseNameMap(readMap(file, option));
  const [first] = problems;
  if (first !== undefined) throw new OvercoatError('config_syntax', `${file}:${first.line}: ${first.text}`);
  return map;
}

function readMap(file: string, option: string): string {
  try {
    return readStartFile(file).toString('utf8');
  } catch (cause) {
    const isFolder = (cause as NodeJS.ErrnoException).code === 'EISDIR';
    const fix = valueHint(file) ?? (isFolder ? 'name one file' : 'check that the file exists and that this user may read it');
    throw new OvercoatError('config_unreadable', `${option} ${file}: ${describeSystemError(cause).text}; ${fix}`, cause);
  }
}

function rtmpTargetOf({ rtmpRewrite, connect }: ServiceConfig): RtmpTarget | undefined {
  if (rtmpRewrite.kind === 'none') return undefined;
  if (rtmpRewrite.kind === 'url') return parseRtmpTarget(rtmpRewrite.url);
  const target = connect.find((address) => address.kind === 'tcp');
  return target === undefined ? undefined : { scheme: undefined, authority: authorityFor(target), app: undefined };
}

function authorityFor({ host, port }: Extract<Address, { kind: 'tcp' }>): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return USUAL_RTMP_PORTS.has(port) ? name : `${name}:${port}`;
}
