/** Where the process wants a token: the content of the file that `statusToken` names. */
import { useState } from 'preact/hooks';
import { rememberToken } from '../ask.ts';
import { askAgain } from '../hearing.ts';
import { html } from '../html.ts';

/** @param wrong the process has refused the one that was given */
export function SignIn({ wrong }: { readonly wrong: boolean }) {
  const [token, setToken] = useState('');
  const send = (event: Event): void => {
    event.preventDefault();
    rememberToken(token.trim());
    askAgain();
  };
  return html`<main class="sign-in">
    <form class="card" onSubmit=${send}>
      <h1>Overcoat</h1>
      <p>This status port is read with a token: the content of the file that <code>statusToken</code> names in the configuration.</p>
      <label for="token">Token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        required
        aria-describedby="token-answer"
        value=${token}
        onInput=${(event: Event) => setToken((event.target as HTMLInputElement).value)}
      />
      <p id="token-answer" role="alert" class="refusal">${wrong ? 'That is not the token.' : ''}</p>
      <button type="submit" class="primary">Show the page</button>
      <p class="muted">It stays in this tab until that is closed.</p>
    </form>
  </main>`;
}
