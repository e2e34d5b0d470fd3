// The legend counts what is shown, and its rows switch the kinds on and off.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  function cells(texts) {
    return texts.map((text) => app.el("td", { class: "li-number" }, text));
  }

  function levelRows(entry) {
    const names = [["1", "level_1"], ["2", "level_2"], ["none", "level_none"]];
    return names.filter((n) => entry.levels[n[0]] > 0).map((n) => app.el("tr", { class: "li-level" },
      app.el("td", {}), app.el("td", {}, app.word(n[1])), app.el("td", { class: "li-number" }, app.number(entry.levels[n[0]], 0)), app.el("td", {}), app.el("td", {})));
  }

  function kindRow(view, kind, entry, areas, off) {
    const box = app.el("input", { type: "checkbox", "data-kind": kind.name, "aria-label": kind.title });
    box.checked = !off;
    box.addEventListener("change", () => view.toggleKind(kind.name));
    const label = app.el("label", {}, box, app.swatch(kind, 1));
    const row = app.el("tr", { class: off ? "li-off" : "", "data-kind": kind.name },
      app.el("td", {}, label), app.el("td", { class: "li-kind" }, kind.title));
    cells([app.number(entry.count, 0), app.number(areas[0], 2), app.number(areas[1], 2)]).forEach((c) => row.appendChild(c));
    row.addEventListener("click", function (event) {
      if (!label.contains(event.target)) view.toggleKind(kind.name);
    });
    return row;
  }

  // Totals of the kinds that are switched on; a switched-off kind keeps its figures, in grey, and is not added.
  function drawLegend(view) {
    const table = app.empty(document.getElementById("li-legend"));
    const kinds = view.settings.kinds.filter((k) => view.reg.rows.some((row) => row.kind === k.name));
    const off = (k) => view.state.hiddenKinds.has(k.name);
    const entries = app.tally(view.selection.met, kinds.map((k) => k.name));
    const on = entries.filter((_, i) => !off(kinds[i]));
    const onAreas = app.footedAreas(on), allAreas = app.footedAreas(entries);
    const head = app.el("tr", {}, app.el("th", {}), app.el("th", {}));
    ["count", "hectares", "mu"].forEach((key) => head.appendChild(app.el("th", { class: "li-number" }, app.word(key))));
    table.appendChild(app.el("thead", {}, head));
    const body = app.el("tbody", {});
    kinds.forEach(function (kind, i) {
      const at = on.indexOf(entries[i]);
      const areas = at >= 0 ? [onAreas.ha[at], onAreas.mu[at]] : [allAreas.ha[i], allAreas.mu[i]];
      body.appendChild(kindRow(view, kind, entries[i], areas, off(kind)));
      if (kind.name === "suspected_idle" && !off(kind)) levelRows(entries[i]).forEach((r) => body.appendChild(r));
    });
    table.appendChild(body);
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const foot = app.el("tr", { class: "li-total" }, app.el("td", {}), app.el("td", {}, app.word("total")));
    cells([app.number(sum(on.map((e) => e.count)), 0), app.number(sum(onAreas.ha), 2), app.number(sum(onAreas.mu), 2)]).forEach((c) => foot.appendChild(c));
    table.appendChild(app.el("tfoot", {}, foot));
  }

  function fillTownships(view) {
    const select = document.getElementById("li-township");
    const counts = new Map();
    view.reg.rows.forEach((row) => counts.set(row.township || null, (counts.get(row.township || null) || 0) + 1));
    const names = Array.from(counts.keys()).filter((n) => n !== null);
    const collator = new Intl.Collator("zh");
    names.sort((a, b) => collator.compare(a, b));
    view.townships = ["", ...names, ...(counts.has(null) ? [null] : [])];
    view.townships.forEach(function (name, i) {
      const text = name === "" ? app.word("all_townships") : name === null ? app.word("no_township") : name;
      const count = name === "" ? view.reg.rows.length : counts.get(name);
      select.appendChild(app.el("option", { value: i }, text + "（" + count + "）"));
    });
    select.addEventListener("change", () => view.set({ township: view.townships[Number(select.value)] }));
  }

  function watchSearch(view) {
    const input = document.getElementById("li-search");
    input.addEventListener("input", () => view.set({ text: input.value }));
    input.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && view.listed.length) view.choose(view.listed[0].index, { fly: true });
    });
  }

  Object.assign(app, { drawLegend, fillTownships, watchSearch });
})(globalThis.landinv);
