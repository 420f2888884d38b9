import { useState, type FormEvent } from 'react';
import { useLocation, useNavigate } from 'react-router';

import { sentenceFor } from '../http/request-json.js';
import { LogoIcon } from '../layout/icons.js';
import { signIn } from './session-api.js';

/** Asks for a name, which is all that this demonstration wants to know. */
export function SignInPage() {
  const navigate = useNavigate();
  const here = useLocation();
  const [isSending, setIsSending] = useState(false);
  const [reason, setReason] = useState<string>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name')).trim();
    setIsSending(true);
    setReason(undefined);
    try {
      await signIn(name);
      await navigate(here, { replace: true }); // an arrival: the page that was asked for, read anew
    } catch (error) {
      setReason(sentenceFor(error));
    } finally {
      setIsSending(false);
    }
  };

  return (
    <main id="content" className="page sign-in">
      <LogoIcon />
      <h1>PDF Notes</h1>
      <p className="lead">Drop a PDF, watch it become study notes.</p>
      <form className="sign-in-form" onSubmit={(event) => void submit(event)}>
        <label htmlFor="name">Your name</label>
        <div className="field-row">
          <input id="name" name="name" required maxLength={40} autoComplete="username" placeholder="ada" autoFocus />
          <button type="submit" className="button primary" disabled={isSending}>
            Sign in
          </button>
        </div>
        {reason !== undefined && (
          <p className="problem" role="alert">
            {reason}
          </p>
        )}
      </form>
      <p className="fine-print">A demonstration: a name is enough, and each name has notes of its own.</p>
    </main>
  );
}
