"use strict";
// Shows what stands in #data. Every text in there was chosen by others or may have been: it becomes a node of text, never markup.
// Lists are made when they are looked at, and so many entries at a time: a page with 10,000 accesses is filtered within a few
// milliseconds, and "data-filter-ms" on the root says in how many.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const texts = data.texts;
  const lower = texts.map((text) => text.toLowerCase());
  const number = new Intl.NumberFormat("en-US");
  const text = (at) => (at < 0 ? "" : texts[at] ?? "");
  const low = (at) => (at < 0 ? "" : lower[at] ?? "");
  const unitName = (at) => (data.units[at] ? text(data.units[at][0]) : "a unit that the report does not have");

  // How many entries of a list are made at once; how many while a filter shows what fits.
  const FIRST = 40;
  const STEP = 100;
  const OPEN = 60;

  // An element with a class and children: elements, or texts.
  function make(tag, name, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children);
    return element;
  }

  function depth(element, level) {
    element.style.setProperty("--d", Math.min(level, 14));
    return element;
  }

  // A details element whose body is made when it is first opened.
  function fold(name, head, open, fill) {
    const element = make("details", name);
    const summary = make("summary", "", ...head);
    element.append(summary);
    let filled = false;
    const unfold = () => {
      if (element.open && !filled) {
        filled = true;
        fill(element);
      }
    };
    element.addEventListener("toggle", unfold);
    element.open = open;
    element.unfold = unfold;
    unfold();
    return element;
  }

  // The first entries of a list, and a button for the next.
  function some(parent, list, entry, level = 0) {
    let at = 0;
    const next = () => {
      // A few more make no button.
      const end = at > 0 ? Math.min(list.length, at + STEP) : list.length <= FIRST * 1.25 ? list.length : FIRST;
      for (; at < end; at++) parent.append(entry(list[at], at));
      if (at < list.length) {
        const left = list.length - at;
        const button = depth(make("button", "", `${number.format(Math.min(STEP, left))} more of ${number.format(left)}`), level);
        button.type = "button";
        button.addEventListener("click", () => {
          const last = parent.lastElementChild.previousElementSibling;
          button.remove();
          next();
          (last?.nextElementSibling?.querySelector("summary") ?? last?.nextElementSibling ?? parent).focus?.();
        });
        parent.append(button);
      }
    };
    next();
  }

  function unitLink(at) {
    const link = make("a", "n", unitName(at));
    link.href = "#filter=" + encodeURIComponent(unitName(at));
    return link;
  }

  function time(micros) {
    if (micros < 1000) return `${micros} µs`;
    if (micros < 1e6) return `${(micros / 1000).toFixed(micros < 1e5 ? 1 : 0)} ms`;
    if (micros < 6e7) return `${(micros / 1e6).toFixed(2)} s`;
    return `${Math.floor(micros / 6e7)} min ${Math.floor((micros % 6e7) / 1e6)} s`;
  }

  // ---- What there is -------------------------------------------------------------------------------------------------------

  const rules = new Map();
  for (const [access, rule] of data.violations) rules.set(access, rule);

  const accesses = data.accesses.map(([unit, op, kind, object, host, error, to, passed, program, wrote], at) => {
    const rule = rules.get(at);
    const words = [data.ops[op], low(object), low(host), low(to), low(passed), low(program), low(data.units[unit]?.[0] ?? -1)];
    if (error >= 0) words.push("failed", low(error));
    if (rule !== undefined) words.push("not allowed", low(rule));
    return { unit, op: data.ops[op], kind, object, host, error, to, passed, program, wrote, rule, hay: words.join("\n") };
  });

  const CHANGES = ["chmod", "chown", "times", "attributes", "create", "write", "truncate", "rename", "delete"];
  // What happened to files, the most telling first; a file stands in the first group that fits.
  const GROUPS = [
    ["created", "there now, and not before"],
    ["modified", "contents may be others"],
    ["renamed", "there by another name"],
    ["deleted", "no longer there"],
    ["temporary", "made and removed again"],
    ["changed", "in other ways: permissions, owner, times"],
    ["opened to write", "nothing was written"],
    ["run", "programs"],
    ["read", ""],
    ["listed", "directories"],
    ["not there", "looked for"],
    ["failed", "in other ways"],
  ];

  // Files by their path.
  const files = new Map();
  function file(path) {
    let found = files.get(path);
    if (!found) files.set(path, (found = { path, effect: null, accesses: [], group: "", hay: "" }));
    return found;
  }
  for (const access of accesses) {
    if (access.kind !== 0) continue;
    file(access.object).accesses.push(access);
    // What was renamed is told at its new name too.
    if (access.op === "rename" && access.to >= 0 && access.error < 0 && access.to !== access.object) file(access.to).accesses.push(access);
  }
  for (const [path, change, to, contents, ...units] of data.effects) {
    file(path).effect = { change: text(change), to, contents, units };
  }
  const all = [...files.values()];
  for (const it of all) {
    it.group = it.effect?.change ?? groupOf(it.accesses);
    const words = [low(it.path), it.group];
    if (it.effect) {
      words.push(low(it.effect.to), low(it.effect.contents), ...it.effect.units.map((unit) => low(data.units[unit]?.[0] ?? -1)));
    }
    it.hay = words.join("\n");
  }

  for (const [effect, ...lines] of data.diffs) {
    const it = data.effects[effect] && files.get(data.effects[effect][0]);
    if (it) it.diff = lines;
  }

  function groupOf(list) {
    const done = list.filter((access) => access.error < 0);
    const any = (...ops) => done.some((access) => ops.includes(access.op));
    if (any(...CHANGES.filter((op) => op !== "write")) || done.some((access) => access.op === "write" && access.wrote)) return "changed";
    if (any("write")) return "opened to write";
    if (any("run")) return "run";
    if (any("read")) return "read";
    if (any("list")) return "listed";
    return list.every((access) => ["ENOENT", "ENOTDIR"].includes(text(access.error))) ? "not there" : "failed";
  }

  const processes = data.processes.map(([parent, pid, unit, began, ended, end, ...rest], at) => {
    const programs = [];
    for (let i = 0; i + 2 < rest.length; i += 3) programs.push({ began: rest[i], file: rest[i + 1], words: rest[i + 2] });
    const words = [String(pid), low(end), low(data.units[unit]?.[0] ?? -1)];
    for (const program of programs) words.push(low(program.file), low(program.words));
    return { at, parent: parent < at ? parent : -1, pid, unit, began, ended, end, programs, children: [], hay: words.join("\n") };
  });
  for (const it of processes) if (it.parent >= 0) processes[it.parent].children.push(it);

  const programs = data.programs.map(([unit, program, words, by, end]) => ({
    unit, program, words, by, end,
    hay: [low(program), low(words), low(by), low(end), low(data.units[unit]?.[0] ?? -1)].join("\n"),
  }));

  // What an access of a unit is told as: the first that fits.
  const KINDS = [
    ["not allowed", (it) => it.rule !== undefined],
    ["failed", (it) => it.error >= 0],
    ["changed", (it) => it.kind === 0 && CHANGES.includes(it.op)],
    ["talked to", (it) => it.kind !== 0],
    ["ran", (it) => it.op === "run"],
    ["read", () => true],
  ];
  const units = data.units.map(([name, runner], at) => ({
    at, name, runner, kinds: KINDS.map(() => []), hay: `${low(name)}\n${low(runner)}`,
  }));
  for (const access of accesses) units[access.unit]?.kinds[KINDS.findIndex(([, fits]) => fits(access))].push(access);
  const rank = ({ kinds }) => (kinds[0].length ? 0 : kinds[2].length + kinds[3].length ? 1 : 2);
  units.sort((a, b) => rank(a) - rank(b) || a.at - b.at);

  // ---- Processes -----------------------------------------------------------------------------------------------------------

  // The program that a process went on with which ran none of its own.
  function heir(it) {
    for (let time = it.began, above = processes[it.parent]; above; time = above.began, above = processes[above.parent]) {
      const program = above.programs.findLast((program) => program.began <= time);
      if (program) return text(program.file);
    }
    return "a process";
  }

  function processRow(it, level, shown, budget) {
    const children = shown ? it.children.filter((child) => shown.has(child.at)) : it.children;
    const program = it.programs.at(-1);
    const name = program ? make("span", "cmd n", text(program.words)) : make("span", "cmd n heir", `${heir(it)} (no program of its own)`);
    name.title = name.textContent;
    const all = Math.max(data.length, 1);
    const until = it.ended < 0 ? all : it.ended;
    const bar = make("i");
    bar.style.setProperty("--from", ((100 * it.began) / all).toFixed(3));
    bar.style.setProperty("--for", ((100 * Math.max(0, until - it.began)) / all).toFixed(3));
    const end = text(it.end);
    const failed = end !== "" && end !== "exit status 0";
    const took = make("span", "took", failed ? end.replace("exit status", "exit") : it.ended < 0 ? "no end seen" : time(until - it.began));
    const open = children.length > 0 && budget.left > 0;
    budget.left -= 1 + (open ? 1 : 0);
    const kind = "proc" + (failed ? " failed" : "") + (it.ended < 0 ? " unended" : "");
    const element = fold(kind, [make("span", "who", name), make("span", "track", bar), took], open, (body) => {
      const facts = depth(make("div", "facts-line"), level);
      for (const program of it.programs) facts.append(make("span", "cmd n", text(program.words)));
      const files = [...new Set(it.programs.map((program) => text(program.file)))].join(", then ");
      if (files) facts.append(make("span", "path n", files));
      facts.append(make("span", "", `began at ${time(it.began)}`));
      facts.append(make("span", "", it.ended < 0 ? "its end was not seen" : `ran for ${time(until - it.began)}`));
      if (end) facts.append(make("span", failed ? "bad" : "", end));
      facts.append(make("span", "", `process ${it.pid}`), make("span", "", "unit ", unitLink(it.unit)));
      body.append(facts);
      // A parent is opened for its children: what it was stands one line above, and more is told when it is asked for.
      facts.hidden = children.length > 0;
      some(body, children, (child) => processRow(child, level + 1, shown, budget), level + 1);
    });
    if (children.length) {
      const about = make("button", "about", "about");
      about.type = "button";
      about.addEventListener("click", (event) => {
        event.preventDefault();
        element.open = true;
        element.unfold();
        const facts = element.querySelector(":scope > .facts-line");
        facts.hidden = !facts.hidden;
      });
      name.after(about);
    }
    return depth(element, level);
  }

  function showProcesses(words) {
    const fits = processes.filter((it) => hits(it.hay, words));
    let shown = null;
    if (words.length) {
      shown = new Set();
      for (const it of fits) {
        for (let at = it.at; at >= 0 && !shown.has(at); at = processes[at].parent) shown.add(at);
      }
    }
    const rows = make("div", "rows");
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => make("span", "", time(Math.round(data.length * part))));
    rows.append(make("div", "axis", make("span", "", "command"), make("span", "ticks", ...ticks), make("span", "took", "took")));
    const tops = processes.filter((it) => it.parent < 0 && (!shown || shown.has(it.at)));
    const budget = { left: words.length ? OPEN / 2 : OPEN };
    some(rows, tops, (it) => processRow(it, 0, shown, budget));
    return [fits.length, rows, data.processesLeft ? `and ${number.format(data.processesLeft)} that had no place in the timeline` : ""];
  }

  // ---- Files ---------------------------------------------------------------------------------------------------------------

  // Files as a tree of names; a directory with one entry is one with it.
  function tree(list) {
    const top = { name: "", dirs: new Map(), files: [], count: 0 };
    for (const it of list) {
      const names = text(it.path).split("/");
      let at = top;
      at.count++;
      for (let i = 0; i + 1 < names.length; i++) {
        let next = at.dirs.get(names[i]);
        if (!next) at.dirs.set(names[i], (next = { name: names[i] + "/", dirs: new Map(), files: [], count: 0 }));
        at = next;
        at.count++;
      }
      at.files.push([names.at(-1), it]);
    }
    return top;
  }

  function joined(dir) {
    let name = dir.name;
    while (dir.files.length === 0 && dir.dirs.size === 1) {
      dir = dir.dirs.values().next().value;
      name += dir.name;
    }
    return [name, dir];
  }

  function accessLine(access, level) {
    const line = depth(make("div", "facts-line"), level);
    line.append(make("span", access.error >= 0 ? "bad" : "", access.op + (access.error >= 0 ? ` failed with ${text(access.error)}` : "")));
    if (access.op === "write" && access.error < 0 && !access.wrote) line.append(make("span", "", "nothing was written"));
    if (access.to >= 0) line.append(make("span", "", access.op === "rename" ? "to " : "as a link to ", make("span", "path n", text(access.to))));
    if (access.passed >= 0) line.append(make("span", "", "as ", make("span", "path n", text(access.passed))));
    line.append(make("span", "", "by ", unitLink(access.unit)));
    if (text(access.program)) line.append(make("span", "path n", text(access.program)));
    if (access.rule !== undefined) line.append(make("span", "bad n", text(access.rule)));
    return line;
  }

  function fileRow(name, it, level) {
    const head = [make("span", "path n", name || "/")];
    if (it.effect?.to >= 0) head.push(make("span", "dim n", ` to ${text(it.effect.to)}`));
    if (it.accesses.some((access) => access.rule !== undefined)) head.push(make("span", "badge bad", "not allowed"));
    for (const op of new Set(it.accesses.map((access) => access.op))) head.push(make("span", "badge", op));
    if (it.diff?.length > 1) head.push(make("span", "badge", "diff"));
    if (it.effect?.contents >= 0) head.push(make("span", "count n", text(it.effect.contents)));
    const row = fold("node", head, false, (body) => {
      if (it.effect) {
        const line = depth(make("div", "facts-line"), level);
        line.append(make("span", "", `net effect: ${it.effect.change}`), make("span", "path n", text(it.path)));
        it.effect.units.slice(0, STEP).forEach((unit) => line.append(make("span", "", "by ", unitLink(unit))));
        if (it.effect.units.length > STEP) line.append(`and ${number.format(it.effect.units.length - STEP)} more units`);
        body.append(line);
      }
      if (it.diff) {
        const lines = depth(make("div", "facts-line diff"), level);
        some(lines, it.diff, (line) => {
          const kind = { "+": "added", "-": "gone", "@": "place" }[text(line)[0]] ?? "";
          return make("div", `cmd n ${kind}`, text(line) || " ");
        });
        body.append(lines);
      }
      some(body, it.accesses, (access) => accessLine(access, level), level);
    });
    return depth(row, level);
  }

  function dirRows(dir, level, budget) {
    const rows = [];
    for (const child of dir.dirs.values()) rows.push([joined(child), null]);
    rows.sort((a, b) => (a[0][0] < b[0][0] ? -1 : 1));
    for (const found of dir.files.sort((a, b) => (a[0] < b[0] ? -1 : 1))) rows.push([null, found]);
    return (parent) => some(parent, rows, ([branch, leaf]) => {
      budget.left--;
      if (leaf) return fileRow(leaf[0], leaf[1], level);
      const [name, inner] = branch;
      const open = budget.left > 0 && inner.count <= budget.left;
      const head = [make("span", "path n", name), make("span", "count", number.format(inner.count))];
      return depth(fold("node", head, open, dirRows(inner, level + 1, budget)), level);
    }, level);
  }

  function showFiles(words, fitting) {
    let list = all;
    if (words.length) {
      const touched = new Set(fitting.filter((access) => access.kind === 0).map((access) => access.object));
      list = list.filter((it) => touched.has(it.path) || hits(it.hay, words));
    }
    const rows = make("div", "rows");
    const budget = { left: words.length ? OPEN / 2 : OPEN };
    const groups = new Map(GROUPS.map(([word]) => [word, []]));
    for (const it of list) groups.get(it.group).push(it);
    for (const [word, about] of GROUPS) {
      const here = groups.get(word);
      if (!here.length) continue;
      const telling = GROUPS.findIndex((group) => group[0] === word) < 5;
      const open = budget.left > 0 && (words.length > 0 || (telling && here.length <= budget.left));
      const head = [make("span", "word", word), make("span", "count", number.format(here.length) + (about ? ` · ${about}` : ""))];
      rows.append(fold(`group ${word.replaceAll(" ", "-")}`, head, open, (body) => dirRows(tree(here), 1, budget)(body)));
    }
    return [list.length, rows, data.accessesLeft ? `${number.format(data.accessesLeft)} more accesses are not in this page; --report json has all` : ""];
  }

  // ---- Tables --------------------------------------------------------------------------------------------------------------

  function table(name, titles, list, cells) {
    const head = make("tr");
    for (const title of titles) {
      const cell = make("th", "", title);
      cell.scope = "col";
      head.append(cell);
    }
    const body = make("tbody");
    const rows = make("div", "rows", make("table", name, make("thead", "", head), body));
    some(body, list, (it) => {
      const row = make("tr");
      cells(it).forEach((cell, at) => {
        const box = make("td", "", ...(cell === "" ? [] : [cell]));
        if (at > 0) box.dataset.name = titles[at];
        row.append(box);
      });
      return row;
    });
    // A button is no row.
    rows.addEventListener("click", () => rows.append(...body.querySelectorAll(":scope > button")));
    rows.append(...body.querySelectorAll(":scope > button"));
    return rows;
  }

  function showConnections(words, fitting) {
    const list = (words.length ? fitting : accesses).filter((access) => access.kind !== 0);
    const rows = table("connections", ["what", "address", "name", "unit", "program", "result"], list, (it) => [
      make("span", "", it.op),
      make("code", "n", text(it.object)),
      it.host < 0 ? "" : make("span", "n", text(it.host)),
      unitLink(it.unit),
      text(it.program) ? make("span", "path n", text(it.program)) : "",
      it.rule !== undefined ? make("span", "bad n", `not allowed: ${text(it.rule)}`) : it.error < 0 ? "" : make("span", "bad", text(it.error)),
    ]);
    return [list.length, rows, ""];
  }

  function showPrograms(words) {
    const list = programs.filter((it) => hits(it.hay, words));
    const rows = table("programs", ["command", "program", "started by", "unit", "end"], list, (it) => [
      make("code", "n", text(it.words)),
      make("span", "path n", text(it.program)),
      text(it.by) ? make("span", "path n", text(it.by)) : "",
      unitLink(it.unit),
      it.end < 0 ? "" : make("span", text(it.end) === "exit status 0" ? "dim" : "bad", text(it.end)),
    ]);
    return [list.length, rows, ""];
  }

  function showUnits(words, fitting) {
    let list = units;
    if (words.length) {
      const busy = new Set(fitting.map((access) => access.unit));
      list = units.filter((it) => busy.has(it.at) || hits(it.hay, words));
    }
    const rows = make("div", "rows");
    some(rows, list, (it) => {
      const kinds = it.kinds;
      const counts = KINDS.map(([word], at) => [word, kinds[at].length]).filter(([, count]) => count);
      const said = counts.map(([word, count]) => `${number.format(count)} ${word}`).join(" · ") || "nothing";
      const head = [make("span", "n", unitName(it.at)), make("span", kinds[0].length ? "counts bad" : "counts", said)];
      return fold("unit-row", head, false, (body) => {
        const names = make("div", "names");
        names.append(make("p", "more", `${text(it.runner)} · `, (() => {
          const link = unitLink(it.at);
          link.textContent = "filter by this unit";
          return link;
        })()));
        KINDS.forEach(([word], at) => {
          if (!kinds[at].length) return;
          const part = make("div", "", make("h4", "", `${word} (${number.format(kinds[at].length)})`));
          some(part, kinds[at], (access) => {
            const to = access.to < 0 ? "" : ` -> ${text(access.to)}`;
            const host = access.host < 0 ? "" : ` (${text(access.host)})`;
            const line = make("div", "path n", `${word === "read" || word === "ran" ? "" : access.op + " "}${text(access.object)}${host}${to}`);
            if (access.error >= 0) line.append(" ", make("span", "bad", text(access.error)));
            return line;
          });
          names.append(part);
        });
        body.append(names);
      });
    });
    return [list.length, rows, ""];
  }

  // ---- The page ------------------------------------------------------------------------------------------------------------

  const LISTS = [
    ["processes", "Processes", showProcesses, processes.length],
    ["files", "Files", showFiles, files.size],
    ["connections", "Connections", showConnections, accesses.filter((access) => access.kind !== 0).length],
    ["programs", "Programs", showPrograms, programs.length],
    ["units", "Units", showUnits, units.length],
  ];
  const lists = document.getElementById("lists");
  for (const [id, title] of LISTS) {
    const section = make("section", "", make("h2", "", title));
    section.id = id;
    lists.append(section);
  }
  const parts = document.getElementById("parts");
  for (const section of document.querySelectorAll("main section")) {
    const title = section.querySelector("h2");
    const link = make("a", "", LISTS.find(([id]) => id === section.id)?.[1] ?? title.textContent);
    link.href = "#" + section.id;
    link.dataset.part = section.id;
    parts.append(link);
  }

  function hits(hay, words) {
    for (const word of words) if (!hay.includes(word)) return false;
    return true;
  }

  const lines = [...document.querySelectorAll(".line")].map((line) => {
    const whose = line.closest("article")?.querySelector("h3")?.textContent ?? "";
    return { line, hay: `${line.textContent} ${whose}`.toLowerCase() };
  });

  function apply(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = words.length ? accesses.filter((access) => hits(access.hay, words)) : accesses;
    let any = fitting.length;
    for (const [id, title, show, all] of LISTS) {
      const section = document.getElementById(id);
      const [count, rows, note] = show(words, fitting);
      any += count;
      const said = words.length ? `${number.format(count)} of ${number.format(all)}` : number.format(all);
      section.replaceChildren(make("h2", "", title, make("small", "", said)), rows, ...(note ? [make("p", "more", note)] : []));
      section.hidden = count === 0;
      section.dataset.count = count;
      parts.querySelector(`[data-part="${id}"]`).replaceChildren(title, " ", make("b", "", number.format(count)));
    }
    for (const { line, hay } of lines) {
      line.hidden = !hits(hay, words);
      any += line.hidden ? 0 : 1;
    }
    for (const box of document.querySelectorAll(".trouble, main > section")) {
      box.hidden = box.querySelector(".line") !== null && box.querySelector(".line:not([hidden])") === null;
    }
    for (const link of parts.children) link.hidden = document.getElementById(link.dataset.part).hidden;
    document.getElementById("nothing").hidden = any > 0;
    const of = `${number.format(accesses.length)} accesses`;
    document.getElementById("found").textContent = words.length ? `${number.format(fitting.length)} of ${of}` : of;
    root.dataset.matches = fitting.length;
  }

  // Applies a filter and has it laid out, and says how long that took.
  function filter(query) {
    const start = performance.now();
    apply(query);
    void document.body.offsetHeight;
    root.dataset.filterMs = (performance.now() - start).toFixed(1);
  }

  const input = document.getElementById("filter");
  const asked = () => {
    const found = /^#filter=(.*)$/.exec(location.hash);
    if (!found) return null;
    try {
      return decodeURIComponent(found[1]);
    } catch {
      return found[1];
    }
  };
  input.disabled = false;
  input.addEventListener("input", () => {
    history.replaceState(null, "", input.value ? "#filter=" + encodeURIComponent(input.value) : "#");
    filter(input.value);
  });
  addEventListener("hashchange", () => {
    const query = asked();
    if (query !== null) {
      input.value = query;
      filter(query);
      scrollTo(0, 0);
    }
  });
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && typing && input.value) {
      input.value = "";
      input.dispatchEvent(new Event("input"));
    }
  });

  filter("");
  root.dataset.firstMs = root.dataset.filterMs;
  if (asked() !== null) {
    input.value = asked();
    filter(input.value);
  }
  root.dataset.ready = "yes";
})();
