/**
 * Streaming services that take RTMPS, as data: facts with a public source and the day they were looked up. Nobody has an account with all
 * of them, so each is `unverified` until somebody has streamed through it; to add or to correct one, change a row and its date, and run
 * `npm run docs`.
 */

export interface Preset {
  /** One word, as it is typed. */
  readonly service: string;
  /** What the service calls itself. */
  readonly title: string;
  /** undefined: the service gives everybody another host, which has to be copied from it. */
  readonly url: string | undefined;
  /** Where the user finds the stream key, and the URL where that is his own. */
  readonly where: string;
  /** How an own URL looks; for services without a `url`. */
  readonly looksLike?: string;
  /** A public page, by which the row can be checked. */
  readonly source: string;
  /** The day that was done. */
  readonly date: string;
  /** Somebody has streamed through this row, on that day. */
  readonly verified: string | undefined;
}

export const PRESETS: readonly Preset[] = [
  {
    service: 'youtube',
    title: 'YouTube Live',
    url: 'rtmps://a.rtmps.youtube.com:443/live2',
    where: 'YouTube Studio, Go live, Stream: the stream key',
    source: 'https://developers.google.com/youtube/v3/live/guides/rtmps-ingestion',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'facebook',
    title: 'Facebook Live',
    url: 'rtmps://live-api-s.facebook.com:443/rtmp',
    where: 'Live Producer, Streaming software: the stream key',
    source: 'https://developers.facebook.com/docs/live-video-api/overview',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'twitch',
    title: 'Twitch',
    url: 'rtmps://live.twitch.tv:443/app',
    where: 'Creator Dashboard, Settings, Stream: the primary stream key',
    source: 'https://docs.aws.amazon.com/chime-sdk/latest/dg/connector-pipe-config.html',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'vimeo',
    title: 'Vimeo',
    url: 'rtmps://rtmp-global.cloud.vimeo.com:443/live',
    where: 'the live event, Connect (RTMPS): the stream key',
    source: 'https://help.vimeo.com/hc/en-us/articles/35052933757073-About-streaming-protocols-supported-by-Vimeo',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'restream',
    title: 'Restream',
    url: 'rtmps://live.restream.io:1937/live',
    where: 'the dashboard, RTMP settings: the stream key',
    source: 'https://support.restream.io/',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'mux',
    title: 'Mux',
    url: 'rtmps://global-live.mux.com:443/app',
    where: 'the live stream in the dashboard: the stream key',
    source: 'https://github.com/obsproject/obs-studio/blob/master/plugins/rtmp-services/data/services.json',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'ivs',
    title: 'Amazon IVS',
    url: undefined,
    where: 'the channel in the console, or CreateChannel: ingest endpoint and stream key',
    looksLike: 'rtmps://a1b2c3d4e5f6.global-contribute.live-video.net:443/app',
    source: 'https://docs.aws.amazon.com/ivs/latest/userguide/streaming-config.html',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'kick',
    title: 'Kick',
    url: undefined,
    where: 'Creator Dashboard, Settings, Stream key: stream URL and stream key',
    looksLike: 'rtmps://a1b2c3d4e5f6.global-contribute.live-video.net:443/app',
    source: 'https://help.kick.com/',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'instagram',
    title: 'Instagram Live Producer',
    url: undefined,
    where: 'instagram.com, Create, Live video: stream URL and stream key, new for each broadcast',
    looksLike: 'rtmps://HOST.instagram.com:443/rtmp',
    source: 'https://about.instagram.com/blog/tips-and-tricks/instagram-live-producer',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'x',
    title: 'X (Media Studio)',
    url: undefined,
    where: 'Media Studio, Producer, Sources: RTMPS URL of the region and stream key',
    looksLike: 'rtmps://REGION.pscp.tv:443/x',
    source: 'https://help.x.com/en/using-x/how-to-use-live-producer',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'telegram',
    title: 'Telegram',
    url: undefined,
    where: 'the channel, Live stream, Start with: server URL and stream key',
    looksLike: 'rtmps://dc4-1.rtmp.t.me/s',
    source: 'https://core.telegram.org/method/phone.getGroupCallStreamRtmpUrl',
    date: '2026-11-28',
    verified: undefined,
  },
  {
    service: 'linkedin',
    title: 'LinkedIn Live',
    url: undefined,
    where: 'the event, Go live, Custom stream (RTMP): the URL of the region and the stream key',
    looksLike: 'rtmps://HOST:443/live/ID',
    source: 'https://learn.microsoft.com/en-us/linkedin/consumer/integrations/live-video/',
    date: '2026-11-28',
    verified: undefined,
  },
];

/** Whether somebody has used it, for lists. */
export function stateOf({ verified }: Preset): string {
  return verified === undefined ? 'unverified' : `verified ${verified}`;
}
