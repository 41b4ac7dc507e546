// Tidegate's own script: only makes finished pages quicker to use.
// Everything here has a way without it; nothing is hidden that only this shows.
(() => {
  "use strict";

  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Unsaved changes: what differs from the values that the server sent.
  const changedControls = (form) =>
    [...form.elements].filter((el) => {
      if (!el.name || el.type === "hidden" || el.tagName === "BUTTON" || el.disabled) return false;
      if (el.type === "checkbox" || el.type === "radio") return el.checked !== el.defaultChecked;
      if (el.tagName === "SELECT") {
        const initial = [...el.options].findIndex((o) => o.defaultSelected);
        return el.selectedIndex !== Math.max(initial, 0);
      }
      return el.value !== el.defaultValue;
    });

  // One name per setting, though a group of radio buttons changes two controls.
  const changedNames = (form) => {
    const names = new Map();
    for (const el of changedControls(form)) {
      if (el.type === "radio" && !el.checked) continue;
      const label = el.closest("[data-setting]")?.dataset.setting || el.labels?.[0]?.textContent.trim() || el.name;
      names.set(el.name, label);
    }
    return [...new Set(names.values())];
  };

  const refresh = (form) => {
    const bar = form.querySelector("[data-save-bar]");
    if (!bar) return;
    const names = changedNames(form);
    // A form that came back with errors holds unsaved input from the start.
    const dirty = names.length > 0 || form.hasAttribute("data-unsaved");
    bar.classList.toggle("is-idle", !dirty);
    form.toggleAttribute("data-dirty", dirty);
    const count = bar.querySelector("[data-count]");
    const list = bar.querySelector("[data-names]");
    if (count && names.length > 0) {
      count.textContent = names.length === 1 ? "1 unsaved change" : `${names.length} unsaved changes`;
    }
    if (list && names.length > 0) list.textContent = `${names.join(", ")}. Nothing is in effect yet.`;
  };

  const forms = () => $$("form[data-settings]");
  const onEdit = (event) => {
    const form = event.target.closest?.("form[data-settings]");
    if (form) refresh(form);
  };
  document.addEventListener("input", onEdit);
  document.addEventListener("change", onEdit);
  document.addEventListener("submit", (event) => event.target.removeAttribute("data-dirty"));
  document.addEventListener("click", (event) => {
    const leave = event.target.closest("[data-discard]");
    if (leave) leave.closest("form")?.removeAttribute("data-dirty");
  });
  window.addEventListener("beforeunload", (event) => {
    if (forms().some((form) => form.hasAttribute("data-dirty"))) event.preventDefault();
  });

  // The browser restores typed values when going back; count them again then.
  window.addEventListener("pageshow", () => {
    forms().forEach(refresh);
    countTicked();
  });

  // The button of a list to tick says how many are ticked.
  const countTicked = () => {
    for (const button of $$("[data-ticked]")) {
      const n = $$(`[name="${button.dataset.ticked}"]:checked`, button.form).length;
      button.dataset.plain ??= button.textContent;
      button.textContent = n === 0 ? button.dataset.plain : `${button.dataset.plain} ${n} ${n === 1 ? "field" : "fields"}`;
    }
  };
  document.addEventListener("change", countTicked);
  document.addEventListener("htmx:after:swap", countTicked);

  // "/" goes to the search, as its key cap says; Escape closes an open menu.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
    if (event.key === "Escape") {
      for (const menu of $$("details[data-menu][open]")) {
        const inside = menu.contains(document.activeElement);
        menu.open = false;
        if (inside) menu.querySelector("summary").focus();
      }
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of $$("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // After a refused form the summary has the focus, so that it is read first.
  const focusSummary = () => document.querySelector("[data-error-summary]")?.focus();

  // Editing in place replaces the details card; the focus goes where it was:
  // to the control that opened, or back to the field's Edit link.
  let editing = "";
  const remember = (event) => {
    const detail = event.target.closest?.(".detail");
    if (detail && event.target.closest("a, form")) editing = detail.id;
  };
  document.addEventListener("click", remember);
  document.addEventListener("submit", remember);
  document.addEventListener("htmx:after:swap", () => {
    const detail = editing && document.getElementById(editing);
    if (!detail || detail.contains(document.activeElement)) return;
    const control = detail.querySelector("input:not([type=hidden]), select, textarea, a");
    editing = "";
    control?.focus();
  });

  // A button with a page behind it opens that page as a dialog, with gray bars
  // until it is there; where that fails the browser simply goes to the page.
  const dialog = document.getElementById("dialog");
  let dialogLink = null;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener && dialog && !event.ctrlKey && !event.metaKey) {
      dialogLink = opener;
      const loading = document.getElementById("dialog-loading").content.cloneNode(true);
      document.getElementById("dialog-slot").replaceChildren(loading);
      dialog.setAttribute("aria-labelledby", "dialog-title");
      dialog.showModal();
    }
    const close = event.target.closest("[data-close]");
    if (close && dialog?.open && dialog.contains(close)) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.addEventListener("htmx:error", () => {
    if (dialog?.open && dialogLink) location.assign(dialogLink.href);
  });
  dialog?.addEventListener("close", () => dialogLink?.focus());

  // While the stream was away events may have been missed: look again once.
  document.addEventListener("htmx:sse:after:connection", (event) => {
    if (event.detail?.connection?.attempt > 0) {
      event.target.dispatchEvent(new CustomEvent("reconnected"));
    }
  });

  // A text to paste elsewhere can be selected by hand; the button saves that.
  if (navigator.clipboard) for (const button of $$("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.firstChild.textContent = "Copied";
  });

  // The current tab is brought into sight where it is not. The observer is told
  // after the page was laid out anyway; asking here would lay it out once more.
  for (const tab of $$(".tabs [aria-current]")) {
    new IntersectionObserver(([seen], watch) => {
      watch.disconnect();
      if (seen.intersectionRatio < 1) tab.scrollIntoView({ inline: "nearest", block: "nearest" });
    }).observe(tab);
  }

  document.documentElement.classList.add("has-script");
  forms().forEach(refresh);
  focusSummary();
})();
