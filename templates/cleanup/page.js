
"use strict";
(() => {
  // A row is [repository, tags, digest, state, reason, bytes, created]; the first and the fifth are
  // places in lists. All text reaches the page as text.
  const PAGE = 100;
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);
  const { rows, reasons, repositories } = data;
  const order = new Intl.Collator("en", { numeric: true });
  const columns = {
    tags: (row) => row[1],
    digest: (row) => row[2],
    state: (row) => row[3],
    why: (row) => reasons[row[4]],
    bytes: (row) => row[5],
    created: (row) => row[6],
    repository: (row) => repositories[row[0]],
  };
  const names = Object.keys(columns);
  const heads = [...document.querySelectorAll("#rows thead th")];
  const view = { q: "", is: "", sort: "", dir: "asc", page: 1 };

  // As the rest of the page writes bytes: three digits.
  const human = (bytes) => {
    const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let unit = 0;
    while (bytes >= (unit ? 999.5 : 1000) && unit < 6) {
      bytes /= 1000;
      unit += 1;
    }
    const digits = unit === 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
    return `${bytes.toFixed(digits)} ${units[unit]}`;
  };
  const shown = {
    bytes: (bytes) => (bytes === null ? "" : human(bytes)),
    created: (seconds) => {
      const time = seconds === null ? NaN : new Date(seconds * 1000).getTime();
      return Number.isNaN(time) ? "" : new Date(time).toISOString().slice(0, 10);
    },
  };

  const reasonMatches = (words) =>
    reasons.map((reason) => words.map((word) => reason.toLowerCase().includes(word)));
  const select = () => {
    const words = view.q.toLowerCase().split(/\s+/).filter(Boolean);
    const inReason = reasonMatches(words);
    const inRepository = repositories.map((name) => words.map((word) => name.includes(word)));
    const found = rows.filter((row) => {
      if (view.is && row[3] !== view.is) return false;
      return words.every(
        (word, at) =>
          inReason[row[4]][at] ||
          inRepository[row[0]][at] ||
          row[1].toLowerCase().includes(word) ||
          row[2].includes(word) ||
          row[3].includes(word),
      );
    });
    const value = columns[view.sort];
    if (value) {
      const sign = view.dir === "desc" ? -1 : 1;
      const isNumber = view.sort === "bytes" || view.sort === "created";
      const compare = isNumber ? (a, b) => a - b : order.compare;
      const isKnown = (row) => value(row) !== null && value(row) !== "";
      found.sort((a, b) => {
        // What is not known comes last, whichever way it is sorted.
        if (!isKnown(a) || !isKnown(b)) return isKnown(b) - isKnown(a);
        return sign * compare(value(a), value(b));
      });
    }
    return found;
  };

  const line = (row) => {
    const tr = document.createElement("tr");
    names.forEach((name, at) => {
      const td = document.createElement("td");
      const value = columns[name](row);
      td.className = name;
      td.dataset.label = heads[at].textContent;
      td.textContent = shown[name] ? shown[name](value) : value;
      if (name === "digest") td.title = value;
      tr.append(td);
    });
    return tr;
  };

  let found = [];
  const draw = () => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    view.page = Math.min(Math.max(1, view.page), pages);
    const first = (view.page - 1) * PAGE;
    const part = found.slice(first, first + PAGE);
    document.querySelector("#rows tbody").replaceChildren(...part.map(line));
    const range = part.length ? `${first + 1} to ${first + part.length}` : "none";
    element("count").textContent = `${found.length} of ${rows.length} images, shown: ${range}`;
    element("page").textContent = `Page ${view.page} of ${pages}`;
    element("previous").disabled = view.page === 1;
    element("next").disabled = view.page === pages;
    for (const th of heads) {
      const sort = view.dir === "desc" ? "descending" : "ascending";
      if (th.dataset.key === view.sort) th.setAttribute("aria-sort", sort);
      else th.removeAttribute("aria-sort");
    }
  };

  const remember = () => {
    const wanted = Object.entries(view).filter(([name, value]) =>
      name === "page" ? value > 1 : name === "dir" ? value === "desc" : value,
    );
    const hash = new URLSearchParams(wanted).toString();
    history.replaceState(null, "", hash ? `#${hash}` : "#images");
  };
  const update = () => {
    found = select();
    draw();
  };
  const change = (changes) => {
    Object.assign(view, { page: 1 }, changes);
    update();
    remember();
  };

  const recall = () => {
    const hash = new URLSearchParams(location.hash.slice(1));
    view.q = hash.get("q") ?? "";
    view.is = hash.get("is") ?? "";
    view.sort = names.includes(hash.get("sort")) ? hash.get("sort") : "";
    view.dir = hash.get("dir") === "desc" ? "desc" : "asc";
    view.page = Number.parseInt(hash.get("page"), 10) || 1;
    element("query").value = view.q;
    element("state").value = view.is;
    view.is = element("state").value;
    update();
  };

  for (const state of [...new Set(rows.map((row) => row[3]))].sort()) {
    element("state").append(new Option(state, state));
  }
  document.getElementById("rows").classList.toggle("single", repositories.length < 2);
  let typing;
  element("query").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ q: event.target.value }), 120);
  });
  element("controls").addEventListener("submit", (event) => event.preventDefault());
  element("state").addEventListener("change", (event) => change({ is: event.target.value }));
  element("previous").addEventListener("click", () => change({ page: view.page - 1 }));
  element("next").addEventListener("click", () => change({ page: view.page + 1 }));
  for (const th of heads) {
    th.querySelector("button").addEventListener("click", () => {
      const again = view.sort === th.dataset.key && view.dir === "asc";
      change({ sort: th.dataset.key, dir: again ? "desc" : "asc" });
    });
  }
  addEventListener("hashchange", recall);
  element("browser").hidden = false;
  recall();
})();
