import { Link } from 'react-router';

import { focusOnArrival } from './focus-on-arrival.js';

/** Shown for every address that leads nowhere. */
export const NoSuchPage = () => (
  <main id="content" className="page error-page">
    <h1 ref={focusOnArrival} tabIndex={-1}>
      There is no such page
    </h1>
    <p>The address may be mistyped, or what it showed is gone.</p>
    <Link to="/" className="button">
      Go to your notes
    </Link>
  </main>
);
