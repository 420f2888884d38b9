// Runs in Node: what a server sends for the page.
import { version } from 'react';
import { renderToString } from 'react-dom/server';

import { renderedPage } from './rendered-page.js';

export const reactVersion = version;
export const html = renderToString(renderedPage({ options: {} }));
