/* The address says what the page shows: a reload, a bookmark and a restarted server come back to it.
   Replaced, not pushed: going back leads to the page before, not through every slider. */
export default function ({ data }) {
  if (window.location.search !== data.query) {
    window.history.replaceState(window.history.state, "", window.location.pathname + data.query);
  }
}
