import { positionals } from '../flags.ts';
import { commandTable } from '../table.ts';

export const DEMO = commandTable({
  name: 'demo',
  call: 'demo',
  summary: 'send a stream through two services, and show what is on the wire',
  usage: ['demo [--embedded]'],
  about: ['Sends a media stream from one service through TLS to another and compares what arrives with what was sent.'],
  flags: [{ name: 'embedded', help: 'use the built-in sender and receiver although ffmpeg is installed' }],
  parse: (flags) => {
    positionals(flags);
    return { kind: 'demo', embedded: flags.is('embedded') };
  },
  execute: async ({ embedded }) => (await import('../commands/demo.ts')).demo(embedded),
});
