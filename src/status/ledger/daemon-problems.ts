/** Which of the daemon's own events are problems for the list: faults of the machine around it, and of its processes. Pure. */
import type { ErrorCode } from '../../errors.ts';
import type { DaemonEvent } from '../../observe/daemon-events.ts';

/** @returns the code, whose hint is the remedy; undefined for what is none, or is told by another event */
export function codeOfFault(event: DaemonEvent): ErrorCode | undefined {
  switch (event.kind) {
    case 'worker-ended':
      if (event.worker === 'reader') return undefined; // what that means is told next
      return event.outOfMemory ? 'daemon_memory' : 'daemon_process';
    case 'worker-failed':
    case 'no-spare-worker':
      return 'daemon_process';
    case 'process-refused':
      return 'daemon_intruder';
    case 'programs-exceeded':
      return 'daemon_programs';
    case 'reader-lost':
      return 'daemon_reader';
    case 'defect':
      return 'internal';
    case 'accept-failed':
      return 'daemon_descriptors';
    case 'too-many-clients':
      return 'daemon_clients';
    case 'log-lines-lost':
    case 'records-lost':
    case 'log-reopen-failed':
      return 'daemon_log';
    case 'dns-trouble':
      return 'daemon_names';
    case 'interception-lost':
      return 'gateway_removed';
    case 'interception-not-restored':
    case 'undoing-lost':
      return 'gateway_rules';
    case 'device-gone':
    case 'device-renamed':
      return 'gateway_device';
    case 'tracking-full':
      return 'gateway_tracking';
    default:
      return undefined;
  }
}
