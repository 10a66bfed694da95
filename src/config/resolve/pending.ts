/**
 * Behaviour that several options together ask for and that does not exist yet. It is refused by name, never accepted and ignored; an
 * entry goes when the behaviour comes. Single options say so themselves, by `pending` in the option table.
 */
import type { ServiceConfig } from '../config.ts';
import type { OptionName } from '../option-table.ts';
import type { Report } from './report.ts';

interface Pending {
  readonly option: OptionName;
  readonly asks: (service: ServiceConfig, inetd: boolean) => boolean;
  readonly what: string;
}

const PENDING: readonly Pending[] = [{ option: 'connect', asks: (_service, inetd) => inetd, what: 'inetd mode (no [section]) is' }];

export function checkPending(service: ServiceConfig, inetd: boolean, report: Report): void {
  for (const { option, asks, what } of PENDING) {
    if (asks(service, inetd)) report.error(option, `${what} not available yet`, `${what} not available yet`, 'config_not_available');
  }
}
