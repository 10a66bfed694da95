/** Secrets behind session tickets in a file (`ticketKeyFile`), which hosts share and somebody exchanges: one a line, the newest first. */
import { emptyFile, isExposed, materialError, readMaterial } from './material-file.ts';

const HEX_DIGITS = 64;
/** Each is tried for every ticket that the first has not sealed. */
const MOST_SECRETS = 8;

export interface TicketSecrets {
  /** 32 bytes each: new tickets are sealed with the first, those of the others are still good. Not empty. */
  readonly secrets: readonly Uint8Array[];
  /** The file, where others can read it. */
  readonly exposed: string | undefined;
}

/** @throws OvercoatError `config_key_material` with the line's number, never with what stands in it */
export function loadTicketSecrets(path: string): TicketSecrets {
  const bytes = readMaterial('ticketKeyFile', path);
  const secrets: Uint8Array[] = [];
  for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (text.length !== HEX_DIGITS || !isHex(text))
      throw materialError(
        'ticketKeyFile',
        path,
        `line ${index + 1} is not a secret of ${HEX_DIGITS} hexadecimal digits; \`openssl rand -hex 32\` makes one`,
      );
    secrets.push(Buffer.from(text, 'hex'));
  }
  if (secrets.length === 0)
    throw materialError(
      'ticketKeyFile',
      path,
      `${emptyFile(bytes) ?? 'holds no secret'}; write one of ${HEX_DIGITS} hexadecimal digits a line, the newest first`,
    );
  if (secrets.length > MOST_SECRETS)
    throw materialError('ticketKeyFile', path, `holds more than ${MOST_SECRETS} secrets; take the oldest out`);
  return { secrets, exposed: isExposed(path) ? path : undefined };
}

function isHex(text: string): boolean {
  return Buffer.from(text, 'hex').length * 2 === text.length;
}
