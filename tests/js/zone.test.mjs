import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const app = load("zone");
const parameters = {
  name: "zone 37", semi_major_m: 6378137, inverse_flattening: 298.257222101, central_meridian: 111,
  latitude_of_origin: 0, scale: 1, false_easting_m: 37500000, false_northing_m: 0,
};

test("plane and degrees are each other's inverse to a tenth of a millimetre over a whole zone", () => {
  const zone = app.zone(parameters);
  for (let e = 37330000; e <= 37670000; e += 17000) {
    for (let n = 2000000; n <= 5900000; n += 230000) {
      const d = zone.toDegrees(e, n);
      const back = zone.toPlane(d.lng, d.lat);
      assert.ok(Math.hypot(back.e - e, back.n - n) < 1e-4, `${e} ${n}`);
    }
  }
});

test("on the central meridian the easting is the false easting and the northing the meridian's length", () => {
  const at = app.zone(parameters).toPlane(111, 45);
  assert.equal(at.e, 37500000);
  // Source: length of the quarter meridian to 45° on GRS80, 4 984 944.378 m
  assert.ok(Math.abs(at.n - 4984944.378) < 0.001, String(at.n));
});

test("a latitude of origin and a scale are obeyed", () => {
  const zone = app.zone({ ...parameters, latitude_of_origin: 45, scale: 0.5, false_northing_m: 1000 });
  const at = zone.toPlane(111, 45);
  assert.ok(Math.abs(at.n - 1000) < 1e-6);
  assert.ok(Math.abs(zone.toDegrees(37500000, 1000).lat - 45) < 1e-11);
});

test("web Mercator and back", () => {
  const m = app.toMercator(111.5, 38.25);
  const d = app.fromMercator(m.x, m.y);
  assert.ok(Math.abs(d.lng - 111.5) < 1e-12 && Math.abs(d.lat - 38.25) < 1e-12);
  assert.ok(Math.abs(app.toMercator(180, 0).x - 20037508.342789244) < 1e-6);
});
