//! The page of an audit (`--report html=FILE`) and of a recording in a real browser, headless chromium: what it shows, that it is
//! filtered, by keyboard too, that it fits a window of 400 pixels, that 10,000 accesses make no more elements than one can look at, and
//! that no name of a file comes alive as markup. How long filtering takes is measured in the page, and printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::{machine, tracer};

/// Accesses of the command: reads of files that are not there, which are quick.
const READS: usize = 10_000;
/// Names that try to become markup, to turn the text around them, or to be no text at all; each in a directory of its own, so that a
/// slash is a slash.
const HOSTILE: &str = r#"
for name in '</script><img src=x onerror=document.documentElement.dataset.pwned=1>' '<b onclick=alert(1)>bold' '&lt;i&gt;' \
    $'\u202egnp.exe' $'line\nbreak' $'\xff\xfe' '-->' '"quoted" \ back' '{{ 7 * 7 }}' '__proto__'; do
    mkdir -p "$(dirname "hostile/$name")"; echo text > "hostile/$name"
done
"#;

fn main() -> ExitCode {
    let trials = [("of_an_audit", Made::ByAudit), ("of_a_recording", Made::ByReplay)].map(|(name, made)| {
        Trial::new(name, move || {
            let Some(browser) = machine::find("chromium") else {
                return Outcome::Skipped("needs the program chromium (on Debian: apt-get install chromium)".to_owned());
            };
            if let Some(why) = machine::lacks("ptrace") {
                return Outcome::Skipped(why);
            }
            match check(&browser, made) {
                Ok(()) => Outcome::Passed,
                Err(error) => Outcome::Failed(format!("{error:#}")),
            }
        })
    });
    harness::main("page", trials.into())
}

/// What makes the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    ByAudit,
    ByReplay,
}

/// A directory that is gone afterwards.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        // Nobody misses what stays.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn check(browser: &Path, made: Made) -> Result<()> {
    let name = if made == Made::ByAudit { "audit" } else { "replay" };
    let directory = Directory(std::env::temp_dir().join(format!("tracer-page-{name}-{}", std::process::id())));
    fs::create_dir_all(directory.0.join("work"))?;
    let page = directory.0.join("page.html");
    make(&directory.0, &page, made)?;
    let text = fs::read_to_string(&page)?;
    fs::write(directory.0.join("driver.html"), DRIVER)?;
    let told = drive(browser, &directory.0)?;
    let seen = |key: &str| told.get(key).cloned().unwrap_or(Value::Null);
    let number = |key: &str| seen(key).as_f64().with_context(|| format!("no number {key} in {told}"));
    println!(
        "page {name}: {} kB, {} accesses; shown in {} ms, filtered in {} ms, by a word that all have in {} ms",
        text.len() / 1000,
        seen("all"),
        seen("first"),
        seen("few_ms"),
        seen("many_ms")
    );
    ensure!(number("all")? >= READS as f64, "too few accesses: {told}");
    ensure!(seen("pwned") == Value::Null && seen("strangers") == 0, "a name came alive: {told}");
    ensure!(seen("few") == 1 && seen("few_shown") == true, "the filter shows one file: {told}");
    ensure!(number("many")? >= READS as f64, "the filter shows all: {told}");
    ensure!(seen("none") == 0 && seen("none_said") == true, "nothing fits, and that is said: {told}");
    ensure!(seen("cleared") == seen("all"), "Escape clears the filter: {told}");
    ensure!(seen("slash") == "filter", "a slash leads to the filter: {told}");
    ensure!(seen("unfolded") == true, "a process unfolds by its summary: {told}");
    ensure!(seen("linked") == 1, "the filter of the location is taken: {told}");
    ensure!(number("wide")? <= 400.0, "it does not fit 400 pixels: {told}");
    for key in ["elements", "few_elements", "many_elements"] {
        ensure!(number(key)? < 4000.0, "too much is made at once ({key}): {told}");
    }
    for name in
        ["\\u{202e}gnp.exe", "line\\nbreak", "\\xff\\xfe", "<b onclick=alert(1)>bold", "&lt;i&gt;", "{{ 7 * 7 }}"]
    {
        let names = seen("hostile");
        let found = names.as_array().is_some_and(|names| names.iter().any(|it| it == name));
        ensure!(found, "no {name:?} in {names}");
    }
    let parts = seen("parts");
    for part in ["Processes", "Files", "Programs", "Units"] {
        ensure!(parts.as_str().is_some_and(|parts| parts.contains(part)), "no {part} in {parts}");
    }
    if made == Made::ByAudit {
        ensure!(seen("violation").as_str().is_some_and(|it| it.contains("/etc/hostname")), "violations first: {told}");
    }
    Ok(())
}

