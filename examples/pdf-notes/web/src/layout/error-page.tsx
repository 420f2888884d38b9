import { Link, useRouteError, isRouteErrorResponse } from 'react-router';

import { sentenceFor } from '../http/request-json.js';

/** Shown in place of a page that could not be loaded. */
export function ErrorPage() {
  const error = useRouteError();
  const isUnknownAddress = isRouteErrorResponse(error) && error.status === 404;
  return (
    <main id="content" className="page error-page">
      <h1>{isUnknownAddress ? 'There is no such page' : 'This did not work'}</h1>
      <p>{isUnknownAddress ? 'The address may be mistyped, or what it showed is gone.' : sentenceFor(error)}</p>
      <Link to="/" className="button">
        Go to your notes
      </Link>
    </main>
  );
}
