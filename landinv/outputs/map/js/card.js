// The card of a parcel, or of the survey patch under a click.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const UNITS = { m2: "㎡", wan: "万元" };
  const THEMES = ["landclass", "plan", "owner", "village", "township", "farmland", "redline", "boundary", "zone"];
  const WIDE = ["reason", "clause", "source_refs", "location", "project_name", "holder", "owner_unit"];

  function isEmpty(value) {
    return value === null || value === undefined || value === "";
  }

  function written(view, column, value) {
    if (column.type === "number") return app.number(value, column.decimals);
    if (column.type === "integer") return app.number(value, 0);
    if (column.type === "bool") return app.word(value ? "yes" : "no");
    const kind = column.name === "next_kind" ? view.kinds.get(value) : null;
    return kind ? kind.title : value;
  }

  function fields(view, row, columns) {
    const list = app.el("dl", {});
    columns.filter((c) => !isEmpty(row[c.name])).forEach(function (column) {
      const text = written(view, column, row[column.name]);
      list.appendChild(app.el("div", { class: WIDE.includes(column.name) || text.length > 22 ? "li-wide" : "", "data-field": column.name },
        app.el("dt", {}, column.title), app.el("dd", { class: column.type === "number" ? "li-figures" : "" }, text)));
    });
    return list.childNodes.length ? list : null;
  }

  function section(title, content) {
    return content ? app.el("section", {}, app.el("h3", {}, title), content) : null;
  }

  function bar(share, total) {
    const part = total > 0 ? share.area_m2 / total : 0;
    const name = share.code === "uncovered" ? app.word("uncovered") : share.name || share.code || "";
    const fill = app.el("i", {});
    fill.style.width = Math.max(0.5, Math.min(100, part * 100)) + "%";
    return app.el("div", { class: "li-share" },
      app.el("span", { class: "li-share-name", title: share.code || "" }, name),
      app.el("span", { class: "li-share-bar" }, fill),
      app.el("span", { class: "li-number" }, app.number(share.area_m2, 2)),
      app.el("span", { class: "li-number" }, app.number(part * 100, 1) + "%"));
  }

  function shares(view, row) {
    const own = view.reg.shares.get(row.parcel_id) || [];
    const box = app.el("div", { class: "li-shares" });
    THEMES.forEach(function (theme) {
      const rows = own.filter((share) => share.theme === theme && share.area_m2 > 0);
      if (!rows.length) return;
      const total = row.area_m2 || rows.reduce((sum, share) => sum + share.area_m2, 0);
      box.appendChild(app.el("h4", {}, app.word("theme_" + theme), app.el("small", {}, "㎡")));
      rows.forEach((share) => box.appendChild(bar(share, total)));
    });
    return box.childNodes.length ? box : null;
  }

  function links(view, row) {
    const own = view.reg.links.get(row.parcel_id) || [];
    if (!own.length) return null;
    const box = app.el("ul", { class: "li-links" });
    own.forEach(function (link) {
      const how = [link.method, isEmpty(link.score) ? "" : app.word("link_score") + " " + app.number(link.score, 3)].filter(Boolean).join(" · ");
      box.appendChild(app.el("li", {}, app.el("b", {}, link.project_name || link.project_code || link.project_key),
        app.el("span", {}, [link.project_code, how].filter(Boolean).join(" · ")), link.evidence ? app.el("p", {}, link.evidence) : null));
    });
    return box;
  }

  function header(view, title, chip, actions) {
    const close = app.el("button", { type: "button", class: "li-close", "aria-label": app.word("close"), title: app.word("close") + " (Esc)" }, "×");
    close.addEventListener("click", () => view.close());
    return app.el("header", {}, app.el("div", { class: "li-card-title" }, chip, app.el("h2", {}, title)), actions, close);
  }

  function parcelCard(view, row) {
    const kind = view.kinds.get(row.kind);
    const chip = app.el("span", { class: "li-chip" }, kind ? app.swatch(kind, row.idle_level) : null, kind ? kind.title : row.kind);
    const zoom = view.items[row.index] ? app.el("button", { type: "button", class: "li-quiet" }, app.word("zoom_to")) : app.el("em", {}, app.word("no_shape"));
    zoom.addEventListener("click", () => view.fly(row.index));
    const body = app.el("div", { class: "li-card-body" });
    if (!isEmpty(row.area_mu) || !isEmpty(row.area_ha)) {
      body.appendChild(app.el("p", { class: "li-headline" },
        isEmpty(row.area_mu) ? null : app.el("b", {}, app.number(row.area_mu, 2)), isEmpty(row.area_mu) ? null : app.word("mu"),
        isEmpty(row.area_ha) ? null : app.el("span", {}, app.number(row.area_ha, 4) + " " + app.word("hectares"))));
    }
    if (row.reason) {
      body.appendChild(app.el("div", { class: "li-reason" }, app.el("p", {}, row.reason), row.clause ? app.el("cite", {}, row.clause) : null));
    }
    const said = row.reason ? ["reason", "clause"] : [];
    view.settings.card.forEach(function (group) {
      const columns = group.columns.filter((c) => !said.includes(c.name));
      const part = section(app.word("group_" + group.group), fields(view, row, columns));
      if (part) body.appendChild(part);
      if (group.group === "project" && links(view, row)) body.appendChild(section(app.word("links"), links(view, row)));
    });
    const composition = section(app.word("shares"), shares(view, row));
    if (composition) body.insertBefore(composition, body.children[Math.min(4, body.children.length)] || null);
    show(view, header(view, row.parcel_id, chip, zoom), body);
  }

  const PATCH = [["DLMC", "landclass"], ["QSDWMC", "owner"], ["ZLDWMC", "situs"], ["TBBH", "patch_no"], ["TBMJ", "patch_area"]];

  function patchFields(set, polygon) {
    const list = app.el("dl", {});
    PATCH.forEach(function (field) {
      let text = app.columnValue(set.columns[field[0]], polygon);
      if (field[0] === "DLMC") text = [text, app.columnValue(set.columns.DLBM, polygon)].filter(Boolean).join("　");
      if (text) list.appendChild(app.el("div", { class: "li-wide", "data-field": field[0] }, app.el("dt", {}, app.word(field[1])), app.el("dd", {}, text)));
    });
    return list;
  }

  // hits: [{view layer, polygon}] from the top down; the survey patch first.
  function patchCard(view, hits) {
    const body = app.el("div", { class: "li-card-body" });
    hits.filter((h) => h.entry.layer.fill_column).forEach((h) => body.appendChild(app.el("section", {}, patchFields(h.entry.set, h.polygon))));
    const others = hits.filter((h) => !h.entry.layer.fill_column);
    if (others.length) {
      const list = app.el("dl", {});
      others.forEach(function (h) {
        const texts = h.entry.layer.columns.map((c) => app.columnValue(h.entry.set.columns[c], h.polygon)).filter(Boolean);
        list.appendChild(app.el("div", { class: "li-wide" }, app.el("dt", {}, app.layerTitle(h.entry.layer)), app.el("dd", {}, texts.join("　") || app.word("yes"))));
      });
      body.appendChild(section(app.word("hits"), list));
    }
    show(view, header(view, app.word("patch"), null, null), body);
  }

  function show(view, head, body) {
    const card = app.empty(document.getElementById("li-card"));
    card.appendChild(head);
    card.appendChild(body);
    card.hidden = false;
    card.scrollTop = 0;
  }

  Object.assign(app, { parcelCard, patchCard });
})(globalThis.landinv);
