// The list beside the map: the rows that are shown, in the order asked for, a few hundred elements at a time.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const AT_ONCE = 120;
  const SORTS = ["parcel_id", "area_m2", "township", "idle_days"];

  function drawSorts(view) {
    const bar = document.getElementById("li-sort");
    SORTS.forEach(function (column) {
      const button = app.el("button", { type: "button", "data-sort": column, title: app.word("sort_hint") }, app.word("sort_" + column));
      button.addEventListener("click", function () {
        const again = view.sort.column === column;
        view.sort = { column, descending: again ? !view.sort.descending : column === "area_m2" || column === "idle_days" };
        drawList(view);
      });
      bar.appendChild(button);
    });
  }

  function place(row) {
    return [row.township, row.village].filter(Boolean).join(" ");
  }

  function line(view, row) {
    const kind = view.kinds.get(row.kind);
    const title = kind ? kind.title : row.kind;
    const mu = row.area_mu === null || row.area_mu === undefined ? "" : app.number(row.area_mu, 2);
    const who = row.project_name || row.holder || row.approval_no || "";
    const side = row.idle_days ? app.word("idle_for") + " " + app.number(row.idle_days, 0) + " " + app.word("days") : "";
    const node = app.el("div", { class: "li-row", role: "option", "data-index": row.index, title },
      kind ? app.swatch(kind, row.idle_level) : app.el("span", {}),
      app.el("div", { class: "li-row-main" },
        app.el("div", { class: "li-row-id" }, row.parcel_id, view.items[row.index] ? null : app.el("em", {}, app.word("no_shape"))),
        app.el("div", { class: "li-row-sub" }, [place(row), who].filter(Boolean).join(" · "))),
      app.el("div", { class: "li-row-side" },
        app.el("div", { class: "li-row-area" }, mu, mu ? app.el("small", {}, app.word("mu")) : null),
        app.el("div", { class: "li-row-sub" }, side)));
    if (row.index === view.chosen) node.classList.add("li-chosen");
    return node;
  }

  function more(view) {
    const list = document.getElementById("li-list");
    const from = list.querySelectorAll(".li-row").length;
    view.listed.slice(from, from + AT_ONCE).forEach((row) => list.appendChild(line(view, row)));
  }

  function drawList(view) {
    view.listed = app.inOrder(view.selection.shown, view.sort.column, view.sort.descending);
    const list = app.empty(document.getElementById("li-list"));
    list.scrollTop = 0;
    document.querySelectorAll("#li-sort button").forEach(function (button) {
      const active = button.dataset.sort === view.sort.column;
      button.setAttribute("aria-pressed", active);
      button.dataset.arrow = active ? (view.sort.descending ? "↓" : "↑") : "";
    });
    if (!view.listed.length) {
      const reset = app.el("button", { type: "button", class: "li-quiet" }, app.word("reset"));
      reset.addEventListener("click", () => view.reset());
      list.appendChild(app.el("div", { class: "li-none" }, app.el("p", {}, app.word("none_found")), reset));
    }
    more(view);
  }

  function watchList(view) {
    const list = document.getElementById("li-list");
    list.addEventListener("scroll", function () {
      if (list.scrollTop + list.clientHeight > list.scrollHeight - 400) more(view);
    });
    list.addEventListener("click", function (event) {
      const row = event.target.closest(".li-row");
      if (row) view.choose(Number(row.dataset.index), { fly: true });
    });
    list.addEventListener("keydown", function (event) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (!step || !view.listed.length) return;
      event.preventDefault();
      const at = view.listed.findIndex((row) => row.index === view.chosen);
      const next = view.listed[Math.max(0, Math.min(view.listed.length - 1, at + step))];
      view.choose(next.index, { fly: true });
    });
  }

  function markRow(view, index) {
    document.querySelectorAll(".li-row.li-chosen").forEach((node) => node.classList.remove("li-chosen"));
    if (index === null) return;
    const list = document.getElementById("li-list");
    const at = view.listed.findIndex((row) => row.index === index);
    while (at >= list.querySelectorAll(".li-row").length) more(view);
    const node = list.querySelector('.li-row[data-index="' + Number(index) + '"]');
    if (!node) return;
    node.classList.add("li-chosen");
    node.scrollIntoView({ block: "nearest" });
  }

  Object.assign(app, { drawSorts, drawList, watchList, markRow });
})(globalThis.landinv);
