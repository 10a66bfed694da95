/** `config = COMMAND:PARAMETER`, stunnel's door to OpenSSL's SSL_CONF_cmd(3), taken apart. The library judges it (resolve/commands.ts). */
import type { Command } from '../../tls/engine/commands.ts';
import type { Parser } from './values.ts';
import { good } from './values.ts';

/** Without a colon the parameter is ''. */
export const sslCommand: Parser<Command> = (text) => {
  const colon = text.indexOf(':');
  if (colon < 0) return good({ name: text, value: '' });
  return good({ name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() });
};
