/* The address says what the page shows: a reload, a bookmark and a restarted server come back to it.

   Every version of a comparison is an entry of the browser's history and carries its number. Back and
   Forward tell the script the number of where they have led to; until it has answered, the address is
   left alone. Where a link would be too long, the entry carries the whole comparison as well. What the
   other pages work on, the tab keeps, and gives it back to a session that has just begun. */
const SOON = 100; // milliseconds
const WORKS = "descent-lab-works";
const place = (window.comparisonPlace ??= { asked: null, number: null, session: null, count: 0 });

function ask(entry, works = "") {
  place.count += 1;
  place.asked = {
    name: `${Date.now()}.${place.count}`,
    number: entry?.version ?? "",
    query: window.location.search,
    comparison: entry?.comparison ?? "",
    works,
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
  ask(event.state, place.asked?.works);
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
  const session = data.number.split(".")[0];
  const hasBegun = session !== place.session;
  place.session = session;
  if (hasBegun && !place.asked) {
    const works = storage((kept) => kept.getItem(WORKS)) ?? "";
    const entry = here?.comparison ? { comparison: here.comparison } : { version: data.number };
    if (works || here?.comparison) ask(entry, works);
  }
  if (place.asked && place.asked.name !== data.answered) return tell();
  const isAnswer = place.asked !== null;
  const isNew = !hasBegun && !isAnswer && here?.version === place.number && data.number !== place.number;
  place.asked = null;
  place.number = data.number;
  storage((kept) => kept.setItem(WORKS, data.works));
  const isSame = here?.version === data.number && here?.comparison === data.comparison;
  if (isSame && window.location.search === data.query) return;
  const entry = { ...here, version: data.number, comparison: data.comparison };
  const address = window.location.pathname + data.query;
  if (isNew) window.history.pushState(entry, "", address);
  else window.history.replaceState(entry, "", address);
}

/* A browser may keep nothing, or have no room left. */
function storage(use) {
  try {
    return use(window.sessionStorage);
  } catch {
    return null;
  }
}
