/* The browser keeps the ids of its reader's sweeps in a cookie, so that they outlive the tab and the
   server. Two tabs may add to it: what the cookie holds by now is added to, and what was removed here
   is taken away. */
const YEAR = 31536000; // seconds

function held(name) {
  const entry = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return entry ? entry.slice(name.length + 1).split(".").filter(Boolean) : [];
}

export default function ({ data }) {
  const others = held(data.cookie).filter((id) => !data.ids.includes(id) && !data.removed.includes(id));
  const ids = [...others, ...data.ids].slice(-data.most);
  document.cookie = `${data.cookie}=${ids.join(".")}; path=/; max-age=${YEAR}; SameSite=Strict`;
}
