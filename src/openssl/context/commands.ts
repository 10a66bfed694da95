/** Commands of SSL_CONF_cmd(3), carried out on a context or on one connection. */
import type { Pointer } from '../../native/binding.ts';
import { OpensslError, takeErrors } from '../library/errors.ts';
import { C } from '../library/library.ts';
import type { ContextOptions, Role } from './context-options.ts';
import { ContextError } from './context-options.ts';

const CONF_FILE = 0x2;
const CONF_CLIENT = 0x4;
const CONF_SERVER = 0x8;
const CONF_SHOW_ERRORS = 0x10;
const CONF_CERTIFICATE = 0x20;
const CONF_UNKNOWN = -2;
const CONF_TYPE_STRING = 1;
const CONF_TYPE_UNKNOWN = 0;

/** Is the value of a command of SSL_CONF_cmd(3) a text, or something that the library opens? @param name in any case */
export function commandType(name: string): 'text' | 'file' | 'unknown' {
  return withConf(CONF_FILE | CONF_CERTIFICATE | CONF_CLIENT | CONF_SERVER, (conf) => {
    const type = C.SSL_CONF_cmd_value_type(conf, name);
    return type === CONF_TYPE_STRING ? 'text' : type === CONF_TYPE_UNKNOWN ? 'unknown' : 'file';
  });
}

/** What commands are carried out on: a context, or a connection that was made from another one. */
type Target = { readonly context: Pointer } | { readonly connection: Pointer };

/** `config =`, in order. @throws ContextError */
export function runCommands({ role, commands = [] }: ContextOptions, target: Target): void {
  if (commands.length === 0) return;
  withCommands(role, target, (run) => {
    for (const { name, value } of commands) run('commands', name, value);
  });
}

type RunCommand = (about: keyof ContextOptions, name: string, value: string) => void;

/** Lists and versions go this way too, so that they mean what they mean to OpenSSL's own programs. @throws ContextError */
export function withCommands(role: Role, target: Target, use: (run: RunCommand) => void): void {
  withConf(CONF_FILE | CONF_SHOW_ERRORS | CONF_CERTIFICATE | (role === 'client' ? CONF_CLIENT : CONF_SERVER), (conf) => {
    if ('context' in target) C.SSL_CONF_CTX_set_ssl_ctx(conf, target.context);
    else C.SSL_CONF_CTX_set_ssl(conf, target.connection);
    let last = 'SSL_CONF';
    use((about, name, value) => {
      last = name;
      const result = C.SSL_CONF_cmd(conf, name, value);
      if (result === CONF_UNKNOWN) throw new ContextError(about, `OpenSSL config command "${name}" was not recognised`, name);
      if (result <= 0) throw new ContextError(about, `OpenSSL config command "${name}" failed`, name);
    });
    if (C.SSL_CONF_CTX_finish(conf) !== 1) throw new ContextError('commands', `${last} failed`, last);
  });
}

function withConf<T>(flags: number, use: (conf: Pointer) => T): T {
  const conf = C.SSL_CONF_CTX_new();
  if (conf === null) throw new OpensslError(takeErrors(), 'SSL_CONF_CTX_new failed');
  try {
    C.SSL_CONF_CTX_set_flags(conf, flags);
    return use(conf);
  } finally {
    C.SSL_CONF_CTX_free(conf);
  }
}