/// Has tracer make the page of a command that reads much and makes files with hostile names.
fn make(directory: &Path, page: &Path, made: Made) -> Result<()> {
    let work = directory.join("work");
    let suite = format!(
        "{HOSTILE}\nread -r line < /etc/hostname\n\
         i=0; while [ $i -lt {READS} ]; do true < \"missing/d$((i % 100))/file-$i.txt\"; i=$((i + 1)); done 2> /dev/null\n\
         for n in 1 2 3; do (cat /etc/passwd > /dev/null); done\nexit 0\n"
    );
    fs::write(work.join("suite.sh"), suite)?;
    fs::write(work.join("policy.toml"), "version = 1\n[default]\ndeny = [\"read /etc/hostname\"]\n")?;
    let tracer = tracer().map_err(anyhow::Error::msg)?;
    let mut audit = Command::new(tracer);
    audit.current_dir(&work).args(["audit", "--quiet", "--backend", "ptrace", "--policy", "policy.toml"]);
    match made {
        Made::ByAudit => audit.arg(format!("--report=html={}", page.display())),
        Made::ByReplay => audit.args(["--record", "run.trace"]),
    };
    let out = audit.args(["--", "bash", "suite.sh"]).stdin(Stdio::null()).output()?;
    ensure!(out.status.code() == Some(3), "the audit: {}, {}", out.status, String::from_utf8_lossy(&out.stderr));
    if made == Made::ByReplay {
        let mut replay = Command::new(tracer);
        let out = replay.current_dir(&work).args(["replay", "run.trace", "--html"]).arg(page).output()?;
        ensure!(out.status.success(), "the replay: {}, {}", out.status, String::from_utf8_lossy(&out.stderr));
    }
    Ok(())
}

/// Has the browser run the driver, and gives what that told.
fn drive(browser: &Path, directory: &Path) -> Result<Value> {
    let mut chromium = Command::new(browser);
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The driver looks into the page beside it.
        "--allow-file-access-from-files",
        "--virtual-time-budget=60000",
        "--dump-dom",
    ]);
    chromium.arg(format!("--user-data-dir={}", directory.join("profile").display()));
    chromium.arg(format!("file://{}", directory.join("driver.html").display()));
    let out = chromium.stdin(Stdio::null()).output().context("chromium")?;
    let dom = String::from_utf8_lossy(&out.stdout);
    let told = dom.split_once("<pre id=\"told\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let told =
        told.with_context(|| format!("the driver told nothing: {dom}{}", String::from_utf8_lossy(&out.stderr)))?.0;
    let told = told.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    serde_json::from_str(&told).with_context(|| format!("the driver told {told}"))
}

/// Shows the page in a frame of 400 pixels, does what a person would, and tells what came of it.
const DRIVER: &str = r##"<!doctype html>
<meta charset="utf-8">
<body><iframe id="frame" width="400" height="700" src="page.html"></iframe><pre id="told"></pre>
<script>
const frame = document.getElementById("frame");
const told = {};
const loaded = () => new Promise((done) => frame.addEventListener("load", done, { once: true }));
(async () => {
  await loaded();
  let page = frame.contentDocument, root = page.documentElement;
  const input = () => page.getElementById("filter");
  const type = (text) => {
    input().value = text;
    input().dispatchEvent(new frame.contentWindow.Event("input"));
  };
  const press = (on, key) => on.dispatchEvent(new frame.contentWindow.KeyboardEvent("keydown", { key, bubbles: true }));
  const elements = () => page.getElementsByTagName("*").length;
  told.first = Number(root.dataset.firstMs);
  told.all = Number(root.dataset.matches);
  told.elements = elements();
  told.wide = root.scrollWidth;
  told.parts = page.getElementById("parts").textContent;
  told.violation = page.querySelector("main > section")?.textContent ?? "";
  press(page.body, "/");
  told.slash = page.activeElement.id;

  type("file-7777.txt");
  told.few = Number(root.dataset.matches);
  told.few_ms = Number(root.dataset.filterMs);
  told.few_elements = elements();
  told.few_shown = [...page.querySelectorAll("#files .path")].some((it) => it.textContent === "file-7777.txt");
  told.wide = Math.max(told.wide, root.scrollWidth);
  type("bash");
  told.many = Number(root.dataset.matches);
  told.many_ms = Number(root.dataset.filterMs);
  told.many_elements = elements();
  type("no such thing at all");
  told.none = Number(root.dataset.matches);
  told.none_said = !page.getElementById("nothing").hidden;
  press(input(), "Escape");
  told.cleared = Number(root.dataset.matches);

  type("hostile/");
  const open = () => {
    for (let round = 0; round < 8; round++) {
      for (const it of page.querySelectorAll("#files details:not([open])")) it.querySelector("summary").click();
    }
  };
  open();
  // What a click opens is filled in a task of its own.
  for (let round = 0; round < 8; round++) {
    await new Promise((done) => setTimeout(done));
    open();
  }
  told.hostile = [...page.querySelectorAll("#files .path")].map((it) => it.textContent);
  told.wide = Math.max(told.wide, root.scrollWidth);
  type("");

  const folded = page.querySelector("#processes details:not([open])");
  folded.querySelector("summary").click();
  await new Promise((done) => setTimeout(done));
  told.unfolded = folded.open && folded.children.length > 1;

  const ours = ["IMG", "B", "I", "IFRAME", "OBJECT", "EMBED", "LINK", "BASE", "FORM", "SVG"];
  told.strangers = [...page.getElementsByTagName("*")].filter((it) => ours.includes(it.tagName)
    && !it.closest(".track") && !it.closest("#parts")).length + page.querySelectorAll("[onclick], [onerror]").length;
  told.pwned = root.dataset.pwned ?? null;

  const again = loaded();
  frame.src = "page.html?again#filter=" + encodeURIComponent("file-42.txt");
  await again;
  page = frame.contentDocument;
  told.linked = Number(page.documentElement.dataset.matches);
})().catch((error) => { told.error = String(error); }).finally(() => {
  document.getElementById("told").textContent = JSON.stringify(told);
});
</script>
"##;
