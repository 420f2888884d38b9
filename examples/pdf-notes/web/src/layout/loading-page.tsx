export const LoadingPage = () => (
  <main className="page" aria-busy="true">
    <p className="empty">Opening your notes…</p>
  </main>
);
