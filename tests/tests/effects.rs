//! What calls do is judged, whoever does it and however: for every effect in the rows of the schema, on each ABI, a call in each of
//! the ways in which it can be done (`src/attempts.rs` makes them), under a policy that denies it, on both sources. What did something is a
//! violation (3), or a gap that names the call (4); what is clean (0) left everything as it was. And the other way round: programs
//! that do nothing of the kind (`fixtures/harmless.txt`), under a policy that denies whatever changes something or reaches somebody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tracer::schema::Abi;
use tracer_tests::attempts::{self, Attempt, Door, Expect, Place, Verdict};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::script::Script;
use tracer_tests::{fixtures, machine, root};

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for backend in ["ebpf", "ptrace"] {
        let doors = [
            ("native", Door::Call(Abi::NATIVE), None),
            ("32_bit", Door::Call(Abi::I386), Some("arch:x86_64")),
            // What goes through a ring, ptrace does not see.
            ("io_uring", Door::Ring(backend == "ebpf"), None),
        ];
        for (name, door, arch) in doors {
            let needs = ["tool:cc", machine::of_backend(backend)].into_iter().chain(arch);
            let needs: Vec<&str> = needs.collect();
            let name = format!("every_effect_is_judged::{name}::{backend}");
            trials.push(Trial::new(name, move || outcome(&needs, || effects(door, backend))));
        }
        let name = format!("programs_that_do_nothing_are_clean::{backend}");
        trials.push(Trial::new(name, move || outcome(&[machine::of_backend(backend)], || harmless(backend))));
    }
    harness::main("effects", trials)
}

