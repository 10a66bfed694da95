/** Files with secrets that others than owner and group can read, said once however many services share one. */

/** What a service uses. */
export interface UsedFiles {
  readonly service: string;
  readonly exposed: readonly string[];
}

export interface ExposedFile {
  readonly file: string;
  /** The first service that uses it, by its index. */
  readonly index: number;
  /** The line of the log; it begins as stunnel's. */
  readonly text: string;
}

/** Names beyond these are counted. */
const MOST_NAMES = 5;

export function exposedFiles(used: readonly UsedFiles[]): readonly ExposedFile[] {
  const files = new Set(used.flatMap(({ exposed }) => exposed));
  return [...files].map((file) => {
    const names = used.filter(({ exposed }) => exposed.includes(file)).map(({ service }) => `[${service}]`);
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    const text = `Insecure file permissions on ${file}: others can read a secret of ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
    return { file, index: used.findIndex(({ exposed }) => exposed.includes(file)), text: `${text}; chmod o-rwx ${file}` };
  });
}
