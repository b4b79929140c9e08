/* What no Streamlit call can set in the browser's document. */

const openDialog = () => document.querySelector('[data-testid="stDialog"]');
const close = (dialog) => dialog.querySelector('button[aria-label="Close"]')?.click();

/* A download button is disabled while its file is made and loses the focus, to nothing; a dialog hears
   Escape from within only. */
function closeByEscape(event) {
  const dialog = openDialog();
  if (dialog && event.key === "Escape" && document.activeElement === document.body) close(dialog);
}

/* Ctrl + Z takes back what the page did; in a field it takes back what was typed there. */
function undoByKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || openDialog()) return;
  const key = event.key.toLowerCase();
  const name = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
  const isTyping = event.target.closest("textarea, [contenteditable=true], input:not([type=range])");
  const button = name && !isTyping && document.querySelector(`.st-key-${name} button:not([disabled])`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

/* Escape leaves a presentation, unless something lies above it or a number is being typed. */
function leaveByEscape(event) {
  const isBusy = openDialog() || event.target.closest('input:not([type=range]), [data-testid="stPopoverBody"]');
  if (event.key === "Escape" && !isBusy) document.querySelector(".st-key-leave button")?.click();
}

/* An open popover is the last stop of the Tab key, after all of the page, which by then has scrolled the
   popover away with its button. */
function showPopover(event) {
  if (!event.target.closest('[data-testid="stPopoverBody"]')) return;
  document.querySelector('[data-testid="stPopover"] [aria-expanded="true"]')?.scrollIntoView({ block: "nearest" });
}

/* Streamlit fetches what draws charts, five megabytes, when the first of them is there. Its name is in the main script;
   where it is not, nothing is lost but time. */
async function fetchPlotly() {
  const main = document.querySelector('script[type="module"][src]')?.src;
  if (window.plotlyIsFetched || !main) return;
  window.plotlyIsFetched = true;
  const name = (await (await fetch(main)).text()).match(/PlotlyChart\.[\w-]+\.js/);
  if (name) await import(new URL(name[0], main));
}

export default function ({ data }) {
  fetchPlotly().catch(() => {});
  document.addEventListener("keydown", closeByEscape); // the same function is added once only
  document.addEventListener("keydown", undoByKey);
  document.addEventListener("keydown", leaveByEscape);
  document.addEventListener("focusin", showPopover);
  // Screen readers choose their voice by it.
  document.documentElement.lang = data.language;
  // The server asks for it when the page is opened again.
  if (data.chosen) {
    document.cookie = `${data.cookie}=${data.chosen}; path=/; max-age=31536000; SameSite=Strict`;
  }
  // So that a reload finds the tables again that its reader has brought.
  if (data.reader) document.cookie = `${data.readerCookie}=${data.reader}; path=/; SameSite=Strict`;
  // On a server that nobody has visited, Streamlit looks for the first address in pages/ before the
  // router has named its pages, finds none there and says so, although the page is shown.
  if (data.first) {
    let looks = 0;
    const timer = setInterval(() => {
      const dialog = openDialog();
      const isFalse = dialog?.textContent.includes("Page not found"); // not one that was asked for
      if (isFalse) close(dialog);
      if (isFalse || ++looks > 40) clearInterval(timer);
    }, 50);
    return () => clearInterval(timer);
  }
}
