/** Where there is no desk, or not yet: alone, so that whoever begins with it loads nothing of what a desk needs. */
import type { Desk } from './desk.ts';

export const NO_DESK: Desk = { read: async () => ({ kind: 'starting' }), control: undefined };
