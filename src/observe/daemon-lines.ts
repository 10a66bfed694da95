/** The lines of the daemon and its services: what is not about one connection. */
import { assertNever } from '../errors.ts';
import type { EventContext, OvercoatEvent } from './events.ts';
import { number, service, serviceInside, traffic } from './line-parts.ts';

export type DaemonLineEvent = Extract<
  OvercoatEvent,
  {
    readonly kind:
      | 'service-bound'
      | 'bind-failed'
      | 'service-bind-failed'
      | 'configuration-successful'
      | 'program-client-starting'
      | 'program-client-retried'
      | 'accepting'
      | 'configuration-failed'
      | 'reload-failed'
      | 'log-reopened'
      | 'signal'
      | 'accept-failed'
      | 'connection-limit'
      | 'too-many-clients'
      | 'connection-listed'
      | 'connections-listed';
  }
>;

export function daemonText(event: DaemonLineEvent, context: EventContext): string {
  switch (event.kind) {
    case 'service-bound':
      return `${service(context)} bound to ${event.address}`;
    case 'bind-failed':
      return `Binding ${serviceInside(context)} to ${event.address}: ${event.text}${number(event.errno)}`;
    case 'service-bind-failed':
      return `Binding ${serviceInside(context)} failed`;
    case 'configuration-successful':
      return 'Configuration successful';
    case 'program-client-starting':
      return `Starting exec+connect ${serviceInside(context)}`;
    case 'program-client-retried':
      return 'Retrying an exec+connect section';
    case 'accepting':
      return 'Accepting new connections';
    case 'configuration-failed':
      return 'Configuration failed';
    case 'reload-failed':
      return 'Failed to reload the configuration file';
    case 'log-reopened':
      return 'Log file reopened';
    case 'accept-failed':
      return `accept: ${event.text}${number(event.errno)}`;
    case 'connection-limit':
      return event.limit === undefined ? 'No limit detected for the number of clients' : `Clients allowed=${event.limit}`;
    case 'too-many-clients':
      return `Connection rejected: too many clients (>=${event.limit})`;
    case 'signal':
      return signalText(event.signal);
    case 'connection-listed':
      return `Active connection ${event.id}: Service [${event.service}], ${traffic(event.toTls, event.toPlain)}`;
    case 'connections-listed':
      return `Listed ${event.count} active connection(s)`;
    default:
      return assertNever(event);
  }
}

function signalText(signal: NodeJS.Signals): string {
  if (signal === 'SIGTERM') return 'Terminated';
  return signal === 'SIGINT' || signal === 'SIGQUIT' ? `Received ${signal}; terminating` : `Received ${signal}`;
}
