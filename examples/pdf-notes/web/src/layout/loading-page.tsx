export const LoadingPage = () => (
  <main id="content" className="page" aria-busy="true">
    <p className="empty">Opening your notes…</p>
  </main>
);
