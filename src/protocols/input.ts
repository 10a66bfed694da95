/** What a conversation knows before it begins. */

import type { Endpoint } from '../address/endpoint.ts';
import type { ProtocolConfig } from '../config/config.ts';
import type { TargetRules } from './target-rules.ts';

export interface ConversationInput {
  readonly config: ProtocolConfig;
  /** Where SOCKS and CONNECT clients may go. */
  readonly rules: TargetRules;
  /** The client's end of its connection and ours, after a PROXY header was believed; undefined on Unix sockets. */
  readonly client: Endpoint | undefined;
  readonly local: Endpoint | undefined;
  /** Where the client was going before netfilter handed it to us. @throws OvercoatError when nothing did */
  readonly originalDestination: () => Endpoint;
}
