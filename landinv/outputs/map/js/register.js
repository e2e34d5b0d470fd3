// The register in the page: rows, filter, search, order, totals and exact shapes. No drawing.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const SEARCHED = [
    "parcel_id", "approval_no", "supervision_no", "contract_no", "parcel_code", "project_code", "project_name",
    "holder", "village", "township", "location", "held_for",
  ];
  const HECTARES_PER_M2 = 1e-4;
  const MU_PER_M2 = 0.0015;

  // One form for what people type in different ways: width, case, blanks, brackets and dashes.
  function plain(text) {
    return String(text).normalize("NFKC").toLowerCase().replace(/[〔【\[]/g, "(").replace(/[〕】\]]/g, ")")
      .replace(/[‐‑–—−]/g, "-").replace(/\s+/g, "");
  }

  function rowsOf(table) {
    const names = Object.keys(table);
    const count = names.length ? table[names[0]].length : 0;
    const rows = [];
    for (let i = 0; i < count; i++) {
      const row = {};
      names.forEach((name) => (row[name] = table[name][i]));
      rows.push(row);
    }
    return rows;
  }

  function byParcel(rows) {
    const groups = new Map();
    rows.forEach(function (row) {
      if (!groups.has(row.parcel_id)) groups.set(row.parcel_id, []);
      groups.get(row.parcel_id).push(row);
    });
    return groups;
  }

  function register(parcels, shares, links) {
    const rows = rowsOf(parcels);
    const linked = byParcel(rowsOf(links || {}));
    rows.forEach(function (row, i) {
      const ownLinks = linked.get(row.parcel_id) || [];
      const texts = SEARCHED.map((name) => row[name]);
      ownLinks.forEach((link) => texts.push(link.project_name, link.project_code));
      row.index = i;
      row.haystack = texts.filter((t) => t !== null && t !== undefined).map(plain).join("\n");
    });
    return {
      rows,
      shares: byParcel(rowsOf(shares || {})),
      links: linked,
      indexOf: new Map(rows.map((row, i) => [row.parcel_id, i])),
    };
  }

  // state: {hiddenKinds: Set, township: name | "" (all) | null (none filled in), text}
  function meets(row, state) {
    if (state.township !== "" && state.township !== undefined && (row.township || null) !== state.township) return false;
    const wanted = String(state.text || "").trim().split(/\s+/).map(plain);
    return wanted.every((part) => row.haystack.includes(part));
  }

  // Rows that meet township and search, whatever their kind, and those of them whose kind is shown.
  function select(reg, state) {
    const met = reg.rows.filter((row) => meets(row, state));
    return { met, shown: met.filter((row) => !state.hiddenKinds.has(row.kind)) };
  }

  const collator = new Intl.Collator("zh", { numeric: true });

  function compare(a, b) {
    return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
  }

  // Sorted copy; missing values come last in either direction, equal ones keep the register's order.
  function inOrder(rows, column, descending) {
    const sign = descending ? -1 : 1;
    return rows.slice().sort(function (a, b) {
      const x = a[column], y = b[column];
      const noX = x === null || x === undefined, noY = y === null || y === undefined;
      if (noX || noY) return noX - noY || a.index - b.index;
      return sign * compare(x, y) || a.index - b.index;
    });
  }

  // [{kind, count, area_m2, levels: {1: n, 2: n, none: n}}] for the kinds given, in their order.
  function tally(rows, kinds) {
    const found = new Map(kinds.map((k) => [k, { kind: k, count: 0, area_m2: 0, levels: { 1: 0, 2: 0, none: 0 } }]));
    rows.forEach(function (row) {
      const entry = found.get(row.kind);
      if (!entry) return;
      entry.count += 1;
      entry.area_m2 += row.area_m2 || 0;
      entry.levels[row.idle_level === 1 || row.idle_level === 2 ? row.idle_level : "none"] += 1;
    });
    return Array.from(found.values());
  }

  // Columns of a legend that foots: hectares and mu of each entry, two decimals.
  function footedAreas(entries) {
    return {
      ha: app.footed(entries.map((e) => e.area_m2 * HECTARES_PER_M2), 2),
      mu: app.footed(entries.map((e) => e.area_m2 * MU_PER_M2), 2),
    };
  }

  // Millimetre steps -> per parcel: polygons of rings of [east, north] in metres, and the point its sign stands at.
  function shapesOf(island) {
    const [e0, n0] = island.origin_mm;
    return island.shapes.map(function (polygons, i) {
      const rings = polygons.map(function (polygon) {
        return polygon.map(function (steps) {
          let e = e0, n = n0;
          const ring = [];
          for (let k = 0; k < steps.length; k += 2) {
            e += steps[k];
            n += steps[k + 1];
            ring.push([e / 1000, n / 1000]);
          }
          return ring;
        });
      });
      const at = island.points[i];
      return { polygons: rings, point: at ? [(at[0] + e0) / 1000, (at[1] + n0) / 1000] : null };
    });
  }

  function ringHolds(ring, e, n) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i], b = ring[j];
      if (a[1] > n !== b[1] > n && e < a[0] + ((b[0] - a[0]) * (n - a[1])) / (b[1] - a[1])) inside = !inside;
    }
    return inside;
  }

  // Even-odd over every ring of a parcel, on its exact coordinates.
  function shapeHolds(shape, e, n) {
    let inside = false;
    shape.polygons.forEach((polygon) => polygon.forEach((ring) => (inside = inside !== ringHolds(ring, e, n))));
    return inside;
  }

  Object.assign(app, { plain, register, select, inOrder, tally, footedAreas, shapesOf, shapeHolds });
})(globalThis.landinv);
