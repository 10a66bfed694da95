/** The lines of an OCSP check, in stunnel's words and at its levels: a table of its own, since each step is an event. */
import type { LogLevel } from '../../config/config.ts';
import { printable } from '../../text/printable.ts';
import type { OcspStep } from '../certificate-events.ts';
import type { EventContext } from '../events.ts';
import { detail } from './parts.ts';
import type { LogLine, Rows } from './row.ts';
import { DEBUG, ERROR, INFO, NOTICE, WARNING } from './row.ts';

type Step<Name extends OcspStep['step']> = Extract<OcspStep, { readonly step: Name }>;
type Of<Name extends OcspStep['step'], Value> = Value | ((step: Step<Name>) => Value);

const STEPS: { readonly [Name in OcspStep['step']]: { readonly level: Of<Name, LogLevel>; readonly text: Of<Name, string> } } = {
  staple: {
    // Servers that staple nothing are the usual case; where that refuses, the verdict says it
    level: INFO,
    text: ({ received }) => (received ? 'OCSP stapling response received' : 'No OCSP stapling response received'),
  },
  'staple-ignored': { level: INFO, text: ({ why }) => `OCSP stapling response ignored: ${why}` },
  asking: { level: NOTICE, text: ({ origin, url }) => `Connecting the ${origin} responder "${printable(url)}"` },
  'no-url': { level: INFO, text: 'No AIA responder URL' },
  answer: {
    level: ({ status }) => ({ good: NOTICE, revoked: ERROR, unknown: WARNING })[status] as LogLevel,
    text: ({ status }) =>
      ({ good: 'Certificate accepted', revoked: 'Certificate revoked', unknown: 'Unknown verification status' })[status],
  },
  'no-answer': { level: ERROR, text: ({ why }) => `No valid answer: ${why}` },
  'no-issuer': { level: ERROR, text: 'The issuer of the certificate is not known' },
  root: { level: DEBUG, text: 'Ignoring the root certificate' },
  verdict: {
    level: (step) => (isAccepted(step) ? NOTICE : ERROR),
    text: (step) => {
      const why = step.status === 'inconclusive' ? `OCSPrequire = ${step.required ? 'yes' : 'no'}` : step.status;
      return `${isAccepted(step) ? 'Accepted' : 'Rejected'} (${why})`;
    },
  },
};

export const OCSP_ROWS: Rows<'ocsp'> = { ocsp: { level: levelOf, lines: ocspLines } };

function ocspLines(step: OcspStep, context: EventContext): readonly LogLine[] {
  const { text } = STEPS[step.step];
  const last: LogLine = {
    // Answers that refuse are told by the end of the connection.
    level: detail(levelOf(step), context) as LogLevel,
    text: `OCSP: ${typeof text === 'function' ? text(step as never) : text}`,
  };
  return step.step === 'answer' ? [{ level: INFO, text: `OCSP: Status: ${step.status}` }, last] : [last];
}

function levelOf(step: OcspStep): LogLevel {
  const { level } = STEPS[step.step];
  return typeof level === 'function' ? level(step as never) : level;
}

function isAccepted({ status, required }: Step<'verdict'>): boolean {
  return status === 'good' || (status === 'inconclusive' && !required);
}
