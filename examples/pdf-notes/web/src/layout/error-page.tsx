import { Link, useRouteError } from 'react-router';

import { sentenceFor } from '../http/request-json.js';
import { focusOnArrival } from './focus-on-arrival.js';

/** Shown in place of a page that could not be loaded. */
export function ErrorPage() {
  const error = useRouteError();
  return (
    <main id="content" className="page error-page">
      <h1 ref={focusOnArrival} tabIndex={-1}>
        This did not work
      </h1>
      <p>{sentenceFor(error)}</p>
      <Link to="/" className="button">
        Go to your notes
      </Link>
    </main>
  );
}
