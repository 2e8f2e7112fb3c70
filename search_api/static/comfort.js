"use strict";

// Comfort only: every page is complete without this file.

(function () {
  const box = document.getElementById("q");
  if (!box) return;

  document.addEventListener("keydown", function (event) {
    const busy = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || busy || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  const list = document.getElementById("suggestions");
  let timer = 0;
  let asked = "";
  async function suggest() {
    const text = box.value.trim();
    if (text.length < 2 || text === asked) return;
    asked = text;
    try {
      const address = new URL("api/v1/suggest", box.form.action); // beside the search, whatever lies before both
      address.search = new URLSearchParams({ q: text });
      const answer = await fetch(address);
      if (!answer.ok || asked !== text) return;
      const found = (await answer.json()).suggestions;
      list.replaceChildren(
        ...found.map(function (title) {
          const option = document.createElement("option");
          option.value = title;
          return option;
        }),
      );
    } catch {
      asked = "";
    }
  }
  box.addEventListener("input", function (event) {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(suggest, 150);
  });
  box.addEventListener("compositionend", suggest);
})();

(function () {
  function open() {
    const part = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const details = part && part.querySelector("details");
    if (details) details.open = true;
  }
  window.addEventListener("hashchange", open);
  open();
})();
