// The layers under the parcels: switching them, naming them, and what lies under a point.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  function layerTitle(layer) {
    return layer.own_name ? layer.name : app.word("layer_" + layer.name);
  }

  // Labels of a layer that do not touch one another, largest area first.
  function placeLabels(view, entry) {
    if (entry.names) entry.names.remove();
    entry.names = null;
    if (!entry.shown || !entry.layer.labels.length) return;
    const size = view.map.getSize();
    const taken = [];
    const group = L.layerGroup();
    entry.layer.labels.forEach(function (label) {
      const at = view.map.latLngToContainerPoint([label.lat, label.lng]);
      const half = 8 * label.text.length + 6;
      const box = [at.x - half, at.y - 11, at.x + half, at.y + 11];
      if (box[2] < 0 || box[3] < 0 || box[0] > size.x || box[1] > size.y) return;
      if (taken.some((t) => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return;
      taken.push(box);
      const text = app.el("span", {}, label.text);
      group.addLayer(L.marker([label.lat, label.lng], { pane: "li-names", interactive: false, keyboard: false, icon: L.divIcon({ className: "li-place li-place-" + (entry.layer.name === "townships" ? "large" : "small"), html: text, iconSize: [0, 0] }) }));
    });
    entry.names = group.addTo(view.map);
  }

  const VILLAGE_LABELS_FROM = 13;

  function labelsWanted(view, entry) {
    const zoom = view.map.getZoom();
    return entry.layer.name === "villages" ? zoom >= VILLAGE_LABELS_FROM : zoom < 16;
  }

  function refreshLabels(view) {
    view.layers.forEach(function (entry) {
      if (!entry.layer.labels || !entry.layer.labels.length) return;
      if (labelsWanted(view, entry)) placeLabels(view, entry);
      else if (entry.names) {
        entry.names.remove();
        entry.names = null;
      }
    });
  }

  function setShown(view, entry, shown) {
    entry.shown = shown;
    if (entry.grid) {
      if (shown) entry.grid.addTo(view.map);
      else entry.grid.remove();
    }
    if (!shown && entry.names) {
      entry.names.remove();
      entry.names = null;
    }
    if (shown) refreshLabels(view);
  }

  async function unpack(view, entry) {
    const set = await app.readLayer(entry.layer.id);
    entry.set = app.index(set);
    const pane = view.map.createPane("li-" + entry.layer.id);
    pane.style.zIndex = 205 + view.layers.indexOf(entry);
    pane.style.pointerEvents = "none";
    entry.grid = app.canvasLayer(entry.set, entry.layer, "li-" + entry.layer.id);
    if (entry.shown) entry.grid.addTo(view.map);
  }

  async function addLayers(view) {
    view.layers = view.settings.layers.map((layer) => ({ layer, shown: layer.shown, set: null, grid: null, names: null }));
    view.map.on("moveend", () => refreshLabels(view));
    const loading = document.getElementById("li-loading");
    loading.hidden = !view.layers.length;
    // what is shown first, the survey patches before all
    const order = view.layers.slice().sort((a, b) => b.shown - a.shown);
    for (const entry of order) await unpack(view, entry);
    loading.hidden = true;
    refreshLabels(view);
  }

  function layerRow(view, entry) {
    const box = app.el("input", { type: "checkbox", "data-layer": entry.layer.id });
    box.checked = entry.shown;
    box.addEventListener("change", () => setShown(view, entry, box.checked));
    return app.el("label", { class: "li-layer" }, box, app.layerSwatch(entry.layer), app.el("span", {}, layerTitle(entry.layer)));
  }

  function classLegend(layer) {
    const order = ["cropland", "orchard", "forest", "grass", "wetland", "commerce", "industry", "housing", "public", "special", "transport", "water", "other", "unknown"];
    const groups = layer.groups.slice().sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
    const box = app.el("div", { class: "li-classes" });
    groups.forEach(function (group) {
      const sample = app.el("i", {});
      sample.style.backgroundColor = group[1];
      box.appendChild(app.el("span", {}, sample, app.word("class_" + group[0])));
    });
    return box;
  }

  function drawLayerPanel(view) {
    const panel = document.getElementById("li-layers-panel");
    const button = document.getElementById("li-layers-button");
    document.getElementById("li-layers").hidden = !view.layers.length;
    view.layers.slice().reverse().forEach((entry) => panel.appendChild(layerRow(view, entry)));
    const background = view.layers.find((entry) => entry.layer.groups);
    if (background) {
      panel.appendChild(app.el("h3", {}, app.word("landclass_legend")));
      panel.appendChild(classLegend(background.layer));
    }
    button.addEventListener("click", function () {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
    });
  }

  // What the shown layers have under a point of the web Mercator plane, the patch first, then from the top down.
  function hitsAt(view, mercator) {
    const hits = [];
    view.layers.slice().reverse().forEach(function (entry) {
      if (!entry.shown || !entry.set) return;
      app.polygonsAt(entry.set, mercator).forEach((polygon) => hits.push({ entry, polygon }));
    });
    return hits.sort((a, b) => Boolean(b.entry.layer.fill_column) - Boolean(a.entry.layer.fill_column));
  }

  Object.assign(app, { layerTitle, addLayers, drawLayerPanel, classLegend, hitsAt, setShown });
})(globalThis.landinv);