fn outcome(needs: &[&str], check: impl Fn() -> Result<()>) -> Outcome {
    let lacking: Vec<_> = needs.iter().filter_map(|word| machine::lacks(word)).collect();
    if !lacking.is_empty() {
        return Outcome::Skipped(lacking.join("; "));
    }
    match check() {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Denies all that is done in a directory, and all that reaches this machine.
const DENIED: &str = r#"version = 1
[default]
allow = ["any *"]
deny = ["any DIR/{base,alone}/**", "network 127.0.0.0/8", "network unix DIR/{base,alone}/**", "network unix @DIR*", "bind AF_PACKET"]
"#;

/// One of so many attempts is audited by itself too: the exit code is the verdict on it alone.
const SAMPLED: usize = 199;

fn effects(door: Door, backend: &str) -> Result<()> {
    // Whom calls may reach.
    let tcp = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"))?;
    let udp = UdpSocket::bind("[::]:0").or_else(|_| UdpSocket::bind("0.0.0.0:0"))?;
    let mut script = Script::new(
        "audit() { $FIXTURES/call hold $1 $TRACER audit --backend $backend --policy policy --report json=report.$1 -- $FIXTURES/call make $1 > said.$1 2> err.$1; echo $?; }\n\
         audit spec; for one in one.*; do audit $one; done\n",
    )?;
    script.backend(Some(backend));
    script.timeout(Duration::from_secs(120) * machine::slowness());
    let dir = script.dir().to_str().context("a path that is no text")?.to_owned();
    let place = Place {
        base: format!("{dir}/base"),
        aside: format!("{dir}/aside"),
        tcp: tcp.local_addr()?.port(),
        udp: udp.local_addr()?.port(),
    };
    let (attempts, unfit) = attempts::all_of(door, &place);
    ensure!(unfit.is_empty(), "no attempt can be made of these:\n{}", unfit.join("\n"));
    // The same again, each by itself and elsewhere.
    let alone = Place { base: format!("{dir}/alone"), aside: format!("{dir}/alone.aside"), ..place.clone() };
    let sample = attempts::all_of(door, &alone).0;
    let sample: Vec<Attempt> =
        sample.into_iter().step_by(SAMPLED).filter(|one| one.expect != Expect::Nothing).collect();
    for dir in [&place.base, &place.aside, &alone.base, &alone.aside] {
        fs::create_dir(dir)?;
    }
    fs::write(format!("{dir}/spec"), attempts::text(&attempts))?;
    for (number, one) in sample.iter().enumerate() {
        fs::write(format!("{dir}/one.{number:03}"), attempts::text([one]))?;
    }
    fs::write(format!("{dir}/all"), attempts::text(attempts.iter().chain(&sample)))?;
    fs::write(format!("{dir}/policy"), DENIED.replace("DIR", &dir))?;
    let prepared = Command::new(fixtures::dir()?.join("call")).args(["prepare", "all"]).current_dir(&dir).output()?;
    ensure!(prepared.status.success(), "call prepare: {}", String::from_utf8_lossy(&prepared.stderr));
    let before: BTreeMap<_, _> = attempts.iter().map(|one| (one.file.as_str(), attempts::state(&one.file))).collect();
    let took = script.run()?;
    let file = |name: &str| fs::read_to_string(format!("{dir}/{name}")).unwrap_or_default();
    let codes: Vec<&str> = took.stdout.lines().collect();
    ensure!(
        !took.timed_out && codes.len() == 1 + sample.len() && matches!(codes[0], "3" | "4"),
        "{}\n{}",
        took.show(),
        file("err.spec")
    );
    let said = file("said.spec");
    let said: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once(' ')).collect();
    let told = attempts::read(&file("report.spec"))?;
    let judged = attempts::judge(&attempts, &said, &before, &told);
    tally(door, backend, &judged);
    if matches!(door, Door::Ring(_)) {
        attempts::UNTAUGHT.iter().for_each(|(name, needs)| println!("SKIP io_uring:{name}: it needs {needs}"));
    }
    let mut wrong: Vec<String> = Vec::new();
    for (one, verdict) in &judged {
        match verdict {
            Verdict::Wrong(why) => wrong.push(format!("{}: {why}", one.id)),
            Verdict::Untried(why) => wrong.push(format!("{}: it could not be tried: {why}", one.id)),
            _ => {}
        }
    }
    for (number, (one, code)) in sample.iter().zip(&codes[1..]).enumerate() {
        let did =
            file(&format!("said.one.{number:03}")).trim_end().rsplit(' ').next().is_some_and(|it| !it.starts_with('-'));
        if did && !matches!(*code, "3" | "4") {
            wrong.push(format!(
                "{}: by itself its verdict is {code}\n{}",
                one.id,
                file(&format!("err.one.{number:03}"))
            ));
        }
    }
    wrong.extend(never(&judged, &said));
    wrong.extend(invented(&attempts, &place, &told));
    ensure!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// Effects of which no attempt came to anything, though the machine has them.
fn never(judged: &[(&Attempt, Verdict)], said: &BTreeMap<&str, &str>) -> Vec<String> {
    let mut forms: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (one, _) in judged.iter().filter(|(one, _)| !one.fails && one.expect != Expect::Nothing) {
        let returned = said.get(one.id.as_str()).and_then(|answer| answer.parse::<i64>().ok());
        forms.entry(&one.form).or_default().extend(returned);
    }
    let mut never = Vec::new();
    for (form, returned) in forms {
        if returned.iter().any(|&returned| returned >= 0) {
            continue;
        }
        let errors: BTreeSet<i64> = returned.iter().map(|returned| -returned).collect();
        if returned.iter().any(|&returned| attempts::is_lacking(returned, machine::is_root())) {
            println!("SKIP {form}: this machine has none of the kind: error {errors:?}");
        } else {
            never.push(format!("{form}: none of its attempts came to anything: error {errors:?}"));
        }
    }
    never
}

/// What was told of files that no attempt was on.
fn invented(attempts: &[Attempt], place: &Place, told: &attempts::Told) -> Vec<String> {
    let mut known: BTreeSet<String> = attempts.iter().map(|one| one.file.clone()).collect();
    for one in attempts {
        // An abstract name is that of the attempt's directory.
        known.extend(one.file.rsplit_once('/').map(|(dir, _)| format!("@{dir}")));
        if let Expect::Told(deeds) = &one.expect {
            known.extend(deeds.iter().map(|(_, object)| object.clone()));
        }
    }
    let below = |(_, object): &&(String, String)| object.contains(&place.base) && !known.contains(object);
    told.violations.iter().filter(below).map(|(op, object)| format!("told of what nobody did: {op} {object}")).collect()
}

/// How many attempts there were, and what became of them.
fn tally(door: Door, backend: &str, judged: &[(&Attempt, Verdict)]) {
    let count = |of: &Verdict| judged.iter().filter(|(_, verdict)| verdict == of).count();
    let rows: BTreeSet<&str> = judged.iter().map(|(one, _)| one.row).collect();
    let ways: BTreeSet<&str> = judged.iter().map(|(one, _)| one.way).collect();
    println!(
        "  {door:?}, {backend}: {} attempts of {} calls in {} ways: {} violated, {} incomplete, {} clean",
        judged.len(),
        rows.len(),
        ways.len(),
        count(&Verdict::Violated),
        count(&Verdict::Incomplete),
        count(&Verdict::Clean),
    );
}

/// Looks at everything, runs everything, and changes nothing but what is nothing.
const LOOKS: &str = r#"version = 1
[default]
otherwise = "deny"
allow = ["read,list /**", "run /**", "file /dev/{null,zero,full,tty}"]
"#;

/// How many programs have to be there.
const LEAST: usize = 200;

fn harmless(backend: &str) -> Result<()> {
    let lines = fs::read_to_string(root().join("tests/fixtures/harmless.txt"))?;
    let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with('#')).collect();
    let program = |line: &&str| line.split(' ').next().and_then(machine::find).is_some();
    let lines: Vec<&str> = lines.into_iter().filter(program).collect();
    let mut script = Script::new(
        "echo some text > in; printf '3\\n1\\n2\\n9\\n' > numbers; mkdir sub; echo one > sub/one; echo two > sub/two; ln -s in link; : > empty\n\
         printf 'echo $1; read x < in; echo $x\\n' > script; printf 'all:\\n\\techo text\\n' > makefile\n\
         for unit in units/*; do $unit < /dev/null > plain.out 2>&1 || { echo \"without audit: $unit\"; cat $unit plain.out; }; done\n\
         audit() { $TRACER audit --backend $backend --policy policy --report json=report --unit-exe 'units/*' -- \"$@\" < /dev/null > out 2> err; }\n\
         audit sh -c 'for unit in units/*; do $unit; done'; echo $?; cp err all; for unit in units/*77; do audit $unit; echo $?; done\n",
    )?;
    script.backend(Some(backend));
    script.timeout(Duration::from_secs(240) * machine::slowness());
    let units = script.dir().join("units");
    fs::create_dir(&units)?;
    for (number, line) in lines.iter().enumerate() {
        let file = units.join(format!("{number:03}"));
        fs::write(&file, format!("#!/bin/bash\n{line}\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(script.dir().join("policy"), LOOKS)?;
    let took = script.run()?;
    println!("  {backend}: {} programs", lines.len());
    let all = fs::read_to_string(script.dir().join("all")).unwrap_or_default();
    ensure!(!took.timed_out && took.stdout.lines().all(|code| code == "0"), "{}\n{all}", took.show());
    ensure!(took.stdout.lines().count() > 1, "no program was audited by itself");
    ensure!(lines.len() >= LEAST, "{} programs are here: at least {LEAST} make a proof", lines.len());
    Ok(())
}
