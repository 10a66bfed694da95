import { positionals } from '../args/flags.ts';
import { commandTable } from '../args/table.ts';

export const DEMO = commandTable({
  name: 'demo',
  call: 'demo',
  summary: 'send a stream through two services, and show what is on the wire',
  usage: ['demo [--embedded]', 'demo --keep'],
  about: [
    'Sends a media stream from one service through TLS to another and compares what arrives with what was sent.',
    'With --keep a stream goes on until Ctrl-C, with a page in the browser that shows it and has buttons to break it.',
  ],
  flags: [
    { name: 'embedded', help: 'use the built-in sender and receiver although ffmpeg is installed' },
    { name: 'keep', help: 'go on, with a page to look at and to break it; its sender and receiver are built in' },
  ],
  example: 'demo --keep',
  parse: (flags) => {
    positionals(flags);
    return { kind: 'demo', embedded: flags.is('embedded'), keep: flags.is('keep') };
  },
  execute: async ({ embedded, keep }) => {
    const { demo, keptDemo } = await import('../commands/demo.ts');
    return keep ? keptDemo() : demo(embedded);
  },
});
