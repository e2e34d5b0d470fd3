// The page's words, how numbers are written, and elements made without markup.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  let dictionary = {};

  function useWords(words) {
    dictionary = words || {};
  }

  function word(key) {
    return Object.prototype.hasOwnProperty.call(dictionary, key) ? dictionary[key] : key;
  }

  // 12345.6, 2 -> "12,345.60"; half away from zero, as the register rounds.
  function number(value, decimals) {
    const scale = Math.pow(10, decimals);
    const rounded = Math.floor(Math.abs(value) * scale + 0.5 + 1e-9) / scale;
    const text = rounded.toFixed(decimals).split(".");
    text[0] = text[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return (value < 0 && rounded > 0 ? "-" : "") + text.join(".");
  }

  // Rounds so that the parts add up to the rounded total (largest remainder).
  function footed(values, decimals) {
    const scale = Math.pow(10, decimals);
    const scaled = values.map(function (v) {
      return v * scale;
    });
    const floors = scaled.map(function (v) {
      return Math.floor(v + 1e-9);
    });
    const total = scaled.reduce((a, b) => a + b, 0);
    let missing = Math.floor(total + 0.5 + 1e-9) - floors.reduce((a, b) => a + b, 0);
    const order = scaled.map((_, i) => i).sort((a, b) => scaled[b] - floors[b] - (scaled[a] - floors[a]) || a - b);
    for (let i = 0; missing > 0 && i < order.length; i++, missing--) floors[order[i]] += 1;
    return floors.map((v) => v / scale);
  }

  // el("div", {class: "x", title: "y"}, "text", child, …): text is always text.
  function el(tag, attributes) {
    const node = document.createElement(tag);
    fill(node, attributes, Array.prototype.slice.call(arguments, 2));
    return node;
  }

  function svg(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    fill(node, attributes, Array.prototype.slice.call(arguments, 2));
    return node;
  }

  function fill(node, attributes, children) {
    Object.keys(attributes || {}).forEach(function (name) {
      if (attributes[name] !== null && attributes[name] !== undefined) node.setAttribute(name, attributes[name]);
    });
    children.forEach(function (child) {
      if (child === null || child === undefined) return;
      node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
    });
  }

  function empty(node) {
    while (node.firstChild) node.removeChild(node.firstChild);
    return node;
  }

  // Puts the page's own words where the frame asks for them.
  function sayWords(root) {
    root.querySelectorAll("[data-word]").forEach((n) => (n.textContent = word(n.dataset.word)));
    root.querySelectorAll("[data-placeholder]").forEach(function (n) {
      n.placeholder = word(n.dataset.placeholder);
      n.setAttribute("aria-label", word("search_label"));
    });
    root.querySelectorAll("[data-title]").forEach((n) => n.setAttribute("aria-label", word(n.dataset.title)));
  }

  Object.assign(app, { useWords, word, number, footed, el, svg, empty, sayWords });
})(globalThis.landinv);
