/** Tabs as people expect them: arrows go from one to the next, and one of them is in the order of Tab. */

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** Follow pointer and keys on a list of tabs; `chosen` hears of each choice, and whether it was made by hand. */
export function tabs(list, chosen) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (tab, byHand = false) => {
    for (const other of all) mark(other, other === tab);
    chosen(tab, byHand);
  };
  list.addEventListener("click", ({ target }) => all.includes(target) && choose(target, true));
  list.addEventListener("keydown", ({ key }) => {
    if (!STEPS[key]) return;
    const next = all.at((all.indexOf(document.activeElement) + STEPS[key]) % all.length);
    next.focus();
    choose(next, true);
  });
  return choose;
}

function mark(tab, isChosen) {
  tab.setAttribute("aria-selected", String(isChosen));
  tab.tabIndex = isChosen ? 0 : -1;
}
