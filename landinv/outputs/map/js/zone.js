// The county's Gauss–Krüger zone: plane coordinates to degrees and back (Krüger's series to the sixth order of the
// third flattening; source: Karney, Transverse Mercator with an accuracy of a few nanometers, 2011), and web Mercator.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const RADIUS_M = 6378137;
  const DEGREE = Math.PI / 180;

  function series(n) {
    const n2 = n * n, n3 = n2 * n, n4 = n3 * n, n5 = n4 * n, n6 = n5 * n;
    return {
      forward: [
        n / 2 - (2 / 3) * n2 + (5 / 16) * n3 + (41 / 180) * n4 - (127 / 288) * n5 + (7891 / 37800) * n6,
        (13 / 48) * n2 - (3 / 5) * n3 + (557 / 1440) * n4 + (281 / 630) * n5 - (1983433 / 1935360) * n6,
        (61 / 240) * n3 - (103 / 140) * n4 + (15061 / 26880) * n5 + (167603 / 181440) * n6,
        (49561 / 161280) * n4 - (179 / 168) * n5 + (6601661 / 7257600) * n6,
        (34729 / 80640) * n5 - (3418889 / 1995840) * n6,
        (212378941 / 319334400) * n6,
      ],
      inverse: [
        n / 2 - (2 / 3) * n2 + (37 / 96) * n3 - (1 / 360) * n4 - (81 / 512) * n5 + (96199 / 604800) * n6,
        (1 / 48) * n2 + (1 / 15) * n3 - (437 / 1440) * n4 + (46 / 105) * n5 - (1118711 / 3870720) * n6,
        (17 / 480) * n3 - (37 / 840) * n4 - (209 / 4480) * n5 + (5569 / 90720) * n6,
        (4397 / 161280) * n4 - (11 / 504) * n5 - (830251 / 7257600) * n6,
        (4583 / 161280) * n5 - (108847 / 3991680) * n6,
        (20648693 / 638668800) * n6,
      ],
      rectifying: (1 + n2 / 4 + n4 / 64 + n6 / 256) / (1 + n),
    };
  }

  function zone(parameters) {
    const f = 1 / parameters.inverse_flattening;
    const e2 = f * (2 - f);
    const e = Math.sqrt(e2);
    const s = series(f / (2 - f));
    const scale = parameters.semi_major_m * s.rectifying * parameters.scale;
    const meridian = parameters.central_meridian * DEGREE;

    // tangent of the conformal latitude
    function conformal(tau) {
      const sigma = Math.sinh(e * Math.atanh((e * tau) / Math.hypot(1, tau)));
      return tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
    }

    function northingOf(latitude, longitude) {
      const tau = conformal(Math.tan(latitude));
      const l = longitude - meridian;
      const xi0 = Math.atan2(tau, Math.cos(l));
      const eta0 = Math.asinh(Math.sin(l) / Math.hypot(tau, Math.cos(l)));
      let xi = xi0, eta = eta0;
      s.forward.forEach(function (a, i) {
        const k = 2 * (i + 1);
        xi += a * Math.sin(k * xi0) * Math.cosh(k * eta0);
        eta += a * Math.cos(k * xi0) * Math.sinh(k * eta0);
      });
      return [xi * scale, eta * scale];
    }

    const originNorth = northingOf(parameters.latitude_of_origin * DEGREE, meridian)[0];

    function toPlane(lng, lat) {
      const [north, east] = northingOf(lat * DEGREE, lng * DEGREE);
      return { e: east + parameters.false_easting_m, n: north - originNorth + parameters.false_northing_m };
    }

    function latitudeFrom(tauConformal) {
      let tau = tauConformal / (1 - e2);
      for (let i = 0; i < 6; i++) {
        const t = conformal(tau);
        const step = ((tauConformal - t) / Math.hypot(1, t)) * ((1 + (1 - e2) * tau * tau) / ((1 - e2) * Math.hypot(1, tau)));
        tau += step;
        if (Math.abs(step) < 1e-14 * Math.max(1, Math.abs(tau))) break;
      }
      return Math.atan(tau);
    }

    function toDegrees(east, north) {
      const xi = (north - parameters.false_northing_m + originNorth) / scale;
      const eta = (east - parameters.false_easting_m) / scale;
      let xi0 = xi, eta0 = eta;
      s.inverse.forEach(function (b, i) {
        const k = 2 * (i + 1);
        xi0 -= b * Math.sin(k * xi) * Math.cosh(k * eta);
        eta0 -= b * Math.cos(k * xi) * Math.sinh(k * eta);
      });
      const tau = Math.sin(xi0) / Math.hypot(Math.sinh(eta0), Math.cos(xi0));
      const longitude = meridian + Math.atan2(Math.sinh(eta0), Math.cos(xi0));
      return { lng: longitude / DEGREE, lat: latitudeFrom(tau) / DEGREE };
    }

    return { name: parameters.name, toPlane, toDegrees };
  }

  function toMercator(lng, lat) {
    return { x: RADIUS_M * lng * DEGREE, y: RADIUS_M * Math.asinh(Math.tan(lat * DEGREE)) };
  }

  function fromMercator(x, y) {
    return { lng: x / RADIUS_M / DEGREE, lat: Math.atan(Math.sinh(y / RADIUS_M)) / DEGREE };
  }

  Object.assign(app, { zone, toMercator, fromMercator });
})(globalThis.landinv);
