/**
 * RTMP's `connect` command (Adobe RTMP 1.0 section 7.2.1.1): where the client says which server, by name, it thinks it is talking
 * to. Of its properties only the four that hold addresses are read.
 */
import type { Amf0Value } from './amf0.ts';
import { decodeAmf0 } from './amf0.ts';
import type { ChunkMessage } from './chunk-reader.ts';

/** A string property and where its value, marker included, stands in the message's payload. */
export interface TextField {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export const ADDRESS_FIELDS = ['app', 'swfUrl', 'tcUrl', 'pageUrl'] as const;
export type AddressField = (typeof ADDRESS_FIELDS)[number];
export type ConnectFields = Readonly<Partial<Record<AddressField, TextField>>>;

export type ConnectReading =
  | { readonly kind: 'connect'; readonly fields: ConnectFields }
  | { readonly kind: 'other-command' }
  | { readonly kind: 'malformed' };

export const AMF0_COMMAND = 20;
export const AMF3_COMMAND = 17;

export function readConnect(message: ChunkMessage): ConnectReading {
  // An AMF3 command begins with a byte that says "the rest is AMF0 until a value says otherwise" (7.1.1).
  const offset = message.type === AMF3_COMMAND ? 1 : 0;
  const body = message.payload.subarray(offset);
  const [name] = decodeAmf0(body, 1) ?? [];
  if (name?.kind !== 'string') return { kind: 'malformed' };
  if (name.text !== 'connect') return { kind: 'other-command' };
  const [, , command] = decodeAmf0(body, 3) ?? [];
  if (command?.kind !== 'object') return { kind: 'malformed' };
  const fields: Partial<Record<AddressField, TextField>> = {};
  for (const field of ADDRESS_FIELDS) {
    const text = textField(command.properties.get(field), offset);
    if (text !== undefined) fields[field] = text;
  }
  return { kind: 'connect', fields };
}

function textField(value: Amf0Value | undefined, offset: number): TextField | undefined {
  return value?.kind === 'string' ? { text: value.text, start: value.start + offset, end: value.end + offset } : undefined;
}
