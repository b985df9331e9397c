(function () {
  "use strict";
  var box = document.getElementById("live"), main = document.querySelector("main");
  if (!box) { return; }
  box.parentElement.hidden = false;
  function later(began) { // wait ten times as long as a large page takes
    setTimeout(look, Math.max(3000, 10 * (performance.now() - began)));
  }
  function rest() { // the page is hidden, or a form is being filled in
    var at = document.activeElement;
    return !box.checked || document.hidden || (main.contains(at) && at.matches("input,select,button"));
  }
  function look() {
    var began = performance.now();
    if (rest()) { return later(began); }
    fetch(location.href, {headers: {Accept: "text/html"}}).then(function (answer) { return answer.text(); })
      .then(function (text) {
        if (rest()) { return; }
        var open = {}, across = {};
        main.querySelectorAll("details[id]").forEach(function (each) { open[each.id] = each.open; });
        main.querySelectorAll("section[id] .scroll").forEach(function (each) {
          across[each.closest("section").id] = [each.scrollLeft, each.scrollTop];
        });
        main.innerHTML = new DOMParser().parseFromString(text, "text/html").querySelector("main").innerHTML;
        main.querySelectorAll("details[id]").forEach(function (each) {
          if (each.id in open) { each.open = open[each.id]; }
        });
        main.querySelectorAll("section[id] .scroll").forEach(function (each) {
          var was = across[each.closest("section").id];
          if (was) { each.scrollLeft = was[0]; each.scrollTop = was[1]; }
        });
      }).catch(function () {}).then(function () { later(began); });
  }
  later(performance.now());
})();
