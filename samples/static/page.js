function createPageHTML(total, current, name, suffix) {
  function link(number, text) {
    var file = name + (number ? "_" + number : "") + "." + suffix;
    return number === current ? "<b>" + text + "</b> " : '<a href="' + file + '">' + text + "</a> ";
  }
  if (total <= 1) { return; }
  var html = "";
  if (current > 0) { html += link(current - 1, "上一页"); }
  for (var i = 0; i < total; i++) { html += link(i, i + 1); }
  if (current < total - 1) { html += link(current + 1, "下一页"); }
  document.write(html + "共" + total + "页");
}
