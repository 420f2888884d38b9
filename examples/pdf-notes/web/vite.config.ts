import react from '@vitejs/plugin-react';
import { defineConfig, type ProxyOptions } from 'vite';

const api = process.env['API_URL'] ?? 'http://localhost:3000';

/** Sends requests for data to the API. A page and its data share an address: whoever asks for HTML gets the page. */
const data: ProxyOptions = {
  target: api,
  bypass: (request) => (request.headers.accept?.includes('text/html') ? '/index.html' : undefined),
};

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['@notes/source', 'module', 'browser', 'development|production'] },
  build: { outDir: '../dist/web', emptyOutDir: true },
  server: {
    proxy: {
      '/upload': data,
      '/notes': data,
      '/session': data,
      '/jobs': data,
      '/admin': { target: api },
      '/api': data,
      '/socket.io': { target: api, ws: true },
    },
  },
});
