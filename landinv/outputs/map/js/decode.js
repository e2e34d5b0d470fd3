// Reads the data islands: JSON as it is, polygon streams as gzip in base64 (format: arcs.py).
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  function bytesFromBase64(text) {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  }

  async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function island(id) {
    const node = document.getElementById("landinv-" + id);
    return node ? node.textContent : null;
  }

  function jsonIsland(id) {
    const text = island(id);
    return text === null ? null : JSON.parse(text);
  }

  async function gzipIsland(id) {
    const node = document.getElementById("landinv-" + id);
    if (!node) return null;
    const bytes = await inflate(bytesFromBase64(node.textContent));
    node.textContent = ""; // the decoded copy is enough; the text of a large county is tens of megabytes
    return bytes;
  }

  class Reader {
    constructor(bytes) {
      this.bytes = bytes;
      this.at = 0;
    }

    next() {
      const bytes = this.bytes;
      let at = this.at;
      let byte = bytes[at++];
      let value = byte & 127;
      let shift = 7;
      while (byte > 127) {
        byte = bytes[at++];
        value |= (byte & 127) << shift;
        shift += 7;
      }
      this.at = at;
      return value >>> 0;
    }

    unsigned(count) {
      const out = new Uint32Array(count);
      for (let i = 0; i < count; i++) out[i] = this.next();
      return out;
    }

    signed(count) {
      const out = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const value = this.next();
        out[i] = (value >>> 1) ^ -(value & 1);
      }
      return out;
    }
  }

  function offsets(counts) {
    const out = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
    return out;
  }

  // Coordinates of every arc, laid end to end: the start is relative to the end of the arc before.
  function arcCoordinates(arcAt, starts, steps, total) {
    const out = new Int32Array(total);
    let value = 0;
    let step = 0;
    for (let arc = 0; arc + 1 < arcAt.length; arc++) {
      value += starts[arc];
      let at = arcAt[arc];
      out[at++] = value;
      for (const end = arcAt[arc + 1]; at < end; at++) {
        value += steps[step++];
        out[at] = value;
      }
    }
    return out;
  }

  function references(raw) {
    const out = new Uint32Array(raw.length);
    let upcoming = 0;
    for (let i = 0; i < raw.length; i++) {
      out[i] = raw[i] === 0 ? upcoming++ << 1 : ((upcoming - (raw[i] >>> 1)) << 1) | (raw[i] & 1);
    }
    return out;
  }

  // {polygons, arcs, vertices, rings, references, origin_cm} and bytes -> arrays ready to draw and to ask.
  function decodePolygons(bytes, counts) {
    const reader = new Reader(bytes);
    const length = reader.unsigned(counts.arcs);
    const startX = reader.signed(counts.arcs);
    const startY = reader.signed(counts.arcs);
    const inner = counts.vertices - counts.arcs;
    const arcAt = offsets(length);
    const stepX = reader.signed(inner);
    const stepY = reader.signed(inner);
    const set = {
      count: counts.polygons,
      originX: counts.origin_cm[0],
      originY: counts.origin_cm[1],
      arcAt,
      x: arcCoordinates(arcAt, startX, stepX, counts.vertices),
      y: arcCoordinates(arcAt, startY, stepY, counts.vertices),
      ringAt: offsets(reader.unsigned(counts.polygons)),
      referenceAt: offsets(reader.unsigned(counts.rings)),
      references: references(reader.unsigned(counts.references)),
    };
    if (reader.at !== bytes.length) throw new Error("the polygon stream does not end where it should");
    return set;
  }

  // A column is {values, codes}: a dictionary and, per polygon, its entry (-1: empty).
  function columnValue(column, index) {
    const code = column ? column.codes[index] : -1;
    return code < 0 || code === undefined ? "" : column.values[code];
  }

  async function readLayer(id) {
    const bytes = await gzipIsland(id);
    const table = await gzipIsland(id + "-table");
    if (!bytes || !table) return null;
    const meta = JSON.parse(new TextDecoder().decode(table));
    const set = decodePolygons(bytes, meta.counts);
    set.columns = meta.columns;
    return set;
  }

  Object.assign(app, { bytesFromBase64, inflate, jsonIsland, gzipIsland, decodePolygons, columnValue, readLayer });
})(globalThis.landinv);
