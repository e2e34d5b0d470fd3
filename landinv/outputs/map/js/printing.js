// Print: the page takes the form of an A4 sheet before the browser looks at it, and its old form afterwards.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  function printedLegend(view) {
    const box = app.empty(document.getElementById("li-print-legend"));
    const table = document.getElementById("li-legend").cloneNode(true);
    table.removeAttribute("id");
    table.querySelectorAll("input").forEach((input) => input.remove());
    table.querySelectorAll(".li-off").forEach((row) => row.remove());
    box.appendChild(app.el("h2", {}, app.word("legend")));
    box.appendChild(table);
    const shown = view.layers.filter((entry) => entry.shown);
    if (shown.length) box.appendChild(app.el("h2", {}, app.word("layers")));
    shown.slice().reverse().forEach(function (entry) {
      box.appendChild(app.el("div", { class: "li-layer" }, app.layerSwatch(entry.layer), app.el("span", {}, app.layerTitle(entry.layer))));
      if (entry.layer.groups) box.appendChild(app.classLegend(entry.layer));
    });
  }

  // The same ground in the new frame; on paper at any scale that fits, and with finer tiles.
  function fit(view, zoomSnap, ratio) {
    view.map.options.zoomSnap = zoomSnap;
    app.leastRatio = ratio;
    view.map.invalidateSize({ animate: false, pan: false });
    view.map.fitBounds(view.beforePrint.bounds, { animate: false });
    view.layers.forEach((entry) => entry.shown && entry.grid && entry.grid.redraw());
  }

  function asSheet(view) {
    if (view.beforePrint) return;
    view.beforePrint = { bounds: view.map.getBounds(), center: view.map.getCenter(), zoom: view.map.getZoom() };
    printedLegend(view);
    document.documentElement.classList.add("li-printing");
    fit(view, 0, 2);
    app.flush();
  }

  function asWindow(view) {
    if (!view.beforePrint) return;
    document.documentElement.classList.remove("li-printing");
    fit(view, 1, 1);
    view.map.setView(view.beforePrint.center, view.beforePrint.zoom, { animate: false });
    view.beforePrint = null;
  }

  function watchPrint(view) {
    window.addEventListener("beforeprint", () => asSheet(view));
    window.addEventListener("afterprint", () => asWindow(view));
    document.getElementById("li-print").addEventListener("click", function () {
      asSheet(view);
      window.print();
    });
  }

  Object.assign(app, { watchPrint });
})(globalThis.landinv);
