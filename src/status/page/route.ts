/** Which view is shown: what stands behind `#` in the address. */
import { useEffect, useState } from 'preact/hooks';

export const VIEWS = {
  overview: 'Overview',
  streams: 'Streams',
  connections: 'Connections',
  handshakes: 'Handshakes',
  failures: 'Failures',
  certificates: 'Certificates',
} as const;

export type View = keyof typeof VIEWS;

export function useView(): View {
  const [view, setView] = useState(viewIn(location.hash));
  useEffect(() => {
    const follow = (): void => setView(viewIn(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return view;
}

function viewIn(hash: string): View {
  const word = hash.slice(1);
  return Object.hasOwn(VIEWS, word) ? (word as View) : 'overview';
}
