/** Passphrases given at start are kept for reloads: the keys they open are in memory anyway, and nobody sits at a terminal then. */
import type { AskPassphrase } from '../../tls/material/key-material.ts';

export interface Passphrases {
  /** Asks, and remembers the last answer for each key file. */
  readonly ask: AskPassphrase;
  /** By key file. */
  readonly answers: ReadonlyMap<string, string>;
  /** What was answered before; undefined where nobody was asked. */
  readonly recall: AskPassphrase;
}

export function rememberPassphrases(ask: AskPassphrase): Passphrases {
  const answers = new Map<string, string>();
  return {
    answers,
    ask: (keyFile) => {
      const answer = ask(keyFile);
      if (answer !== undefined) answers.set(keyFile, answer);
      return answer;
    },
    recall: (keyFile) => answers.get(keyFile),
  };
}
