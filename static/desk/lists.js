// In a narrow window the rows of a list in admin are cards (desk.css), in which each value needs the name of its column.

const readName = (header) => header.querySelector(".text")?.textContent.trim() ?? "";

for (const { tHead, tBodies } of document.querySelectorAll("#result_list")) {
  const names = Array.from(tHead.rows[0].cells, readName);
  for (const { cells } of tBodies[0].rows) {
    for (const [index, cell] of [...cells].entries()) if (cell.tagName === "TD") cell.dataset.label = names[index];
  }
}
