// Runs before anything is painted, so that a chosen theme never flashes.
(function () {
  try {
    var theme = localStorage.getItem("gesso.theme");
    if (theme && theme !== "system") document.documentElement.dataset.theme = theme;
  } catch (error) {
    console.warn("The remembered theme could not be read:", error);
  }
})();
