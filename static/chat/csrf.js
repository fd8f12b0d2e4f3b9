// The token by which the server knows that something comes from a page of its own. A sign-in in another tab replaces
// it, and what a page was loaded with is no longer taken: the browser's cookie has the one that is.

const FIELD = "[name=csrfmiddlewaretoken]";
const COOKIES = ["__Host-csrftoken", "csrftoken"]; // over HTTPS, and without

export function getCsrfToken() {
  const cookies = new Map(document.cookie.split("; ").map((cookie) => cookie.split("=")));
  const name = COOKIES.find((each) => cookies.get(each));
  return name ? cookies.get(name) : document.querySelector(FIELD).value;
}

// A form that the browser posts takes it along in its field.
document.addEventListener("submit", ({ target }) => {
  for (const field of target.querySelectorAll(FIELD)) field.value = getCsrfToken();
});
