/** In the page by itself, so that nothing but the component has to be imported, and it leaves with it. */
export const PANEL_STYLES = `
.job-events-devtools {
  color-scheme: light dark;
  --line: light-dark(#d4d4d8, #3f3f46);
  --quiet: light-dark(#52525b, #a1a1aa);
  --good: light-dark(#15803d, #4ade80);
  --busy: light-dark(#1d4ed8, #60a5fa);
  --bad: light-dark(#b91c1c, #f87171);
  --odd: light-dark(#a16207, #facc15);
  position: fixed; inset: auto 0 0; z-index: 2147483000;
  font: 12px/1.45 ui-monospace, monospace;
  color: light-dark(#18181b, #f4f4f5); background: light-dark(#fafafa, #18181b);
  border-block-start: 1px solid var(--line);
}
.job-events-devtools :is(h2, h3, p, ol, ul) { margin: 0; padding: 0; list-style: none; font: inherit; }
.job-events-devtools h2 { font-weight: 700; padding-block: 8px 2px; }
.job-events-devtools :is(small, p, time) { color: var(--quiet); font-size: inherit; font-weight: 400; }
.job-events-devtools header { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 6px 12px; }
.job-events-devtools button {
  font: inherit; color: inherit; background: transparent; padding: 2px 8px;
  border: 1px solid var(--line); border-radius: 4px; cursor: pointer;
}
.job-events-devtools button:hover { border-color: currentColor; }
.job-events-devtools .state { color: var(--odd); font-weight: 700; margin-inline-end: auto; }
.job-events-devtools .state[data-state='CONNECTED'] { color: var(--good); }
.job-events-devtools .state[data-state='DISCONNECTED'] { color: var(--bad); }
.job-events-devtools .body {
  display: grid; grid-template-columns: minmax(15rem, 1fr) 3fr; gap: 0 24px;
  max-height: 40vh; overflow: auto; padding: 0 12px 12px; border-block-start: 1px solid var(--line);
}
.job-events-devtools .job { padding-block: 4px; }
.job-events-devtools .time-line {
  position: relative; height: 16px; margin-inline: 6px;
  background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat;
}
.job-events-devtools .time-line li {
  position: absolute; inset-block-start: 3px; box-sizing: border-box; width: 10px; height: 10px; margin-inline-start: -5px;
  color: var(--busy); background: currentColor; border: 2px solid currentColor; border-radius: 50%;
}
.job-events-devtools .time-line span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.job-events-devtools .time-line [data-status='completed'] { color: var(--good); }
.job-events-devtools .time-line :is([data-status='failed'], [data-status='retrying']) { color: var(--bad); }
.job-events-devtools .time-line [data-status='cancelled'] { color: var(--quiet); }
.job-events-devtools .time-line li:not([data-outcome='new']) { background: transparent; color: var(--odd); border-radius: 0; }
.job-events-devtools .time-line li[data-outcome='dropped'] { color: var(--bad); }
.job-events-devtools b { color: var(--odd); }
.job-events-devtools b[data-outcome='dropped'] { color: var(--bad); }
@media (width < 40rem) { .job-events-devtools .body { grid-template-columns: 1fr; } }
`;
