/** Every parser of what comes from outside, by name. A new one is a line in one of these tables. */
import type { Subject } from '../../support/fuzz.ts';
import { DNS_SUBJECTS } from './dns.ts';
import { FLIGHT_SUBJECT } from './flights.ts';
import { HTTP_SUBJECTS } from './http.ts';
import { NAME_SUBJECTS } from './names.ts';
import { PROTOCOL_SUBJECTS } from './protocols.ts';
import { TEXT_SUBJECTS } from './text.ts';
import { TLS_SUBJECTS } from './tls.ts';

export const SUBJECTS: readonly Subject[] = [
  ...PROTOCOL_SUBJECTS,
  ...NAME_SUBJECTS,
  ...DNS_SUBJECTS,
  ...TLS_SUBJECTS,
  ...TEXT_SUBJECTS,
  ...HTTP_SUBJECTS,
  FLIGHT_SUBJECT,
];
