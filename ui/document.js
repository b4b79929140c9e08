/* What no Streamlit call can set in the browser's document. */
export default function ({ data }) {
  // Screen readers choose their voice by it.
  document.documentElement.lang = data.language;
  // The server asks for it when the page is opened again.
  if (data.chosen) {
    document.cookie = `${data.cookie}=${data.chosen}; path=/; max-age=31536000; SameSite=Strict`;
  }
  // On a server that nobody has visited, Streamlit looks for the first address in pages/ before the
  // router has named its pages, finds none there and says so, although the page is shown.
  if (data.first) {
    let looks = 0;
    const timer = setInterval(() => {
      const close = document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]');
      if (close) close.click();
      if (close || ++looks > 40) clearInterval(timer);
    }, 50);
    return () => clearInterval(timer);
  }
}
