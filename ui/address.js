/* The address says what the page shows: a reload, a bookmark and a restarted server come back to it.

   Every version of a comparison is an entry of the browser's history and carries its number. Back and
   Forward tell the script the number of where they have led to; until it has answered, the address is
   left alone. Where a link would be too long, the entry carries the whole comparison as well. */
const SOON = 100; // milliseconds
const place = (window.comparisonPlace ??= { asked: null, number: null, count: 0 });

function ask({ version, comparison } = {}) {
  place.count += 1;
  place.asked = {
    name: `${Date.now()}.${place.count}`,
    number: version ?? "",
    query: window.location.search,
    comparison: comparison ?? "",
  };
}

/* Streamlit itself runs the script when it hears of this. It is told after that: while a page takes the
   place of another one, the browser still sends what the controls of the other one show. */
function tell() {
  clearTimeout(place.timer);
  place.timer = setTimeout(() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app?.dataset.testScriptState !== "notRunning") tell();
    else if (place.asked && window.location.pathname === place.path) place.send(place.asked);
  }, SOON);
}

function went(event) {
  ask(event.state ?? undefined);
  tell();
}

if (!place.listens) {
  place.listens = true;
  window.addEventListener("popstate", went);
}

export default function ({ data, setTriggerValue }) {
  place.path = window.location.pathname;
  place.send = (asked) => setTriggerValue("went", asked);
  const here = window.history.state;
  const isLoaded = place.number === null;
  if (isLoaded && !place.asked && here?.comparison) ask(here);
  if (place.asked && place.asked.name !== data.answered) return tell();
  const isNew = !isLoaded && !place.asked && here?.version === place.number && data.number !== place.number;
  place.asked = null;
  place.number = data.number;
  const isSame = here?.version === data.number && here?.comparison === data.comparison;
  if (isSame && window.location.search === data.query) return;
  const entry = { ...here, version: data.number, comparison: data.comparison };
  const address = window.location.pathname + data.query;
  if (isNew) window.history.pushState(entry, "", address);
  else window.history.replaceState(entry, "", address);
}
