// The texts on the page with a contrast below 4.5:1, and the controls smaller than 24 px or without a name.
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const faults = [];
  const texts = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.offsetParent) continue;
    const [a, b] = [rgba(getComputedStyle(element).color), ground(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${texts.currentNode.data.trim()}`);
  }
  for (const control of document.querySelectorAll("button, a.card, summary, .back")) {
    if (!control.offsetParent) continue;
    if (control.getBoundingClientRect().height < 24) faults.push(`small: ${control.innerText}`);
    if (!control.innerText.trim()) faults.push("a control without a name");
  }
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  return faults.concat(ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `twice: #${id}`));
})();
