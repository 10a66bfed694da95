/** The lines of an OCSP check, in stunnel's words and at its levels. */
import type { LogLevel, ServiceConfig } from '../config/config.ts';
import { printable } from '../text/printable.ts';
import type { OcspStep } from './events.ts';
import type { LogLine } from './log-lines.ts';

const ERROR = 3;
const WARNING = 4;
const NOTICE = 5;
const INFO = 6;
const DEBUG = 7;

/** The most urgent level among the lines of a step. */
export function ocspUrgency(step: OcspStep): LogLevel {
  switch (step.step) {
    case 'staple':
      return step.received ? INFO : ERROR;
    case 'staple-ignored':
    case 'no-url':
      return INFO;
    case 'asking':
      return NOTICE;
    case 'answer':
      return STATUS_LEVELS[step.status];
    case 'no-answer':
    case 'no-issuer':
      return ERROR;
    case 'root':
      return DEBUG;
    case 'verdict':
      return isAccepted(step) ? NOTICE : ERROR;
  }
}

export function ocspLines(step: OcspStep, service: ServiceConfig | undefined): readonly LogLine[] {
  const text = `OCSP: ${textOf(step)}`;
  const last: LogLine = { level: step.step === 'staple' ? stapleLevel(step.received, service) : ocspUrgency(step), text };
  return step.step === 'answer' ? [{ level: INFO, text: `OCSP: Status: ${step.status}` }, last] : [last];
}

/** Servers that staple nothing are the usual case: an error in a file's log because it is one in stunnel's, and not elsewhere. */
function stapleLevel(received: boolean, service: ServiceConfig | undefined): LogLevel {
  return received || service?.origin === 'command' ? INFO : ERROR;
}

const STATUS_LEVELS = { good: NOTICE, revoked: ERROR, unknown: WARNING } as const;
const STATUS_TEXTS = { good: 'Certificate accepted', revoked: 'Certificate revoked', unknown: 'Unknown verification status' } as const;

function textOf(step: OcspStep): string {
  switch (step.step) {
    case 'staple':
      return step.received ? 'OCSP stapling response received' : 'No OCSP stapling response received';
    case 'staple-ignored':
      return `OCSP stapling response ignored: ${step.why}`;
    case 'asking':
      return `Connecting the ${step.origin} responder "${printable(step.url)}"`;
    case 'no-url':
      return 'No AIA responder URL';
    case 'answer':
      return STATUS_TEXTS[step.status];
    case 'no-answer':
      return `No valid answer: ${step.why}`;
    case 'no-issuer':
      return 'The issuer of the certificate is not known';
    case 'root':
      return 'Ignoring the root certificate';
    case 'verdict':
      return `${isAccepted(step) ? 'Accepted' : 'Rejected'} (${step.status === 'inconclusive' ? `OCSPrequire = ${step.required ? 'yes' : 'no'}` : step.status})`;
  }
}

function isAccepted({ status, required }: OcspStep & { readonly step: 'verdict' }): boolean {
  return status === 'good' || (status === 'inconclusive' && !required);
}
