/** What asks for the version and nothing else, as the first argument. */
export const VERSION_WORDS: ReadonlySet<string> = new Set(['--version', '-V', 'version']);
