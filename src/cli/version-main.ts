/** Where a package begins that is asked for its version: a program of its own, for that needs little of all the others. */
import { begin } from './begin.ts';
import { printVersion } from './version.ts';

begin(async () => printVersion());
